using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>One piece of a snapshot, from the tail to a learner whose entries are gone.</summary>
internal sealed class SnapshotPiece : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 6;

    public override ushort Kind => WireKind;

    /// <summary>The last entry that the snapshot holds, and its epoch.</summary>
    public LogIndex Index { get; set; }

    public Epoch IndexEpoch { get; set; }

    /// <summary>Which piece, 0-based, of how many.</summary>
    public int Piece { get; set; }

    public int PieceCount { get; set; }

    public ReadOnlyMemory<byte> Data { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(output, Epoch.Value, Index.Value, IndexEpoch.Value, Piece, PieceCount);
        Wire.WriteBytes(output, Data.Span);
    }

    public static SnapshotPiece? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var index) || !reader.TryNatural(out var indexEpoch)
            || !reader.TryNatural(out var piece)
                || !reader.TryNatural(out var count) || !reader.TryBytes(out var data)) return null;
        if (count > int.MaxValue || piece >= count || index == 0 || indexEpoch > epoch) return null;
        return new SnapshotPiece
        {
            Epoch = new(epoch),
            Index = new(index),
            IndexEpoch = new(indexEpoch),
            Piece = (int)piece,
            PieceCount = (int)count,
            Data = data,
        };
    }

    public override string ToString() => $"SnapshotPiece {Epoch} upto {Index}/{IndexEpoch} piece {Piece + 1} of {PieceCount}";
}

internal sealed class SnapshotAck : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 7;

    public override ushort Kind => WireKind;

    public LogIndex Index { get; set; }

    /// <summary>The piece the learner needs next: all before it have arrived.</summary>
    public int NextPiece { get; set; }

    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output) =>
        Wire.Write(output, Epoch.Value, Index.Value, NextPiece, Incarnation);

    public static SnapshotAck? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var index) && reader.TryNatural(out var next)
        && next <= int.MaxValue && reader.TryNatural(out var incarnation)
            ? new SnapshotAck { Epoch = new(epoch), Index = new(index), NextPiece = (int)next, Incarnation = incarnation }
            : null;

    public override string ToString() => $"SnapshotAck {Epoch} upto {Index} next piece {NextPiece + 1}";
}
