using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What a snapshot tells of the log it stands for: how far that was committed when it was begun, and which epochs
/// its entries are of. Encoded: [i64 committed] and the history as <see cref="StampRuns{TStamp}.Encode"/> writes it.</summary>
/// <param name="Committed">Less than the snapshot's index only when a primary that ships state had to tell what it had
/// executed before enough others held it (<see cref="StateShipper.IsStuck"/>).</param>
/// <param name="History">The epochs up to the snapshot's index.</param>
internal readonly record struct SnapshotPast(LogIndex Committed, StampRuns<Epoch> History)
{
    public static byte[] Encode(FrameLog<Epoch> log, LogIndex index, LogIndex committed)
    {
        var history = log.EncodeHistory(index);
        var bytes = new byte[8 + history.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, LogIndex.Min(index, committed).Value);
        history.CopyTo(bytes, 8);
        return bytes;
    }

    /// <summary>False: this is not the past of a snapshot at <paramref name="index"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, LogIndex index, Epoch epoch, out SnapshotPast past)
    {
        past = default;
        if (bytes.Length < 8) return false;
        var committed = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes));
        if (committed.Value < 0 || committed > index) return false;
        if (!StampRuns<Epoch>.TryDecode(bytes[8..], index, epoch, out var history)) return false;
        past = new SnapshotPast(committed, history!);
        return true;
    }
}
