using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Tests.Store;

/// <summary>
/// A store as one on disk would look to its callers: keys are not in memory until they have been fetched, and a key that is
/// asked for before is a mistake of the caller. What needs no fetch: the times of expiry and what goes over everything, for
/// which such a store has its own ways.
/// </summary>
internal sealed class FetchingStore : IKeyStore
{
    private readonly KeyTable _disk = new();
    private readonly HashSet<string> _near = [];
    private readonly Queue<string> _wanted = [];

    /// <summary>Keys that were fetched, ever.</summary>
    public int Fetched { get; private set; }

    public int Database { get => _disk.Database; set => _disk.Database = value; }

    public Taps Taps { get => _disk.Taps; set => _disk.Taps = value; }

    public int Count => _disk.Count;

    public int ExpiringCount => _disk.ExpiringCount;

    public long UsedBytes => _disk.UsedBytes;

    public long FirstExpiry => _disk.FirstExpiry;

    public int FirstToExpire => _disk.FirstToExpire;

    public ISlotIndex? Slots => _disk.Slots;

    public bool Foresee(ReadOnlySpan<byte> key, uint hash)
    {
        var name = Keyspace.Text(key);
        if (_near.Contains(name)) return true;
        if (!_wanted.Contains(name)) _wanted.Enqueue(name);
        return false;
    }

    /// <summary>The disk has read one key that is wanted; whether there is such a key is known now.</summary>
    public bool FetchOne()
    {
        if (!_wanted.TryDequeue(out var name)) return false;
        _near.Add(name);
        Fetched++;
        return true;
    }

    /// <summary>Memory is needed for something else.</summary>
    public void Evict() => _near.Clear();

    public int Find(ReadOnlySpan<byte> key, uint hash, out KeyMark mark)
    {
        // While it is filled from a snapshot it is the contents of no database yet, and knows what it was given.
        var isFilled = Taps != Taps.None;
        Invariant.Require(
            !isFilled || _near.Contains(Keyspace.Text(key)), $"'{Keyspace.Text(key)}' was asked for before it was fetched");
        return _disk.Find(key, hash, out mark);
    }

    public KeyMark MarkOf(int row) => _disk.MarkOf(row);

    public ReadOnlySpan<byte> KeyOf(int row) => _disk.KeyOf(row);

    public ReadOnlySpan<byte> BytesOf(int row) => _disk.BytesOf(row);

    public Value ValueOf(int row) => _disk.ValueOf(row);

    public uint WrittenOf(int row) => _disk.WrittenOf(row);

    public long ExpiryOf(int row) => _disk.ExpiryOf(row);

    public long MeasureOf(int row) => _disk.MeasureOf(row);

    public int Insert(ReadOnlySpan<byte> key, uint hash, int length, ValueForm form, KeyStamp stamp, out Span<byte> bytes) =>
        _disk.Insert(key, hash, length, form, stamp, out bytes);

    public int Insert(ReadOnlySpan<byte> key, uint hash, Value value, ValueForm form, KeyStamp stamp) =>
        _disk.Insert(key, hash, value, form, stamp);

    public Span<byte> Rewrite(int row, int length, ValueForm form, KeyStamp stamp) => _disk.Rewrite(row, length, form, stamp);

    public Span<byte> Reshape(int row, int length, ValueForm form, KeyStamp stamp) => _disk.Reshape(row, length, form, stamp);

    public void Replace(int row, Value value, ValueForm form, KeyStamp stamp) => _disk.Replace(row, value, form, stamp);

    public Value Change(int row, KeyStamp stamp) => _disk.Change(row, stamp);

    public Value? Remove(int row, KeyChange why) => _disk.Remove(row, why);

    public void SetExpiry(int row, long when, LogIndex version) => _disk.SetExpiry(row, when, version);

    public bool ClearExpiry(int row, LogIndex version) => _disk.ClearExpiry(row, version);

    public int NextRow(int row) => _disk.NextRow(row);

    public ulong Scan(ulong cursor, long count, List<int> rows) => _disk.Scan(cursor, count, rows);

    public int RandomRow(Prng dice) => _disk.RandomRow(dice);

    public ulong Digest(StateRange range) => _disk.Digest(range);

    public ISlotIndex IndexSlots() => _disk.IndexSlots();

    public void ForgetSlots() => _disk.ForgetSlots();

    public IKeyWalk BeginWalk(int database, IKeySink sink) => _disk.BeginWalk(database, sink);

    public ReadOnlyMemory<byte> Hold(int row) => _disk.Hold(row);

    public bool IsConsistent() => _disk.IsConsistent();
}
