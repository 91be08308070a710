using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Quorate.Replication;

namespace Quorate.Data.Merging;

/// <summary>
/// What <see cref="KeyPrefetch"/> is for the tables of stores: brings the objects of a few keys near before they are read or
/// merged. An object is a chain of small ones, so it goes step by step: each step looks at all keys of the window, whose
/// misses overlap. A hint: changes nothing and may be wrong.
/// </summary>
internal sealed unsafe class ObjectPrefetch
{
    private const int CacheLine = 64;

    private readonly ObjectTable?[] _tables = new ObjectTable?[IStateMachine.ForesightWindow];
    private readonly ulong[] _hashes = new ulong[IStateMachine.ForesightWindow];
    private readonly KeyObject?[] _objects = new KeyObject?[IStateMachine.ForesightWindow];

    /// <summary>Keys noted since the last <see cref="Look"/>.</summary>
    public int Count { get; private set; }

    /// <summary>What was read ahead: nobody asks for it, but a compiler must not find out.</summary>
    public long Glimpse { get; private set; }

    /// <summary>Notes a key and begins to fetch its place. Forgotten when the window is full.</summary>
    public void Note(ObjectTable table, ReadOnlySpan<byte> key)
    {
        if (!Sse.IsSupported || Count == _hashes.Length || table.Count == 0) return;
        var hash = Hash.Of(key);
        _tables[Count] = table;
        _hashes[Count++] = hash;
        Sse.Prefetch0(Unsafe.AsPointer(ref table.PlaceOf(hash)));
    }

    /// <summary>Fetches what hangs on the keys noted, and forgets the keys.</summary>
    public void Look()
    {
        var objects = _objects.AsSpan(0, Count);
        Count = 0;
        for (var i = 0; i < objects.Length; i++)
        {
            objects[i] = _tables[i]!.PlaceOf(_hashes[i]);
            // The address itself: nothing is read there yet.
            var address = Unsafe.As<KeyObject?, nint>(ref objects[i]);
            Sse.Prefetch0((void*)address);
            Sse.Prefetch0((void*)(address + CacheLine));
            Sse.Prefetch0((void*)(address + (2 * CacheLine)));
        }

        for (var i = 0; i < objects.Length; i++)
        {
            // Most chains are short.
            for (var steps = 0; steps < 3 && objects[i] is { } o && o.KeyHash != _hashes[i]; steps++) objects[i] = o.Next;
        }

        var seen = 0L;
        foreach (var o in objects)
            if (o is not null) seen += o.Key.Length + o.Context.Count + (o.Text?.Register.Count ?? 0);
        foreach (var o in objects)
            if (o is not null)
                seen += (o.Context.Count > 0 ? o.Context[0].UpTo : 0)
                    + (o.Text is { Register.Count: > 0 } text ? text.Register[0].Stamp.Value : 0);
        foreach (var o in objects)
            if (o?.Text is { Register.Count: > 0 } text && text.Register[0].Value is { Length: > 0 } value)
                seen += value[0] + value[^1];
        Glimpse += seen;
        objects.Clear();
        _tables.AsSpan(0, objects.Length).Clear();
    }
}
