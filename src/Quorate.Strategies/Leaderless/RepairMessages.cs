using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>What a holder asks another for when it compares its data with the other's. [Dynamo §4.7]</summary>
internal enum RepairStep : byte
{
    /// <summary>Nothing. Answer: what it has seen, and the digest of all its keys (<see cref="Overview"/>).</summary>
    Overview,

    /// <summary>Parts of one level of the tree. Answer: the digests of their sixteen children each.</summary>
    Digests,

    /// <summary>Parts of the lowest level. Answer: their keys, each with its digest; as many parts as fit.</summary>
    Keys,

    /// <summary>Keys. Answer: their states, as many as fit.</summary>
    States,

    /// <summary>A hash. Answer: the next one to ask for, or 0, and the states of all keys in between.</summary>
    Range,

    /// <summary>Everything that was there is here, durably. No answer.</summary>
    Taken,
}

/// <summary>A step of a comparison; its body is read by <see cref="Feeder"/>.</summary>
internal sealed class Compare : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 8;

    public override ushort Kind => WireKind;

    public Epoch Epoch { get; set; }

    public int Partition { get; set; }

    /// <summary>Which comparison of the asker this is.</summary>
    public long Round { get; set; }

    public RepairStep Step { get; set; }

    public ReadOnlyMemory<byte> Body { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNumber(output, (ulong)Partition);
        Packing.WriteNatural(output, Round);
        Packing.WriteByte(output, (byte)Step);
        Packing.WriteBytes(output, Body.Span);
    }

    public static Compare? Decode(ref MessageReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryPartition(out var partition) && reader.TryNatural(out var round)
        && reader.TryByte((byte)RepairStep.Taken, out var step) && reader.TryBytes(out var body)
            ? new Compare { Epoch = new(epoch), Partition = partition, Round = round, Step = (RepairStep)step, Body = body }
            : null;

    public override string ToString() => $"Compare {Epoch} p{Partition} {Step}";
}

/// <summary>The answer to a step; its body is read by <see cref="Comparison"/>.</summary>
internal sealed class Compared : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 9;

    public override ushort Kind => WireKind;

    public Epoch Epoch { get; set; }

    /// <summary>Of the sender: another one is another state, and the comparison is void.</summary>
    public long Incarnation { get; set; }

    public int Partition { get; set; }

    public long Round { get; set; }

    public RepairStep Step { get; set; }

    public ReadOnlyMemory<byte> Body { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNumber(output, (ulong)Partition);
        Packing.WriteNatural(output, Round);
        Packing.WriteByte(output, (byte)Step);
        Packing.WriteBytes(output, Body.Span);
    }

    public static Compared? Decode(ref MessageReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var incarnation) && reader.TryPartition(out var partition)
        && reader.TryNatural(out var round)
            && reader.TryByte((byte)RepairStep.Range, out var step) && reader.TryBytes(out var body)
            ? new Compared
            {
                Epoch = new(epoch),
                Incarnation = incarnation,
                Partition = partition,
                Round = round,
                Step = (RepairStep)step,
                Body = body,
            }
            : null;

    public override string ToString() => $"Compared {Epoch} p{Partition} {Step}";
}
