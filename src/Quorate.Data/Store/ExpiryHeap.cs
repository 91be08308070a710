namespace Quorate.Data.Store;

/// <summary>
/// The keys of a table that expire, soonest first. Ties are ordered by hash and key, so the order depends on the
/// contents alone and every replica expires the same keys, however its table came to be. A 4-ary heap.
/// </summary>
internal sealed class ExpiryHeap(KeyTable table)
{
    private const int Arity = 4;

    private struct Item
    {
        public long When;
        public int Row;
    }

    private Paged<Item> _items = new();
    private int _count;

    public int Count => _count;

    public long CapacityBytes => _items.Capacity * 16;

    /// <summary>The row that expires first; the heap is not empty.</summary>
    public int FirstRow => _items[0].Row;

    public long FirstWhen => _count == 0 ? long.MaxValue : _items[0].When;

    /// <param name="position">1-based, as in <see cref="KeyRow.Expiry"/>.</param>
    public long WhenAt(int position) => _items[position - 1].When;

    public void Add(int row, long when)
    {
        _items.Reserve(_count + 1);
        SiftUp(_count++, new Item { When = when, Row = row });
    }

    public void Change(int position, long when)
    {
        var item = _items[position - 1];
        item.When = when;
        Place(position - 1, item);
    }

    public void Remove(int position)
    {
        var at = position - 1;
        table.RowAt(_items[at].Row).Expiry = 0;
        var last = _items[--_count];
        _items[_count] = default;
        if (at < _count) Place(at, last);
    }

    /// <summary>Every item knows its place and no child is before its parent.</summary>
    public bool IsConsistent()
    {
        for (var i = 0; i < _count; i++)
        {
            if (table.RowAt(_items[i].Row).Expiry != i + 1) return false;
            if (i > 0 && IsBefore(_items[i], _items[(i - 1) / Arity])) return false;
        }

        return true;
    }

    private void Place(int at, Item item)
    {
        if (at > 0 && IsBefore(item, _items[(at - 1) / Arity])) SiftUp(at, item);
        else SiftDown(at, item);
    }

    private void SiftUp(int at, Item item)
    {
        while (at > 0)
        {
            var parent = (at - 1) / Arity;
            if (!IsBefore(item, _items[parent])) break;
            Put(at, _items[parent]);
            at = parent;
        }

        Put(at, item);
    }

    private void SiftDown(int at, Item item)
    {
        while (true)
        {
            var first = (at * (long)Arity) + 1;
            if (first >= _count) break;
            var best = (int)first;
            var end = (int)Math.Min(_count, first + Arity);
            for (var child = best + 1; child < end; child++)
                if (IsBefore(_items[child], _items[best])) best = child;
            if (!IsBefore(_items[best], item)) break;
            Put(at, _items[best]);
            at = best;
        }

        Put(at, item);
    }

    private void Put(int at, Item item)
    {
        _items[at] = item;
        table.RowAt(item.Row).Expiry = at + 1;
    }

    private bool IsBefore(in Item a, in Item b)
    {
        if (a.When != b.When) return a.When < b.When;
        ref var x = ref table.RowAt(a.Row);
        ref var y = ref table.RowAt(b.Row);
        return x.Hash != y.Hash ? x.Hash < y.Hash : x.Key.SequenceCompareTo(y.Key) < 0;
    }
}
