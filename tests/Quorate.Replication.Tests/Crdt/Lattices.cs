using System.Buffers;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Replication.Tests.Crdt;

/// <summary>One kind of CRDT with a context of its own: a state, or a delta of one.</summary>
internal abstract class Lattice
{
    protected static readonly VersionVector Nothing = new();

    public DotContext Context { get; } = new();

    public bool IsPartial { get; init; }

    /// <summary>The names of the kinds, for theories.</summary>
    public static TheoryData<string> Kinds => ["register", "counter", "set", "map", "scores"];

    public static Lattice New(string kind, bool isPartial = false) => kind switch
    {
        "register" or "counter" => new CellLattice(kind == "counter") { IsPartial = isPartial },
        "set" => new SetLattice { IsPartial = isPartial },
        "map" => new MapLattice(new ObservedRemoveMap()) { IsPartial = isPartial },
        _ => new MapLattice(new ScoredSet()) { IsPartial = isPartial },
    };

    /// <summary>One of six things done by a node, as a delta; not joined yet.</summary>
    public Lattice Change(int what, DotSource dots, long stamp)
    {
        var delta = NewLike(isPartial: true);
        var after = Context.LastOf(dots.Node);
        var dot = dots.Next();
        Apply(what, new Sibling(dot, new HybridTime(stamp), [(byte)stamp, 0, 0, 0, 0, 0, 0, 0]), delta);
        delta.Context.Add(new DotRun(dots.Node, after, dot.Counter));
        return delta;
    }

    public void Join(Lattice other)
    {
        var notes = new JoinNotes();
        JoinPart(
            other,
            new JoinScope(
                new Observed(Context, Nothing), new Observed(other.Context, null), MergeRules.Papers, notes, other.IsPartial));
        Context.Join(other.Context);
    }

    public Lattice Clone()
    {
        var clone = NewLike(IsPartial);
        clone.Join(this);
        return clone;
    }

    /// <summary>All there is to it, as text.</summary>
    public string Bytes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        Context.Encode(bytes);
        Encode(bytes);
        return Convert.ToHexString(bytes.WrittenSpan);
    }

    public abstract ulong Digest();

    public abstract bool IsBottom { get; }

    public abstract bool TryDecode(ref PackedReader reader);

    public abstract void Encode(IBufferWriter<byte> output);

    protected abstract Lattice NewLike(bool isPartial);

    protected abstract void Apply(int what, in Sibling value, Lattice delta);

    protected abstract void JoinPart(Lattice other, in JoinScope scope);
}

internal sealed class CellLattice(bool counts) : Lattice
{
    private readonly Cell _cell = new();

    public override bool IsBottom => !_cell.IsLive;

    public long Count => _cell.Counter?.Value ?? 0;

    public override ulong Digest() => _cell.Digest();

    public override bool TryDecode(ref PackedReader reader)
    {
        var newest = default(HybridTime);
        return _cell.TryDecode(ref reader, ref newest);
    }

    public override void Encode(IBufferWriter<byte> output) => _cell.Encode(output);

    protected override Lattice NewLike(bool isPartial) => new CellLattice(counts) { IsPartial = isPartial };

    protected override void Apply(int what, in Sibling value, Lattice delta)
    {
        var cell = ((CellLattice)delta)._cell;
        if (what % 3 == 0) _cell.Remove(value.Dot, cell, delta.Context);
        else if (counts) _cell.Add(what, value.Dot, 0, cell);
        else _cell.Assign(value, cell, delta.Context);
    }

    protected override void JoinPart(Lattice other, in JoinScope scope) => _cell.Join(((CellLattice)other)._cell, scope);
}

internal sealed class SetLattice : Lattice
{
    private readonly AddWinsSet _set = new();

    public override bool IsBottom => _set.Count == 0;

    public override ulong Digest() => _set.Digest();

    public override bool TryDecode(ref PackedReader reader) => _set.TryDecode(ref reader);

    public override void Encode(IBufferWriter<byte> output) => _set.Encode(output);

    protected override Lattice NewLike(bool isPartial) => new SetLattice { IsPartial = isPartial };

    protected override void Apply(int what, in Sibling value, Lattice delta)
    {
        byte[] element = [(byte)(what / 2 % 3)];
        var set = ((SetLattice)delta)._set;
        if (what % 2 == 0) _set.Add(element, value.Dot, set, delta.Context);
        else _set.Remove(element, set, delta.Context);
    }

    protected override void JoinPart(Lattice other, in JoinScope scope) => _set.Join(((SetLattice)other)._set, scope);
}

internal sealed class MapLattice(ObservedRemoveMap map) : Lattice
{
    public override bool IsBottom => map.LiveCount == 0;

    public override ulong Digest() => map.Digest();

    public override bool TryDecode(ref PackedReader reader)
    {
        var newest = default(HybridTime);
        return map.TryDecode(ref reader, ref newest);
    }

    public override void Encode(IBufferWriter<byte> output) => map.Encode(output);

    protected override Lattice NewLike(bool isPartial) =>
        new MapLattice(map is ScoredSet ? new ScoredSet() : new ObservedRemoveMap()) { IsPartial = isPartial };

    protected override void Apply(int what, in Sibling value, Lattice delta)
    {
        byte[] field = [(byte)(what % 2)];
        var listed = ((MapLattice)delta).Map.List(field);
        var cell = map.CellOf(field);
        if (what / 2 % 3 == 0) cell.Remove(value.Dot, listed, delta.Context);
        else if (what / 2 % 3 == 1) cell.Assign(value, listed, delta.Context);
        else cell.Add(what, value.Dot, 0, listed);
    }

    protected override void JoinPart(Lattice other, in JoinScope scope)
    {
        map.Join(((MapLattice)other).Map, scope);
        if (map is ScoredSet scores) scores.InOrder.Count().ShouldBe(scores.LiveCount, "the order has what the map has");
    }

    private ObservedRemoveMap Map => map;
}
