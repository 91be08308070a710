using Quorate.Replication.Ordered;

namespace Quorate.Data.Store;

/// <summary>One of the numbered databases of a keyspace. Not thread-safe.</summary>
public sealed class Database
{
    private readonly Taps _taps;
    private IKeyStore _store = null!;

    internal Database(int number, IKeyStore store, Taps taps)
    {
        Number = number;
        _taps = taps;
        Store = store;
    }

    /// <summary>0 and up, as SELECT names it.</summary>
    public int Number { get; }

    /// <summary>Keys, those included that are due but not yet deleted.</summary>
    public int Count => _store.Count;

    /// <summary>Keys with an expiry.</summary>
    public int ExpiringCount => _store.ExpiringCount;

    /// <summary>Approximate bytes of memory.</summary>
    public long UsedBytes => _store.UsedBytes;

    /// <summary>The contents. Flushing puts an empty store in its place: a snapshot goes on reading the old one.</summary>
    public IKeyStore Store
    {
        get => _store;
        internal set
        {
            _store = value;
            value.Database = Number;
            value.Taps = _taps;
        }
    }
}
