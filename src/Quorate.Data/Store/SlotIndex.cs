using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// The rows of a table by the hash slot of their keys: a list for each slot, linked both ways by row number. 8 bytes a row and
/// 128 KiB for the slots, and each insertion and removal computes the key's slot; so it is there only where it was asked for.
/// Rows up to a mark are in it, the mark goes up piece by piece: a row beyond the mark is met when the mark comes to it.
/// </summary>
internal sealed class SlotIndex(KeyTable table) : ISlotIndex
{
    private struct Link
    {
        public int Previous;
        public int Next;
    }

    private readonly int[] _heads = new int[KeySlot.Count];
    private readonly int[] _counts = new int[KeySlot.Count];
    private Paged<Link> _links = new();

    /// <summary>Rows up to this one are in their lists; all rows when it is the greatest number.</summary>
    private int _builtTo;

    public long CapacityBytes => (_links.Capacity * 8) + (KeySlot.Count * 8);

    public int CountOf(int slot) => _counts[slot];

    public int FirstOf(int slot) => _heads[slot];

    public int NextOf(int row) => _links[row].Next;

    public bool Build(int mostKeys)
    {
        for (var left = mostKeys; _builtTo != int.MaxValue; left--)
        {
            if (_builtTo >= table.HighestRow) _builtTo = int.MaxValue;
            else if (left == 0) return false;
            else if (table.RowAt(++_builtTo).Content is not null) Enter(_builtTo);
        }

        return true;
    }

    /// <summary>The row has got its key.</summary>
    public void Add(int row)
    {
        if (row <= _builtTo) Enter(row);
    }

    /// <summary>The row is about to lose its key.</summary>
    public void Remove(int row)
    {
        if (row > _builtTo) return;
        var slot = KeySlot.Of(table.RowAt(row).Key);
        var link = _links[row];
        if (link.Previous == 0) _heads[slot] = link.Next;
        else _links[link.Previous].Next = link.Next;
        if (link.Next != 0) _links[link.Next].Previous = link.Previous;
        _counts[slot]--;
    }

    /// <summary>Every row that should be is in the list of its slot, and no other.</summary>
    public bool IsConsistent()
    {
        var seen = 0;
        for (var slot = 0; slot < KeySlot.Count; slot++)
        {
            var count = 0;
            for (int row = _heads[slot], before = 0; row != 0; before = row, row = _links[row].Next, count++)
            {
                ref var held = ref table.RowAt(row);
                if (row > _builtTo || held.Content is null || KeySlot.Of(held.Key) != slot || _links[row].Previous != before)
                    return false;
            }

            if (count != _counts[slot]) return false;
            seen += count;
        }

        return seen == table.Count || _builtTo != int.MaxValue;
    }

    private void Enter(int row)
    {
        var slot = KeySlot.Of(table.RowAt(row).Key);
        _links.Reserve(row + 1);
        ref var head = ref _heads[slot];
        _links[row] = new Link { Next = head };
        if (head != 0) _links[head].Previous = row;
        head = row;
        _counts[slot]++;
    }
}
