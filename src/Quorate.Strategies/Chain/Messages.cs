using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>A message of the chain. It belongs to one epoch, and whoever has accepted another does not act upon it.</summary>
internal abstract class ChainMessage : Message
{
    public Epoch Epoch { get; set; }
}

/// <summary>[CR §2] What the head has ordered, on its way down: to the successor, and from the tail to learners.</summary>
internal sealed class Forward : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 1;

    public override ushort Kind => WireKind;

    /// <summary>The entry before the first; the receiver takes the rest only if it has this one.</summary>
    public LogIndex PrevIndex { get; set; }

    public Epoch PrevEpoch { get; set; }

    /// <summary>Every replica from the head to the sender has the log durably up to here.</summary>
    public LogIndex Stable { get; set; }

    /// <summary>What the sender knows to be committed.</summary>
    public LogIndex Commit { get; set; }

    /// <summary>Wants an answer at once, not only when something has become durable.</summary>
    public bool Ping { get; set; }

    /// <summary>Frames of <see cref="EntryFrame"/>; points into the sender's log or the receiver's input.</summary>
    public ReadOnlyMemory<byte> Entries { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)(Ping ? 1 : 0));
        Wire.Write(output, Epoch.Value, PrevIndex.Value, PrevEpoch.Value, Stable.Value, Commit.Value);
        Wire.WriteBytes(output, Entries.Span);
    }

    public static Forward? Decode(ref WireReader reader)
    {
        if (!reader.TryFlags(1, out var flags) || !reader.TryNatural(out var epoch) || !reader.TryNatural(out var prevIndex)
            || !reader.TryNatural(out var prevEpoch) || !reader.TryNatural(out var stable) || !reader.TryNatural(out var commit)
            || !reader.TryBytes(out var entries)) return null;
        if (!KeyedLog.AreWellFormed(entries.Span, new Epoch(prevEpoch), new Epoch(epoch))) return null;
        return new Forward
        {
            Epoch = new(epoch),
            PrevIndex = new(prevIndex),
            PrevEpoch = new(prevEpoch),
            Stable = new(stable),
            Commit = new(commit),
            Ping = flags != 0,
            Entries = entries,
        };
    }

    public override string ToString()
    {
        var count = EntryFrame.Count(Entries.Span);
        var what = count == 0 ? Ping ? "ping" : "no entry" : $"{count} {(count == 1 ? "entry" : "entries")}";
        return $"Forward {Epoch} after {PrevIndex}/{PrevEpoch} {what} stable {Stable} commit {Commit}";
    }
}

/// <summary>[CR §2] On its way up: what the successor holds, and what the tail has committed.</summary>
internal sealed class Acknowledge : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 2;

    public override ushort Kind => WireKind;

    /// <summary>The log agrees with the predecessor's up to here (maybe not durable yet).</summary>
    public LogIndex Received { get; set; }

    /// <summary>Of that, what is durable.</summary>
    public LogIndex Durable { get; set; }

    public LogIndex Commit { get; set; }

    /// <summary>Which life of the sender this is.</summary>
    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output) =>
        Wire.Write(output, Epoch.Value, Received.Value, Durable.Value, Commit.Value, Incarnation);

    public static Acknowledge? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var received) && reader.TryNatural(out var durable)
        && reader.TryNatural(out var commit) && reader.TryNatural(out var incarnation)
            ? new Acknowledge
            {
                Epoch = new(epoch),
                Received = new(received),
                Durable = new(durable),
                Commit = new(commit),
                Incarnation = incarnation,
            }
            : null;

    public override string ToString() => $"Acknowledge {Epoch} received {Received} durable {Durable} commit {Commit}";
}

/// <summary>[CR §3.3] Where the successor's log ends, or where it could agree with the predecessor's: go on from there.</summary>
internal sealed class Resume : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 3;

    public override ushort Kind => WireKind;

    public LogIndex LastIndex { get; set; }

    public Epoch LastEpoch { get; set; }

    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output) =>
        Wire.Write(output, Epoch.Value, LastIndex.Value, LastEpoch.Value, Incarnation);

    public static Resume? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var last) && reader.TryNatural(out var lastEpoch)
        && reader.TryNatural(out var incarnation)
            ? new Resume { Epoch = new(epoch), LastIndex = new(last), LastEpoch = new(lastEpoch), Incarnation = incarnation }
            : null;

    public override string ToString() => $"Resume {Epoch} after {LastIndex}/{LastEpoch}";
}

/// <summary>[CRAQ §2.3] A replica asks the tail which version is the committed one.</summary>
internal sealed class VersionQuery : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 4;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the asker, comes back.</summary>
    public long Context { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Epoch.Value, Context);

    public static VersionQuery? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var context)
            ? new VersionQuery { Epoch = new(epoch), Context = context }
            : null;

    public override string ToString() => $"VersionQuery {Epoch} #{Context}";
}

/// <summary>[CRAQ §2.3] The tail's committed index: one version for all keys.</summary>
internal sealed class VersionReply : ChainMessage
{
    public const ushort WireKind = ChainCodec.Block + 5;

    public override ushort Kind => WireKind;

    public long Context { get; set; }

    public LogIndex Index { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Epoch.Value, Context, Index.Value);

    public static VersionReply? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var context) && reader.TryNatural(out var index)
            ? new VersionReply { Epoch = new(epoch), Context = context, Index = new(index) }
            : null;

    public override string ToString() => $"VersionReply {Epoch} #{Context} {Index}";
}
