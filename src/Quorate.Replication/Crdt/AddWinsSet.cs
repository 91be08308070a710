using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Crdt;

/// <summary>
/// An observed-remove set in which an addition wins over a concurrent removal, without tombstones: an element is there while
/// one of its dots is, and a dot that was seen and is not there was removed. [ORSet §4] What a change costs does not depend on
/// the size: a delta lists the elements it is about. In a delta an element without dots says that what was observed of it is
/// removed.
/// </summary>
public sealed class AddWinsSet
{
    private const int MostDots = 256;

    private readonly Dictionary<byte[], Dot[]> _elements = new(ByteKeys.Comparer);
    private readonly Dictionary<byte[], Dot[]>.AlternateLookup<ReadOnlySpan<byte>> _find;
    private ulong _digest;

    public AddWinsSet() => _find = _elements.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Elements in it (of a delta: elements it is about).</summary>
    public int Count => _elements.Count;

    public bool Contains(ReadOnlySpan<byte> element) => _find.TryGetValue(element, out var dots) && dots.Length > 0;

    /// <summary>Of a delta: says something about the element.</summary>
    public bool Lists(ReadOnlySpan<byte> element) => _find.ContainsKey(element);

    public ReadOnlySpan<Dot> DotsOf(ReadOnlySpan<byte> element) => _find.TryGetValue(element, out var dots) ? dots : [];

    /// <summary>The elements in order of their bytes, as the one order that all replicas agree on.</summary>
    public byte[][] Ordered()
    {
        byte[][] elements = [.. _elements.Keys];
        Array.Sort(elements, ByteKeys.Comparer);
        return elements;
    }

    /// <summary>Lists in <paramref name="delta"/> the addition of an element, replacing its dots with a new one.</summary>
    public void Add(ReadOnlySpan<byte> element, Dot dot, AddWinsSet delta, DotContext observed)
    {
        foreach (var old in DotsOf(element)) observed.Add(old);
        delta._find[element] = [dot];
    }

    /// <summary>Lists in <paramref name="delta"/> the removal of an element.</summary>
    public void Remove(ReadOnlySpan<byte> element, AddWinsSet delta, DotContext observed)
    {
        foreach (var old in DotsOf(element)) observed.Add(old);
        delta._find[element] = [];
    }

    public void Join(AddWinsSet other, in JoinScope scope)
    {
        if (!scope.IsPartial && _elements.Count > 0)
        {
            foreach (var (element, mine) in _elements)
                if (!other._elements.ContainsKey(element)) JoinElement(element, mine, [], scope);
        }

        foreach (var (element, theirs) in other._elements)
            JoinElement(element, _elements.GetValueOrDefault(element) ?? [], theirs, scope);
    }

    public void Clear()
    {
        _elements.Clear();
        _digest = 0;
    }

    /// <summary>A mixed number of elements and dots, kept up to date; 0 for none.</summary>
    public ulong Digest() => _digest;

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)_elements.Count);
        foreach (var element in Ordered())
        {
            Packing.WriteBytes(output, element);
            var dots = _elements[element];
            Packing.WriteNumber(output, (ulong)dots.Length);
            foreach (var dot in dots) dot.Encode(output);
        }
    }

    /// <summary>Reads into this, replacing it. False: the bytes are no set.</summary>
    public bool TryDecode(ref PackedReader reader)
    {
        Clear();
        if (!reader.TryCount(2, out var count)) return false;
        ReadOnlySpan<byte> last = default;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryBytes(out var element) || !reader.TryCount(2, out var dots)) return false;
            if (i > 0 && last.SequenceCompareTo(element) >= 0) return false;
            var list = dots == 0 ? [] : new Dot[dots];
            for (var d = 0; d < dots; d++)
                if (!Dot.TryDecode(ref reader, out list[d]) || (d > 0 && list[d].CompareTo(list[d - 1]) <= 0)) return false;
            _find[element] = list;
            last = element;
        }

        return true;
    }

    private void JoinElement(byte[] element, Dot[] mine, Dot[] theirs, in JoinScope scope)
    {
        // Dots of one element are as many as there were concurrent additions: one, mostly.
        Span<Dot> joined = mine.Length + theirs.Length <= MostDots
            ? stackalloc Dot[mine.Length + theirs.Length] : new Dot[mine.Length + theirs.Length];
        var n = 0;
        foreach (var dot in mine)
            if (scope.Keeps(theirs.AsSpan().Contains(dot), dot)) joined[n++] = dot;
        foreach (var dot in theirs)
            if (!mine.AsSpan().Contains(dot) && scope.Takes(dot)) joined[n++] = dot;
        joined = joined[..n];
        joined.Sort();
        if (joined.SequenceEqual(mine)) return;
        scope.Notes.IsChanged = true;
        _digest += DigestOfElement(element, joined) - DigestOfElement(element, mine);
        if (n == 0) _elements.Remove(element);
        else _elements[element] = joined.SequenceEqual(theirs) ? theirs : joined.ToArray();
    }

    private static ulong DigestOfElement(byte[] element, ReadOnlySpan<Dot> dots)
    {
        if (dots.Length == 0) return 0;
        var sum = 0UL;
        foreach (var dot in dots) sum += DigestOf.Dot(dot);
        return DigestOf.Numbers((long)Hash.Of(element), (long)sum);
    }
}
