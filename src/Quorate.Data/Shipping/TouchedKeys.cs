using Quorate.Data.Store;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Shipping;

/// <summary>The keys that one entry changed, as the stores tell. Keeps its memory from entry to entry.</summary>
internal sealed class TouchedKeys
{
    private const int KeptKeys = 4096;
    private const int KeptBytes = 1 << 20;

    /// <param name="Database">number of the database that the key is in</param>
    /// <param name="Start">of the key, among the bytes of all</param>
    /// <param name="Length">of the key</param>
    /// <param name="Hash">of the key</param>
    /// <param name="Last">what was done to it last</param>
    public readonly record struct Touched(int Database, int Start, int Length, uint Hash, KeyChange Last);

    private Touched[] _keys = new Touched[16];
    private byte[] _bytes = new byte[256];
    private int _count;
    private int _length;

    /// <summary>In the order of the changes. A key may be in it more than once.</summary>
    public ReadOnlySpan<Touched> All => _keys.AsSpan(0, _count);

    public ReadOnlySpan<byte> KeyOf(in Touched touched) => _bytes.AsSpan(touched.Start, touched.Length);

    public void Note(int database, ReadOnlySpan<byte> key, KeyChange change)
    {
        // A value and its expiry are two changes of one key.
        if (_count > 0 && _keys[_count - 1] is var last && last.Database == database && KeyOf(last).SequenceEqual(key))
        {
            _keys[_count - 1] = last with { Last = change };
            return;
        }

        if (_count == _keys.Length) Array.Resize(ref _keys, _count * 2);
        if (_bytes.Length - _length < key.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + key.Length));
        key.CopyTo(_bytes.AsSpan(_length));
        _keys[_count++] = new Touched(database, _length, key.Length, KeyHash.Of(key), change);
        _length += key.Length;
    }

    /// <summary>All keys of the database are gone, or somewhere else.</summary>
    public void ForgetDatabase(int database)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (_keys[i].Database != database) _keys[kept++] = _keys[i];
        _count = kept;
    }

    /// <summary>What was in one of two databases is now in the other.</summary>
    public void Swap(int a, int b)
    {
        foreach (ref var key in _keys.AsSpan(0, _count))
        {
            if (key.Database == a) key = key with { Database = b };
            else if (key.Database == b) key = key with { Database = a };
        }
    }

    public void Clear()
    {
        if (_keys.Length > KeptKeys) _keys = new Touched[16];
        if (_bytes.Length > KeptBytes) _bytes = new byte[256];
        _count = _length = 0;
    }
}
