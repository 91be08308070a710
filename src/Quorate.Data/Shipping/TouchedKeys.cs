using Quorate.Data.Store;

namespace Quorate.Data.Shipping;

/// <summary>The keys that one entry changed, as the tables tell. Listens only while an entry is executed for its effect;
/// keeps its memory from entry to entry.</summary>
internal sealed class TouchedKeys
{
    private const int KeptLength = 4096;

    /// <summary>A key is named by the blob it was in: its bytes stay there, whatever becomes of the slot.</summary>
    public readonly record struct Touched(KeyTable Table, byte[] Blob, int KeyLength, uint Hash)
    {
        public ReadOnlySpan<byte> Key => Blob.AsSpan(Slot.HeaderLength, KeyLength);
    }

    private Touched[] _keys = new Touched[16];
    private int _count;

    public bool IsListening { get; set; }

    /// <summary>In the order of the changes. A key may be in it more than once.</summary>
    public ReadOnlySpan<Touched> All => _keys.AsSpan(0, _count);

    public void Note(KeyTable table, byte[] blob, int keyLength, uint hash)
    {
        if (!IsListening) return;
        var touched = new Touched(table, blob, keyLength, hash);
        // A value and its expiry are two changes of one key.
        if (_count > 0 && IsSame(_keys[_count - 1], touched)) return;
        if (_count == _keys.Length) Array.Resize(ref _keys, _count * 2);
        _keys[_count++] = touched;
    }

    public void Clear()
    {
        if (_keys.Length > KeptLength) _keys = new Touched[16];
        else Array.Clear(_keys, 0, _count);
        _count = 0;
    }

    private static bool IsSame(in Touched a, in Touched b) => a.Table == b.Table && a.Hash == b.Hash && a.Key.SequenceEqual(b.Key);
}
