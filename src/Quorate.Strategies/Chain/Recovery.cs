using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Puts a replica together again: the newest snapshot first, then the journal's records in the order they were written.
/// Nothing is known to be committed beyond the snapshot; the chain tells.
/// </summary>
internal sealed class Recovery(
    AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, ChainJournal journal, Commits commits, SnapshotMaker maker)
{
    private readonly EntriesRecovery<Epoch> _entries = new(log, journal);

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !maker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        var epoch = new Epoch(header.Stamp);
        commits.RestoreAt(header.Index, epoch);
        _entries.OnSnapshot(header.Index, epoch);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.Accepted:
                return accepted.TryRecover(body);
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
        keyed.TruncateFrom(from);
        keyed.AppendFrames(frames);
        return true;
    }
}
