using System.Buffers;

namespace Quorate.Replication.Causality;

/// <summary>Updates of one node numbered above <paramref name="After"/>, up to and including <paramref name="UpTo"/>.</summary>
public readonly record struct DotRun(NodeId Node, long After, long UpTo)
{
    public override string ToString() => $"{Node}:({After}..{UpTo}]";
}

/// <summary>
/// A set of dots: a version vector and a cloud of dots that are not contiguous with it, both as runs in one sorted array.
/// Runs that meet become one, so the context of updates that came without gaps has one run for each node. [Delta §7.2]
/// A run may claim numbers that no update of the object has: whoever made it says that everything of the object in there
/// is known. Not thread-safe.
/// </summary>
public sealed class DotContext
{
    private DotRun[] _runs = [];

    /// <summary>Runs in it; 0: nothing is known.</summary>
    public int Count { get; private set; }

    /// <summary>A run, in the order of nodes and numbers.</summary>
    public DotRun this[int i] => _runs[i];

    public bool Contains(Dot dot)
    {
        for (var i = 0; i < Count; i++)
        {
            ref readonly var run = ref _runs[i];
            if (run.Node == dot.Node && run.After < dot.Counter && dot.Counter <= run.UpTo) return true;
        }

        return false;
    }

    /// <summary>The greatest number of the node in it; 0: none.</summary>
    public long LastOf(NodeId node) => LastRunOf(node).UpTo;

    /// <summary>The node's last run; empty: none.</summary>
    public DotRun LastRunOf(NodeId node)
    {
        for (var i = Count - 1; i >= 0; i--)
            if (_runs[i].Node == node) return _runs[i];
        return new DotRun(node, 0, 0);
    }

    /// <summary>The first updates of the node, numbered up to <paramref name="upTo"/>, that are not in it; empty: all are.</summary>
    public DotRun FirstGapOf(NodeId node, long upTo)
    {
        var at = 0L;
        for (var i = 0; i < Count && at < upTo; i++)
        {
            if (_runs[i].Node != node) continue;
            if (_runs[i].After > at) return new DotRun(node, at, Math.Min(_runs[i].After, upTo));
            at = _runs[i].UpTo;
        }

        return new DotRun(node, at, Math.Max(at, upTo));
    }

    /// <summary>True when every dot of the run is in it.</summary>
    public bool Covers(in DotRun run)
    {
        for (var i = 0; i < Count; i++)
            if (_runs[i].Node == run.Node && _runs[i].After <= run.After && run.UpTo <= _runs[i].UpTo) return true;
        return run.UpTo <= run.After;
    }

    public void Add(Dot dot) => Add(new DotRun(dot.Node, dot.Counter - 1, dot.Counter));

    public void Add(in DotRun run)
    {
        if (run.UpTo <= run.After) return;
        var first = 0;
        while (first < Count && (_runs[first].Node.CompareTo(run.Node) < 0 || (_runs[first].Node == run.Node && _runs[first].UpTo < run.After))) first++;
        var end = first;
        var (after, upTo) = (run.After, run.UpTo);
        for (; end < Count && _runs[end].Node == run.Node && _runs[end].After <= run.UpTo; end++)
        {
            after = Math.Min(after, _runs[end].After);
            upTo = Math.Max(upTo, _runs[end].UpTo);
        }

        MakeRoom(first, end);
        _runs[first] = new DotRun(run.Node, after, upTo);
    }

    public void Join(DotContext other)
    {
        for (var i = 0; i < other.Count; i++) Add(other._runs[i]);
    }

    /// <summary>Adds everything that the vector knows.</summary>
    public void Join(VersionVector vector)
    {
        for (var i = 0; i < vector.Count; i++)
        {
            var entry = vector.At(i);
            Add(new DotRun(entry.Node, 0, entry.Counter));
        }
    }

    /// <summary>Forgets what the vector covers; a run that goes on beyond it then begins at 0, which says the same.</summary>
    public void Trim(VersionVector covered)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            var run = _runs[i];
            var floor = covered[run.Node];
            if (run.UpTo <= floor) continue;
            if (run.After <= floor) run = run with { After = 0 };
            _runs[kept++] = run;
        }

        Count = kept;
    }

    /// <summary>The part without gaps, from the first update on.</summary>
    public VersionVector ToVersionVector()
    {
        var vector = new VersionVector();
        for (var i = 0; i < Count; i++)
            if (_runs[i].After == 0) vector.Advance(_runs[i].Node, _runs[i].UpTo);
        return vector;
    }

    public bool SetEquals(DotContext other) => _runs.AsSpan(0, Count).SequenceEqual(other._runs.AsSpan(0, other.Count));

    public void Clear() => Count = 0;

    public override string ToString() => $"{{{string.Join(' ', _runs.Take(Count))}}}";

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Count);
        for (var i = 0; i < Count; i++)
        {
            Packing.WriteNumber(output, (ulong)_runs[i].Node.Value);
            Packing.WriteNatural(output, _runs[i].After);
            Packing.WriteNatural(output, _runs[i].UpTo - _runs[i].After);
        }
    }

    /// <summary>Reads into <paramref name="into"/>, replacing it. False: the bytes are no context.</summary>
    public static bool TryDecode(ref PackedReader reader, DotContext into)
    {
        into.Clear();
        if (!reader.TryCount(3, out var count)) return false;
        for (var i = 0; i < count; i++)
        {
            if (!TryDecodeRun(ref reader, out var run)) return false;
            if (i > 0)
            {
                ref readonly var last = ref into._runs[i - 1];
                var order = last.Node.CompareTo(run.Node);
                if (order > 0 || (order == 0 && last.UpTo >= run.After)) return false;
            }

            into.MakeRoom(i, i);
            into._runs[i] = run;
        }

        return true;
    }

    /// <summary>False: the bytes are no run, or it is empty.</summary>
    public static bool TryDecodeRun(ref PackedReader reader, out DotRun run)
    {
        run = default;
        if (!reader.TryNode(out var node) || !reader.TryNatural(out var after) || !reader.TryNatural(out var length)) return false;
        if (length == 0 || length > long.MaxValue - after) return false;
        run = new DotRun(node, after, after + length);
        return true;
    }

    /// <summary>Makes the runs from <paramref name="first"/> to before <paramref name="end"/> one place.</summary>
    private void MakeRoom(int first, int end)
    {
        if (first == end && Count == _runs.Length) Array.Resize(ref _runs, Count == 0 ? 1 : Count + 3);
        if (first + 1 != end) Array.Copy(_runs, end, _runs, first + 1, Count - end);
        Count += first + 1 - end;
    }
}

/// <summary>What a replica has observed of an object: the object's own context, and what is known of all objects.</summary>
public readonly struct Observed(DotContext context, VersionVector? floor)
{
    public bool Contains(Dot dot) => (floor is not null && floor.Covers(dot)) || context.Contains(dot);
}
