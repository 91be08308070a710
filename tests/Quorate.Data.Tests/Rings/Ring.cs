using System.Buffers;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Tests.Rings;

/// <summary>A ring as pages of elements. Elements are numbered from the first that was ever pushed. A page belongs to one ring;
/// forks share it until one of them changes it, and takes a copy of the page then.</summary>
internal sealed class Ring : Value
{
    private const int PageLength = 64;

    private struct Element
    {
        public byte[] Bytes;
        public LogIndex Version;
    }

    private sealed class Page(object owner)
    {
        public readonly object Owner = owner;
        public readonly Element[] Elements = new Element[PageLength];
        public LogIndex Newest;
    }

    private readonly List<Page> _pages = [];
    private object _owner = new();
    private long _firstPage;

    public Ring(int capacity, long first)
    {
        Capacity = capacity;
        First = End = first;
        _firstPage = first / PageLength;
        Grow(64);
    }

    public int Capacity { get; private set; }

    public long First { get; private set; }

    public long End { get; private set; }

    public long Count => End - First;

    /// <summary>The element that is as many places behind the first.</summary>
    public ReadOnlySpan<byte> At(long place) => Of(First + place);

    public ReadOnlySpan<byte> Of(long number) =>
        _pages[(int)((number / PageLength) - _firstPage)].Elements[number % PageLength].Bytes;

    public void Push(ReadOnlySpan<byte> bytes, LogIndex version)
    {
        Put(End, bytes.ToArray(), version);
        while (Count > Capacity) Drop();
    }

    public void Set(long place, ReadOnlySpan<byte> bytes, LogIndex version) => Put(First + place, bytes.ToArray(), version);

    public void Resize(int capacity)
    {
        Capacity = capacity;
        while (Count > Capacity) Drop();
    }

    public override Value Fork()
    {
        var fork = new Ring(Capacity, First) { End = End, _firstPage = _firstPage };
        fork._pages.AddRange(_pages);
        fork.Grow(Bytes - fork.Bytes);
        _owner = new object();
        return fork;
    }

    public override PieceReader Read() => new RingReader(this);

    public override ulong Digest()
    {
        var sum = (ulong)(Capacity ^ (First << 20));
        for (var number = First; number < End; number++) sum = (sum * 0x9E3779B97F4A7C15) + Hash.Of(Of(number));
        return sum;
    }

    /// <summary>[capacity][first][end], then of each element that was changed [number][length][bytes].</summary>
    public override bool TryWriteDelta(LogIndex since, IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Capacity);
        Packing.WriteNatural(output, First);
        Packing.WriteNatural(output, End);
        for (var i = 0; i < _pages.Count; i++)
        {
            if (_pages[i].Newest <= since) continue;
            var from = (_firstPage + i) * PageLength;
            for (var number = Math.Max(from, First); number < Math.Min(from + PageLength, End); number++)
            {
                if (_pages[i].Elements[number % PageLength].Version <= since) continue;
                Packing.WriteNatural(output, number);
                Packing.WriteBytes(output, Of(number));
            }
        }

        return true;
    }

    /// <summary>Reads a delta, and does what it says when asked to. False: it is none for this ring.</summary>
    public bool TryRead(ReadOnlySpan<byte> delta, LogIndex version, bool apply)
    {
        var reader = new PackedReader(delta);
        if (!reader.TryNumber(out var capacity) || capacity is 0 or > int.MaxValue) return false;
        if (!reader.TryNatural(out var first) || !reader.TryNatural(out var end) || first < First || end < End) return false;
        if (end <= first || end - first > (long)capacity) return false;
        var next = Math.Max(first, End);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryNatural(out var number) || !reader.TryBytes(out var bytes)) return false;
            if (number < first || number >= end || number > next) return false;
            if (number == next) next++;
            if (!apply) continue;
            // Everything here was dropped meanwhile.
            if (first >= End && number == first) Restart(first);
            Put(number, bytes.ToArray(), version);
        }

        if (next != end) return false;
        if (!apply) return true;
        Capacity = (int)capacity;
        while (First < first) Drop();
        return true;
    }

    private void Restart(long first)
    {
        while (First < End) Drop();
        _pages.Clear();
        First = End = first;
        _firstPage = first / PageLength;
    }

    private void Put(long number, byte[] bytes, LogIndex version)
    {
        var index = (int)((number / PageLength) - _firstPage);
        if (index == _pages.Count) _pages.Add(new Page(_owner));
        var page = Own(index);
        ref var element = ref page.Elements[number % PageLength];
        Grow(bytes.Length - (element.Bytes?.Length ?? -48));
        element = new Element { Bytes = bytes, Version = version };
        page.Newest = LogIndex.Max(page.Newest, version);
        End = Math.Max(End, number + 1);
    }

    private void Drop()
    {
        var page = Own(0);
        Grow(-48 - page.Elements[First % PageLength].Bytes.Length);
        page.Elements[First % PageLength] = default;
        First++;
        if (First / PageLength == _firstPage) return;
        _pages.RemoveAt(0);
        _firstPage++;
    }

    private Page Own(int index)
    {
        var page = _pages[index];
        if (page.Owner == _owner) return page;
        var copy = new Page(_owner) { Newest = page.Newest };
        page.Elements.CopyTo(copy.Elements, 0);
        return _pages[index] = copy;
    }
}
