using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>I am here, since this start, and hold this. To everybody, from time to time.</summary>
internal sealed class Ping : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 1;

    public override ushort Kind => WireKind;

    public Epoch Epoch { get; set; }

    public long Incarnation { get; set; }

    /// <summary>Hints that the sender keeps for others.</summary>
    public long Hints { get; set; }

    /// <summary>The newest configuration accepted.</summary>
    public Epoch Accepted { get; set; }

    /// <summary>The lists of members that count for the sender; see <see cref="Placement.KnowsPast"/>.</summary>
    public bool KnowsPast { get; set; }

    public ReadOnlyMemory<byte> Generations { get; set; }

    /// <summary>A bit for each partition: the newest holders alone count, all of them have been complete.</summary>
    public ReadOnlyMemory<byte> Settled { get; set; }

    /// <summary>A bit for each partition: held.</summary>
    public ReadOnlyMemory<byte> Held { get; set; }

    /// <summary>A bit for each partition: held, and what it lacks was asked for, so that it counts for reads.</summary>
    public ReadOnlyMemory<byte> Complete { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Hints);
        Packing.WriteNatural(output, Accepted.Value);
        Packing.WriteByte(output, KnowsPast ? (byte)1 : (byte)0);
        Packing.WriteBytes(output, Generations.Span);
        Packing.WriteBytes(output, Settled.Span);
        Packing.WriteBytes(output, Held.Span);
        Packing.WriteBytes(output, Complete.Span);
    }

    public static Ping? Decode(ref MessageReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var incarnation) && reader.TryNatural(out var hints)
        && reader.TryNatural(out var accepted) && reader.TryByte(1, out var knowsPast) && reader.TryBytes(out var generations)
        && reader.TryBytes(out var settled) && reader.TryBytes(out var held) && reader.TryBytes(out var complete)
            ? new Ping
            {
                Epoch = new(epoch),
                Incarnation = incarnation,
                Hints = hints,
                Accepted = new(accepted),
                KnowsPast = knowsPast == 1,
                Generations = generations,
                Settled = settled,
                Held = held,
                Complete = complete,
            }
            : null;

    public override string ToString() =>
        $"Ping {Epoch} holds {Count(Held.Span)} complete {Count(Complete.Span)}{(Hints > 0 ? $" hints {Hints}" : "")}";

    private static int Count(ReadOnlySpan<byte> bits)
    {
        var count = 0;
        foreach (var b in bits) count += System.Numerics.BitOperations.PopCount(b);
        return count;
    }
}

/// <summary>[Dynamo §4.5] A member that does not hold the key passes a request to a holder, which coordinates it.</summary>
internal sealed class Coordinate : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 2;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the sender, counted for each receiver, comes back.</summary>
    public long Number { get; set; }

    /// <summary>The sender's, so that its numbers are told from those of an earlier start.</summary>
    public long Incarnation { get; set; }

    /// <summary>The receiver's, as the sender knows it: another one has forgotten what it was asked before, and does
    /// nothing.</summary>
    public long ReceiverIncarnation { get; set; }

    public int Partition { get; set; }

    public bool IsWrite { get; set; }

    /// <summary>With a <see cref="QuorumPrefix"/> where the client chose.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Number);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, ReceiverIncarnation);
        Packing.WriteNumber(output, (ulong)Partition);
        Packing.WriteByte(output, IsWrite ? (byte)1 : (byte)0);
        Packing.WriteBytes(output, Payload.Span);
    }

    public static Coordinate? Decode(ref MessageReader reader) =>
        reader.TryNatural(out var number) && reader.TryNatural(out var incarnation) && reader.TryNatural(out var receiver)
        && reader.TryPartition(out var partition) && reader.TryByte(1, out var isWrite) && reader.TryBytes(out var payload)
            ? new Coordinate
            {
                Number = number,
                Incarnation = incarnation,
                ReceiverIncarnation = receiver,
                Partition = partition,
                IsWrite = isWrite == 1,
                Payload = payload,
            }
            : null;

    public override string ToString() =>
        $"Coordinate #{Number} p{Partition} {(IsWrite ? "write" : "read")} {Payload.Length} bytes";
}

/// <summary>How a passed request ended.</summary>
internal sealed class CoordinateReply : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 3;

    public override ushort Kind => WireKind;

    public long Number { get; set; }

    /// <summary>Of the member that had asked.</summary>
    public long Incarnation { get; set; }

    /// <summary>Done, unavailable or unknown.</summary>
    public OutcomeKind Outcome { get; set; }

    /// <summary>The client's reply, or why there is none.</summary>
    public ReadOnlyMemory<byte> Reply { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Number);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteByte(output, (byte)Outcome);
        Packing.WriteBytes(output, Reply.Span);
    }

    public static CoordinateReply? Decode(ref MessageReader reader) =>
        reader.TryNatural(out var number) && reader.TryNatural(out var incarnation)
        && reader.TryByte((byte)OutcomeKind.Unknown, out var outcome) && reader.TryBytes(out var reply)
        && (OutcomeKind)outcome is OutcomeKind.Done or OutcomeKind.Unavailable or OutcomeKind.Unknown
            ? new CoordinateReply { Number = number, Incarnation = incarnation, Outcome = (OutcomeKind)outcome, Reply = reply }
            : null;

    public override string ToString() =>
        $"CoordinateReply #{Number} {Outcome}{(Outcome == OutcomeKind.Done ? "" : " " + Encoding.UTF8.GetString(Reply.Span))}";
}
