using System.Buffers;

namespace Quorate.Replication.Causality;

/// <summary>How two histories stand to each other.</summary>
public enum Causal : byte
{
    Equal,
    Before,
    After,
    Concurrent,
}

/// <summary>
/// For every node the number up to which its updates are known, all of them. Sorted by node, in two arrays; a node that is not
/// in it counts as 0. Not thread-safe.
/// </summary>
public sealed class VersionVector
{
    private int[] _nodes = [];
    private long[] _counters = [];

    /// <summary>Nodes in it.</summary>
    public int Count { get; private set; }

    public long this[NodeId node]
    {
        get
        {
            var i = IndexOf(node);
            return i < 0 ? 0 : _counters[i];
        }
    }

    /// <summary>The entry at a position, in the order of nodes.</summary>
    public Dot At(int position) => new(new NodeId(_nodes[position]), _counters[position]);

    public bool Covers(Dot dot) => dot.Counter <= this[dot.Node];

    /// <summary>True when everything the other knows is known here.</summary>
    public bool Covers(VersionVector other)
    {
        for (var i = 0; i < other.Count; i++)
            if (!Covers(other.At(i))) return false;
        return true;
    }

    public Causal CompareWith(VersionVector other)
    {
        var covers = Covers(other);
        var isCovered = other.Covers(this);
        return covers ? (isCovered ? Causal.Equal : Causal.After) : isCovered ? Causal.Before : Causal.Concurrent;
    }

    /// <summary>Knows a node's updates up to <paramref name="counter"/>; never goes back. True when that was news.</summary>
    public bool Advance(NodeId node, long counter)
    {
        if (counter <= 0) return false;
        var i = IndexOf(node);
        if (i >= 0)
        {
            if (_counters[i] >= counter) return false;
            _counters[i] = counter;
            return true;
        }

        i = ~i;
        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, Count + 2);
            Array.Resize(ref _counters, Count + 2);
        }

        Array.Copy(_nodes, i, _nodes, i + 1, Count - i);
        Array.Copy(_counters, i, _counters, i + 1, Count - i);
        (_nodes[i], _counters[i]) = (node.Value, counter);
        Count++;
        return true;
    }

    /// <summary>Knows what either knows. True when that was news.</summary>
    public bool Join(VersionVector other)
    {
        var isNews = false;
        for (var i = 0; i < other.Count; i++)
        {
            var entry = other.At(i);
            isNews |= Advance(entry.Node, entry.Counter);
        }

        return isNews;
    }

    /// <summary>What both know.</summary>
    public static VersionVector Meet(VersionVector a, VersionVector b)
    {
        var meet = new VersionVector();
        for (var i = 0; i < a.Count; i++)
        {
            var entry = a.At(i);
            meet.Advance(entry.Node, Math.Min(entry.Counter, b[entry.Node]));
        }

        return meet;
    }

    public VersionVector Clone()
    {
        var clone = new VersionVector();
        clone.Join(this);
        return clone;
    }

    public void Clear() => Count = 0;

    public override string ToString() => $"[{string.Join(' ', Enumerable.Range(0, Count).Select(i => At(i)))}]";

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Count);
        for (var i = 0; i < Count; i++) At(i).Encode(output);
    }

    /// <summary>Reads into <paramref name="into"/>, replacing it. False: the bytes are no version vector.</summary>
    public static bool TryDecode(ref PackedReader reader, VersionVector into)
    {
        into.Clear();
        if (!reader.TryCount(2, out var count)) return false;
        for (var i = 0; i < count; i++)
        {
            if (!Dot.TryDecode(ref reader, out var entry)) return false;
            if (i > 0 && entry.Node.CompareTo(into.At(i - 1).Node) <= 0) return false;
            into.Advance(entry.Node, entry.Counter);
        }

        return true;
    }

    private int IndexOf(NodeId node)
    {
        // A handful of nodes: walking beats halving.
        for (var i = 0; i < Count; i++)
        {
            if (_nodes[i] == node.Value) return i;
            if (_nodes[i] > node.Value) return ~i;
        }

        return ~Count;
    }
}
