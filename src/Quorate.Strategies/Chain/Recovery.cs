using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Puts a replica together again: the newest snapshot first, then the journal's records in the order they were written.
/// Nothing is known to be committed beyond the snapshot; the chain tells.
/// </summary>
internal sealed class Recovery(ChainReplica replica)
{
    /// <summary>Entries in the journal contradict the snapshot, which is right: they were given up for it. What follows
    /// on them is passed over, until a record begins where the snapshot ends.</summary>
    private bool _isPassingOver;

    private LogIndex _snapshotIndex;
    private Epoch _snapshotEpoch;

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !replica.SnapshotMaker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        (_snapshotIndex, _snapshotEpoch) = (header.Index, new Epoch(header.Stamp));
        replica.RestoreAt(_snapshotIndex, _snapshotEpoch);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.Accepted:
                return replica.Accepted.TryRecover(body);
            case RecordKind.Entries when body.Length >= 16:
                return TryAcceptEntries(
                    new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body)),
                    new Epoch(BinaryPrimitives.ReadInt64LittleEndian(body[8..])),
                    body[16..],
                    point);
            // The records before the mark are gone; without the snapshot there would be a hole.
            case RecordKind.SnapshotMark when body.Length == 16:
                return BinaryPrimitives.ReadInt64LittleEndian(body) <= _snapshotIndex.Value;
            default:
                return false;
        }
    }

    private bool TryAcceptEntries(LogIndex first, Epoch previous, ReadOnlySpan<byte> frames, PersistPoint point)
    {
        var length = frames.Length;
        // The epoch may come later: its older records are given up when a snapshot rewrites it behind these entries.
        if (first.Value < 1 || !KeyedLog.AreWellFormed(frames, previous, new Epoch(long.MaxValue))) return false;
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
            if (last == _snapshotIndex) agrees = EntryFrame.StampOf<Epoch>(frames) == _snapshotEpoch;
            frames = frames[EntryFrame.LengthOf(frames)..];
        }

        replica.Journal.NoteRecovered(point, new LogIndex(last.Value + EntryFrame.Count(frames)), length);
        if (first == _snapshotIndex.Next) agrees = previous == _snapshotEpoch;
        else if (first > _snapshotIndex && replica.Log.StampAt(first.Previous) != previous) return false;

        // From here on the log was what this record says, also when all of it is behind the snapshot.
        replica.Keyed.TruncateFrom(LogIndex.Max(last.Next, _snapshotIndex.Next));
        _isPassingOver = !agrees || last < _snapshotIndex;
        if (!_isPassingOver) replica.Keyed.AppendFrames(frames);
        return true;
    }
}
