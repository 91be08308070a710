using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// Brings the memory of a few keys near before commands touch them. A lookup in a big table is three dependent cache
/// misses (bucket, row, blob), and each is most of a command's cost; begun for a whole window of keys at once, they
/// overlap. A hint: changes nothing, may be wrong, and does nothing on processors without the instruction.
/// </summary>
internal sealed unsafe class KeyPrefetch
{
    /// <summary>Enough for the misses to overlap, few enough to stay in the first-level cache until they are used.</summary>
    public const int Window = IStateMachine.ForesightWindow;

    private const int CacheLine = 64;

    private readonly KeyTable[] _tables = new KeyTable[Window];
    private readonly uint[] _hashes = new uint[Window];
    private readonly int[] _rows = new int[Window];

    /// <summary>Keys noted since the last <see cref="Look"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a key and begins to fetch its bucket. Forgotten when the window is full.</summary>
    public void Note(KeyTable table, uint hash)
    {
        if (!Sse.IsSupported || Count == Window || table.Count == 0) return;
        _tables[Count] = table;
        _hashes[Count++] = hash;
        Fetch(ref table.BucketCell(hash));
    }

    /// <summary>Fetches the rows and then the blobs of the keys noted, and forgets the keys.</summary>
    public void Look()
    {
        var count = Count;
        Count = 0;
        for (var i = 0; i < count; i++)
        {
            _rows[i] = _tables[i].BucketCell(_hashes[i]);
            if (_rows[i] != 0) Fetch(ref _tables[i].RowAt(_rows[i]));
        }

        // Most chains end here; the second link of the others is fetched before anything waits for it.
        for (var i = 0; i < count; i++)
        {
            if (_rows[i] == 0) continue;
            ref var row = ref _tables[i].RowAt(_rows[i]);
            if (row.Hash == _hashes[i]) continue;
            _rows[i] = row.Next;
            if (row.Next != 0) Fetch(ref _tables[i].RowAt(row.Next));
        }

        for (var i = 0; i < count; i++)
        {
            if (_rows[i] == 0) continue;
            // The address itself, not through the array: that would look into it and wait.
            var content = Unsafe.As<object?, nint>(ref _tables[i].RowAt(_rows[i]).Content);
            Sse.Prefetch0((void*)content);
            Sse.Prefetch0((void*)(content + CacheLine));
        }
    }

    private static void Fetch<T>(ref T place) => Sse.Prefetch0(Unsafe.AsPointer(ref place));
}
