namespace Quorate.Data.Store;

/// <summary>One of the numbered databases of a keyspace. Not thread-safe.</summary>
public sealed class Database
{
    private KeyTable _table = new();

    internal Database(int number) => Number = number;

    /// <summary>0 and up, as SELECT names it.</summary>
    public int Number { get; }

    /// <summary>Keys, those included that are due but not yet deleted.</summary>
    public int Count => Table.Count;

    /// <summary>Keys with an expiry.</summary>
    public int ExpiringCount => Table.Expiries.Count;

    /// <summary>Approximate bytes of memory.</summary>
    public long UsedBytes => Table.UsedBytes;

    /// <summary>The contents. Flushing puts an empty table in its place: a snapshot goes on reading the old one.</summary>
    internal KeyTable Table
    {
        get => _table;
        set
        {
            value.Touched = _table.Touched;
            _table = value;
        }
    }
}
