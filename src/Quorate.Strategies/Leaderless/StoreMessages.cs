using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Updates, states and hints for one other node, each to be made durable there: a batch.
/// Entries: [partition][holder that it is a hint for, 0: none][bytes to merge].
/// </summary>
internal sealed class Store : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 4;

    public override ushort Kind => WireKind;

    public Epoch Epoch { get; set; }

    public long Incarnation { get; set; }

    /// <summary>Counts the batches from this sender to this receiver.</summary>
    public long Batch { get; set; }

    public int Count { get; set; }

    public ReadOnlyMemory<byte> Entries { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Batch);
        Packing.WriteNumber(output, (ulong)Count);
        output.Write(Entries.Span);
    }

    public static void WriteEntry(IBufferWriter<byte> output, int partition, NodeId hintFor, ReadOnlySpan<byte> bytes)
    {
        Packing.WriteNumber(output, (ulong)partition);
        Packing.WriteNumber(output, (ulong)hintFor.Value);
        Packing.WriteBytes(output, bytes);
    }

    public static bool TryReadEntry(
        ref MessageReader reader, out int partition, out NodeId hintFor, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        hintFor = default;
        if (!reader.TryPartition(out partition) || !reader.TryNumber(out var node) || node > int.MaxValue) return false;
        hintFor = new NodeId((int)node);
        return reader.TryBytes(out bytes);
    }

    public static Store? Decode(ref MessageReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var incarnation) || !reader.TryNatural(out var batch)
            || !reader.TryCount(3, out var count)) return null;
        var start = body.Length - reader.Remaining;
        for (var i = 0; i < count; i++) if (!TryReadEntry(ref reader, out _, out _, out _)) return null;
        return new Store { Epoch = new(epoch), Incarnation = incarnation, Batch = batch, Count = count, Entries = body[start..] };
    }

    public override string ToString()
    {
        var text = $"Store {Epoch} batch {Batch}";
        var reader = new MessageReader(Entries);
        while (TryReadEntry(ref reader, out var partition, out var hintFor, out var bytes))
            text += $" p{partition}{(hintFor.IsNone ? "" : $" hint for {hintFor}")} {bytes.Length} bytes";
        return text;
    }
}

/// <summary>The batch is durable here, but for the entries listed.</summary>
internal sealed class Stored : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 5;

    public override ushort Kind => WireKind;

    /// <summary>Of the member that sent the batch.</summary>
    public long Incarnation { get; set; }

    public long Batch { get; set; }

    /// <summary>Positions in the batch of what was not taken, in order: the receiver does not hold the partition, knows newer
    /// members, has no room for hints, lacks too much before it, or takes the stamp for one of the future.</summary>
    public int[] Refused { get; set; } = [];

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Batch);
        Packing.WriteNumber(output, (ulong)Refused.Length);
        foreach (var position in Refused) Packing.WriteNumber(output, (ulong)position);
    }

    public static Stored? Decode(ref MessageReader reader)
    {
        if (!reader.TryNatural(out var incarnation) || !reader.TryNatural(out var batch) || !reader.TryCount(1, out var count))
            return null;
        var refused = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNumber(out var position) || position > int.MaxValue) return null;
            refused[i] = (int)position;
            if (i > 0 && refused[i] <= refused[i - 1]) return null;
        }

        return new Stored { Incarnation = incarnation, Batch = batch, Refused = refused };
    }

    public override string ToString() =>
        $"Stored batch {Batch}{(Refused.Length == 0 ? "" : $" but for {string.Join(' ', Refused)}")}";
}
