using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>One piece of a snapshot of the state at (<see cref="Index"/>, <see cref="IndexEpoch"/>).</summary>
internal sealed class InstallSnapshot : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 4;

    public override ushort Kind => WireKind;

    public LogIndex Index { get; set; }

    public Epoch IndexEpoch { get; set; }

    /// <summary>Which piece, 0-based, of how many.</summary>
    public int Piece { get; set; }

    public int PieceCount { get; set; }

    /// <summary>What is known of the log up to there, as <see cref="SnapshotPast.Encode"/> writes it.</summary>
    public ReadOnlyMemory<byte> Past { get; set; }

    public ReadOnlyMemory<byte> Data { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(output, Epoch.Value, Index.Value, IndexEpoch.Value, Piece, PieceCount);
        Wire.WriteBytes(output, Past.Span);
        Wire.WriteBytes(output, Data.Span);
    }

    public static InstallSnapshot? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var index) || !reader.TryNatural(out var of)
            || !reader.TryNatural(out var piece) || !reader.TryNatural(out var count)
            || !reader.TryBytes(out var past) || !reader.TryBytes(out var data)) return null;
        if (count > int.MaxValue || piece >= count || index == 0 || of > epoch
            || !SnapshotPast.TryDecode(past.Span, new(index), new(of), out _)) return null;
        return new InstallSnapshot
        {
            Epoch = new(epoch),
            Index = new(index),
            IndexEpoch = new(of),
            Piece = (int)piece,
            PieceCount = (int)count,
            Past = past,
            Data = data,
        };
    }

    public override string ToString() => $"InstallSnapshot {Epoch} upto {Index}/{IndexEpoch} piece {Piece + 1} of {PieceCount}";
}

internal sealed class InstallSnapshotResponse : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 5;

    public override ushort Kind => WireKind;

    public LogIndex Index { get; set; }

    /// <summary>The piece needed next: all before it have arrived.</summary>
    public int NextPiece { get; set; }

    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output) =>
        Wire.Write(output, Epoch.Value, Index.Value, NextPiece, Incarnation);

    public static InstallSnapshotResponse? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var index) && reader.TryNatural(out var next)
        && next <= int.MaxValue && reader.TryNatural(out var incarnation)
            ? new InstallSnapshotResponse
            {
                Epoch = new(epoch),
                Index = new(index),
                NextPiece = (int)next,
                Incarnation = incarnation,
            }
            : null;

    public override string ToString() => $"InstallSnapshotResponse {Epoch} upto {Index} next piece {NextPiece + 1}";
}

/// <summary>The newest state of all that changed between (<see cref="PrevIndex"/>, <see cref="PrevEpoch"/>) and
/// (<see cref="Index"/>, <see cref="IndexEpoch"/>), both committed: stands in for the entries between.</summary>
internal sealed class Changes : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 6;

    public override ushort Kind => WireKind;

    public LogIndex PrevIndex { get; set; }

    public Epoch PrevEpoch { get; set; }

    public LogIndex Index { get; set; }

    public Epoch IndexEpoch { get; set; }

    public ReadOnlyMemory<byte> History { get; set; }

    /// <summary>As <see cref="IStateShipping.TryWriteChangesSince"/> wrote it.</summary>
    public ReadOnlyMemory<byte> Effect { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(output, Epoch.Value, PrevIndex.Value, PrevEpoch.Value, Index.Value, IndexEpoch.Value);
        Wire.WriteBytes(output, History.Span);
        Wire.WriteBytes(output, Effect.Span);
    }

    public static Changes? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var prev) || !reader.TryNatural(out var prevEpoch)
            || !reader.TryNatural(out var index) || !reader.TryNatural(out var of)
            || !reader.TryBytes(out var history) || !reader.TryBytes(out var effect)) return null;
        if (index <= prev || of < prevEpoch || of > epoch) return null;
        if (!StampRuns<Epoch>.TryDecode(history.Span, new(index), new(of), out _)) return null;
        return new Changes
        {
            Epoch = new(epoch),
            PrevIndex = new(prev),
            PrevEpoch = new(prevEpoch),
            Index = new(index),
            IndexEpoch = new(of),
            History = history,
            Effect = effect,
        };
    }

    public override string ToString() => $"Changes {Epoch} since {PrevIndex}/{PrevEpoch} upto {Index}/{IndexEpoch}";
}
