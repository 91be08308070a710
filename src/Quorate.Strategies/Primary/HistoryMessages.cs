using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Asked by a replica that was let go: see <see cref="Leaving"/>.</summary>
internal sealed class HistoryQuery : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 9;

    public override ushort Kind => WireKind;

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Epoch.Value);

    public static HistoryQuery? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) ? new HistoryQuery { Epoch = new(epoch) } : null;

    public override string ToString() => $"HistoryQuery {Epoch}";
}

/// <summary>The primary's log ends at (<see cref="Index"/>, <see cref="IndexEpoch"/>).</summary>
internal sealed class HistoryReply : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 10;

    public override ushort Kind => WireKind;

    public LogIndex Index { get; set; }

    public Epoch IndexEpoch { get; set; }

    /// <summary>The epochs of the log up to there, as <see cref="StampRuns{TStamp}.Encode"/> writes them.</summary>
    public ReadOnlyMemory<byte> History { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(output, Epoch.Value, Index.Value, IndexEpoch.Value);
        Wire.WriteBytes(output, History.Span);
    }

    public static HistoryReply? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var index) || !reader.TryNatural(out var of)
            || !reader.TryBytes(out var history)) return null;
        if (of > epoch || !StampRuns<Epoch>.TryDecode(history.Span, new(index), new(of), out _)) return null;
        return new HistoryReply { Epoch = new(epoch), Index = new(index), IndexEpoch = new(of), History = history };
    }

    public override string ToString() => $"HistoryReply {Epoch} upto {Index}/{IndexEpoch}";
}
