using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Puts a replica together again: the newest snapshot first, then the journal's records in the order they were written.
/// Nothing is known to be committed beyond the snapshot; the leader tells.
/// </summary>
internal sealed class Recovery(RaftReplica replica)
{
    /// <summary>Entries in the journal contradict the snapshot, which is right: they were given up for it. What follows
    /// on them is passed over, until a record begins where the snapshot ends.</summary>
    private bool _isPassingOver;

    private LogIndex _snapshotIndex;
    private Term _snapshotTerm;

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !replica.SnapshotMaker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        IsDamaged = !Configuration.TryDecode(header.Extra.Span, out var configuration);
        if (IsDamaged) return;
        (_snapshotIndex, _snapshotTerm) = (header.Index, new Term(header.Stamp));
        replica.RestoreAt(_snapshotIndex, _snapshotTerm, configuration!);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.HardState when body.Length == 12:
                var term = new Term(BinaryPrimitives.ReadInt64LittleEndian(body));
                if (term < replica.CurrentTerm) return false;
                replica.RestoreHardState(term, new NodeId(BinaryPrimitives.ReadInt32LittleEndian(body[8..])));
                replica.Journal.NoteRecoveredHardState(point);
                return true;
            case RecordKind.Entries when body.Length >= 16:
                return TryAcceptEntries(
                    new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body)),
                    new Term(BinaryPrimitives.ReadInt64LittleEndian(body[8..])),
                    body[16..],
                    point);
            // The records before the mark are gone; without the snapshot there would be a hole.
            case RecordKind.SnapshotMark when body.Length == 16:
                replica.Quarantine.OnRecoveredSnapshot();
                return BinaryPrimitives.ReadInt64LittleEndian(body) <= _snapshotIndex.Value;
            case RecordKind.Quarantined when body.Length == 16:
                replica.Quarantine.OnRecovered();
                return true;
            case RecordKind.MemoryMode when body.Length == 16:
                replica.Amnesia.OnMemoryMode(BinaryPrimitives.ReadInt64LittleEndian(body));
                return true;
            case RecordKind.Remembers when body.Length == 16:
                replica.Amnesia.OnRemembers();
                return true;
            default:
                return false;
        }
    }

    private bool TryAcceptEntries(LogIndex first, Term previous, ReadOnlySpan<byte> frames, PersistPoint point)
    {
        var length = frames.Length;
        // The term may come later: its older records are given up when a snapshot rewrites it behind these entries.
        var highest = new Term(long.MaxValue);
        if (first.Value < 1 || !EntryFrame.AreWellFormed(frames, previous, highest, RaftJournal.Kinds)) return false;
        if (first > replica.Log.LastIndex.Next)
        {
            if (!_isPassingOver) return false;
            replica.Journal.NoteRecovered(point, new LogIndex(first.Value + EntryFrame.Count(frames) - 1), length);
            return true;
        }

        var agrees = true;
        var last = first.Previous;
        while (!frames.IsEmpty && last < _snapshotIndex)
        {
            last = last.Next;
            if (last == _snapshotIndex) agrees = EntryFrame.StampOf<Term>(frames) == _snapshotTerm;
            frames = frames[EntryFrame.LengthOf(frames)..];
        }

        replica.Journal.NoteRecovered(point, new LogIndex(last.Value + EntryFrame.Count(frames)), length);
        if (first == _snapshotIndex.Next) agrees = previous == _snapshotTerm;
        else if (first > _snapshotIndex && replica.Log.StampAt(first.Previous) != previous) return false;

        // From here on the log was what this record says, also when all of it is behind the snapshot.
        var from = LogIndex.Max(last.Next, _snapshotIndex.Next);
        replica.Configurations.TruncateFrom(from);
        replica.Log.TruncateFrom(from);
        _isPassingOver = !agrees || last < _snapshotIndex;
        if (_isPassingOver || frames.IsEmpty) return true;
        var firstConfiguration = replica.Log.AppendFrames(frames);
        if (firstConfiguration.Value > 0) replica.LearnConfigurations(firstConfiguration);
        return true;
    }
}
