using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// Brings the memory of a few keys near before commands touch them. A lookup in a big table is three dependent cache
/// misses (bucket, slot, blob), and each is most of a command's cost; begun for a whole window of keys at once, they
/// overlap. A hint: changes nothing, may be wrong, and does nothing on processors without the instruction.
/// </summary>
internal sealed unsafe class Foresight
{
    /// <summary>Enough for the misses to overlap, few enough to stay in the first-level cache until they are used.</summary>
    public const int Window = IStateMachine.ForesightWindow;

    private const int CacheLine = 64;

    private readonly KeyTable[] _tables = new KeyTable[Window];
    private readonly uint[] _hashes = new uint[Window];
    private readonly int[] _slots = new int[Window];

    /// <summary>Keys noted since the last <see cref="Look"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a key and begins to fetch its bucket. Forgotten when the window is full.</summary>
    public void Note(KeyTable table, ReadOnlySpan<byte> key)
    {
        if (!Sse.IsSupported || Count == Window || table.Count == 0) return;
        var hash = KeyTable.HashOf(key);
        _tables[Count] = table;
        _hashes[Count++] = hash;
        Fetch(ref table.BucketCell(hash));
    }

    /// <summary>Fetches the slots and then the blobs of the keys noted, and forgets the keys.</summary>
    public void Look()
    {
        var count = Count;
        Count = 0;
        for (var i = 0; i < count; i++)
        {
            _slots[i] = _tables[i].BucketCell(_hashes[i]);
            if (_slots[i] != 0) Fetch(ref _tables[i].SlotAt(_slots[i]));
        }

        // Most chains end here; the second link of the others is fetched before anything waits for it.
        for (var i = 0; i < count; i++)
        {
            if (_slots[i] == 0) continue;
            ref var slot = ref _tables[i].SlotAt(_slots[i]);
            if (slot.Hash == _hashes[i]) continue;
            _slots[i] = slot.Next;
            if (slot.Next != 0) Fetch(ref _tables[i].SlotAt(slot.Next));
        }

        for (var i = 0; i < count; i++)
        {
            if (_slots[i] == 0) continue;
            // The address itself, not through the array: that would look into it and wait.
            var blob = Unsafe.As<byte[]?, nint>(ref _tables[i].SlotAt(_slots[i]).Blob);
            Sse.Prefetch0((void*)blob);
            Sse.Prefetch0((void*)(blob + CacheLine));
        }
    }

    private static void Fetch<T>(ref T place) => Sse.Prefetch0(Unsafe.AsPointer(ref place));
}
