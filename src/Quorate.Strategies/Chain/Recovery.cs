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
    private readonly EntriesRecovery<Epoch> _entries = new(replica.Log, replica.Journal);

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !replica.SnapshotMaker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        var epoch = new Epoch(header.Stamp);
        replica.RestoreAt(header.Index, epoch);
        _entries.OnSnapshot(header.Index, epoch);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.Accepted:
                return replica.Accepted.TryRecover(body);
            case RecordKind.Entries when EntriesRecord.TryRead<Epoch>(body, out var first, out var previous, out var frames):
                return TryAcceptEntries(first, previous, frames, point);
            // The records before the mark are gone; without the snapshot there would be a hole.
            case RecordKind.SnapshotMark when body.Length == 16:
                return _entries.MayHaveReleased(new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body)));
            default:
                return false;
        }
    }

    private bool TryAcceptEntries(LogIndex first, Epoch previous, ReadOnlySpan<byte> frames, PersistPoint point)
    {
        // The epoch may come later: its older records are given up when a snapshot rewrites it behind these entries.
        if (!KeyedLog.AreWellFormed(frames, previous, new Epoch(long.MaxValue))) return false;
        if (!_entries.TryTake(first, previous, ref frames, point, out var from)) return false;
        replica.Keyed.TruncateFrom(from);
        replica.Keyed.AppendFrames(frames);
        return true;
    }
}
