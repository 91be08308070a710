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
    private readonly EntriesRecovery<Term> _entries = new(replica.Log, replica.Journal);

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !replica.SnapshotMaker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        IsDamaged = !Configuration.TryDecode(header.Extra.Span, out var configuration);
        if (IsDamaged) return;
        var term = new Term(header.Stamp);
        replica.RestoreAt(header.Index, term, configuration!);
        _entries.OnSnapshot(header.Index, term);
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
                replica.HardState.Restore(term, new NodeId(BinaryPrimitives.ReadInt32LittleEndian(body[8..])));
                replica.Journal.NoteRecoveredHardState(point);
                return true;
            case RecordKind.Entries when EntriesRecord.TryRead<Term>(body, out var first, out var previous, out var frames):
                return TryAcceptEntries(first, previous, frames, point);
            // The records before the mark are gone; without the snapshot there would be a hole.
            case RecordKind.SnapshotMark when body.Length == 16:
                replica.Quarantine.OnRecoveredSnapshot();
                return _entries.MayHaveReleased(new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body)));
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
        // The term may come later: its older records are given up when a snapshot rewrites it behind these entries.
        if (!EntryFrame.AreWellFormed(frames, previous, new Term(long.MaxValue), RaftJournal.Kinds)) return false;
        if (!_entries.TryTake(first, previous, ref frames, point, out var from)) return false;
        replica.Configurations.TruncateFrom(from);
        replica.Log.TruncateFrom(from);
        var firstConfiguration = replica.Log.AppendFrames(frames);
        if (firstConfiguration.Value > 0) replica.LearnConfigurations(firstConfiguration);
        return true;
    }
}
