namespace Quorate.Data.Store;

/// <summary>
/// One snapshot's walk over one table. A bucket is saved either when the walk comes to it or, before that, when it is
/// about to change; so what is saved is the state at the beginning. Buckets made by splits later hold only what was saved
/// from the bucket they were split from.
/// </summary>
internal sealed class TableWalk : IKeyWalk
{
    private readonly KeyTable _table;
    private readonly IKeySink _sink;
    private readonly int _database;
    private readonly int _limit;
    private readonly ulong[] _saved;
    private int _next;

    public TableWalk(KeyTable table, int database, IKeySink sink)
    {
        (_table, _sink, _database, _limit) = (table, sink, database, table.BucketCount);
        _saved = new ulong[(_limit + 63) >> 6];
        table.Walk = this;
    }

    /// <summary>Saves the next bucket not saved yet. False: there is none.</summary>
    public bool Advance()
    {
        while (_next < _limit && IsSaved(_next)) _next++;
        if (_next >= _limit) return false;
        Save(_next++);
        return true;
    }

    public void BeforeChange(int bucket)
    {
        if (bucket < _limit && !IsSaved(bucket)) Save(bucket);
    }

    /// <summary>No more notice of changes is needed.</summary>
    public void Dispose()
    {
        if (_table.Walk == this) _table.Walk = null;
    }

    private bool IsSaved(int bucket) => (_saved[bucket >> 6] & (1UL << bucket)) != 0;

    private void Save(int bucket)
    {
        _saved[bucket >> 6] |= 1UL << bucket;
        for (var row = _table.HeadOf(bucket); row != 0; row = _table.RowAt(row).Next) _sink.Save(_database, _table, row);
    }
}
