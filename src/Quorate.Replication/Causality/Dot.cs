using System.Buffers;

namespace Quorate.Replication.Causality;

/// <summary>
/// One update, named by who made it and its number there. Never given twice, not even by a node that has lost its memory:
/// the upper bits of <paramref name="Counter"/> are how often the node was started, the lower 40 count within that. [DVV §2]
/// </summary>
/// <param name="Counter">1 and up; grows with every update of the node.</param>
public readonly record struct Dot(NodeId Node, long Counter) : IComparable<Dot>
{
    /// <summary>Updates that one incarnation may make, as a power of two.</summary>
    public const int SequenceBits = 40;

    /// <summary>No update.</summary>
    public static readonly Dot None;

    public bool IsNone => Counter == 0;

    /// <summary>How often the node had been started when it made the update.</summary>
    public long Incarnation => Counter >> SequenceBits;

    /// <summary>By node, then by number: any fixed total order would do for breaking ties.</summary>
    public int CompareTo(Dot other) => Node != other.Node ? Node.CompareTo(other.Node) : Counter.CompareTo(other.Counter);

    public override string ToString() =>
        Incarnation == 0 ? $"{Node}:{Counter}" : $"{Node}:{Incarnation}.{Counter & ((1L << SequenceBits) - 1)}";

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Node.Value);
        Packing.WriteNatural(output, Counter);
    }

    /// <summary>False: the bytes are no dot.</summary>
    public static bool TryDecode(ref PackedReader reader, out Dot dot)
    {
        dot = default;
        if (!reader.TryNode(out var node) || !reader.TryNatural(out var counter) || counter == 0) return false;
        dot = new Dot(node, counter);
        return true;
    }
}
