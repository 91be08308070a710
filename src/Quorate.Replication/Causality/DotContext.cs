using System.Buffers;
using System.Runtime.InteropServices;

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
    // Nearly all contexts have one run: it takes no array of its own.
    private DotRun _one;
    private DotRun[]? _many;

    private Span<DotRun> Runs => _many is null ? MemoryMarshal.CreateSpan(ref _one, 1) : _many;

    /// <summary>Runs in it; 0: nothing is known.</summary>
    public int Count { get; private set; }

    /// <summary>A run, in the order of nodes and numbers.</summary>
    public DotRun this[int i] => Runs[i];

    public bool Contains(Dot dot)
    {
        for (var i = 0; i < Count; i++)
        {
            ref readonly var run = ref Runs[i];
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
            if (Runs[i].Node == node) return Runs[i];
        return new DotRun(node, 0, 0);
    }

    /// <summary>The first updates of the node, numbered up to <paramref name="upTo"/>, that are not in it; empty: all
    /// are.</summary>
    public DotRun FirstGapOf(NodeId node, long upTo)
    {
        var at = 0L;
        for (var i = 0; i < Count && at < upTo; i++)
        {
            if (Runs[i].Node != node) continue;
            if (Runs[i].After > at) return new DotRun(node, at, Math.Min(Runs[i].After, upTo));
            at = Runs[i].UpTo;
        }

        return new DotRun(node, at, Math.Max(at, upTo));
    }

    /// <summary>True when every dot of the run is in it.</summary>
    public bool Covers(in DotRun run)
    {
        for (var i = 0; i < Count; i++)
            if (Runs[i].Node == run.Node && Runs[i].After <= run.After && run.UpTo <= Runs[i].UpTo) return true;
        return run.UpTo <= run.After;
    }

    public void Add(Dot dot) => Add(new DotRun(dot.Node, dot.Counter - 1, dot.Counter));

    public void Add(in DotRun run)
    {
        if (run.UpTo <= run.After) return;
        var first = 0;
        while (first < Count
            && (Runs[first].Node.CompareTo(run.Node) < 0 || (Runs[first].Node == run.Node && Runs[first].UpTo < run.After)))
            first++;
        var end = first;
        var (after, upTo) = (run.After, run.UpTo);
        for (; end < Count && Runs[end].Node == run.Node && Runs[end].After <= run.UpTo; end++)
        {
            after = Math.Min(after, Runs[end].After);
            upTo = Math.Max(upTo, Runs[end].UpTo);
        }

        MakeRoom(first, end);
        Runs[first] = new DotRun(run.Node, after, upTo);
    }

    public void Join(DotContext other)
    {
        for (var i = 0; i < other.Count; i++) Add(other.Runs[i]);
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
            var run = Runs[i];
            var floor = covered[run.Node];
            if (run.UpTo <= floor) continue;
            if (run.After <= floor) run = run with { After = 0 };
            Runs[kept++] = run;
        }

        Count = kept;
    }

    /// <summary>The part without gaps, from the first update on.</summary>
    public VersionVector ToVersionVector()
    {
        var vector = new VersionVector();
        for (var i = 0; i < Count; i++)
            if (Runs[i].After == 0) vector.Advance(Runs[i].Node, Runs[i].UpTo);
        return vector;
    }

    public bool SetEquals(DotContext other) => Runs[..Count].SequenceEqual(other.Runs[..other.Count]);

    public void Clear() => Count = 0;

    public override string ToString() => $"{{{string.Join(' ', Runs[..Count].ToArray())}}}";

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Count);
        for (var i = 0; i < Count; i++)
        {
            Packing.WriteNumber(output, (ulong)Runs[i].Node.Value);
            Packing.WriteNatural(output, Runs[i].After);
            Packing.WriteNatural(output, Runs[i].UpTo - Runs[i].After);
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
                ref readonly var last = ref into.Runs[i - 1];
                var order = last.Node.CompareTo(run.Node);
                if (order > 0 || (order == 0 && last.UpTo >= run.After)) return false;
            }

            into.MakeRoom(i, i);
            into.Runs[i] = run;
        }

        return true;
    }

    /// <summary>False: the bytes are no run, or it is empty.</summary>
    public static bool TryDecodeRun(ref PackedReader reader, out DotRun run)
    {
        run = default;
        if (!reader.TryNode(out var node) || !reader.TryNatural(out var after) || !reader.TryNatural(out var length))
            return false;
        if (length == 0 || length > long.MaxValue - after) return false;
        run = new DotRun(node, after, after + length);
        return true;
    }

    /// <summary>Makes the runs from <paramref name="first"/> to before <paramref name="end"/> one place.</summary>
    private void MakeRoom(int first, int end)
    {
        if (first == end && Count == Runs.Length)
        {
            var larger = new DotRun[Count + 3];
            Runs[..Count].CopyTo(larger);
            _many = larger;
        }

        if (first + 1 != end) Runs[end..Count].CopyTo(Runs[(first + 1)..]);
        Count += first + 1 - end;
    }
}

/// <summary>What a replica has observed of an object: the object's own context, and what is known of all objects.</summary>
public readonly struct Observed(DotContext context, VersionVector? floor)
{
    public bool Contains(Dot dot) => (floor is not null && floor.Covers(dot)) || context.Contains(dot);
}
