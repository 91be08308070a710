namespace Quorate.Data.Store;

/// <summary>
/// Rows of keys in a hash table with chains that grows by linear hashing (Litwin 1980). Each insertion splits at most two
/// buckets and each removal joins at most two, so there is no pause at any size. Rows are named by their number, 1 and up; 0
/// is none.
/// </summary>
internal abstract class BucketTable
{
    protected const int RowLength = 32;

    private const int FewestBuckets = 16;
    private const int MostBuckets = 1 << 30;

    private Paged<int> _heads = new();
    private Paged<KeyRow> _rows = new();

    /// <summary>lowMask + 1 is a power of two; lowMask + 1 &lt;= buckets &lt; 2 (lowMask + 1).</summary>
    private int _lowMask = FewestBuckets - 1;

    private int _bucketCount = FewestBuckets;
    private int _free;
    private int _highestRow;

    public int Count { get; private set; }

    public int BucketCount => _bucketCount;

    public int LowMask => _lowMask;

    /// <summary>No row above holds a key.</summary>
    public int HighestRow => _highestRow;

    /// <summary>The snapshot that walks this table, told before any bucket changes.</summary>
    public TableWalk? Walk { get; set; }

    /// <summary>Bytes of memory of rows and buckets.</summary>
    protected long TableBytes => (_rows.Capacity * RowLength) + (_heads.Capacity * 4);

    public ref KeyRow RowAt(int row) => ref _rows[row];

    /// <summary>Where the chain of a hash begins; for a table that is not empty.</summary>
    public ref int BucketCell(uint hash) => ref _heads[BucketOf(hash)];

    public int HeadOf(int bucket) => bucket < _heads.Capacity ? _heads[bucket] : 0;

    public int BucketOf(uint hash)
    {
        var bucket = (int)(hash & (uint)((_lowMask << 1) | 1));
        return bucket < _bucketCount ? bucket : (int)(hash & (uint)_lowMask);
    }

    public int Find(ReadOnlySpan<byte> key, uint hash, out KeyMark mark)
    {
        mark = default;
        if (Count == 0) return 0;
        for (var index = _heads[BucketOf(hash)]; index != 0;)
        {
            ref var row = ref _rows[index];
            if (row.Hash == hash && row.Key.SequenceEqual(key))
            {
                mark = row.Mark;
                return index;
            }

            index = row.Next;
        }

        return 0;
    }

    /// <summary>Every key is in its bucket and counted.</summary>
    protected bool HasConsistentBuckets()
    {
        var seen = 0;
        for (var bucket = 0; bucket < _bucketCount; bucket++)
        {
            for (var index = HeadOf(bucket); index != 0; index = _rows[index].Next)
            {
                seen++;
                ref var row = ref _rows[index];
                if (BucketOf(row.Hash) != bucket || KeyHash.Of(row.Key) != row.Hash) return false;
            }
        }

        return seen == Count;
    }

    /// <summary>The next key goes into the bucket of its hash: it must not be moved until it is linked.</summary>
    protected int Reserve(uint hash)
    {
        _heads.Reserve(_bucketCount);
        return BucketOf(hash);
    }

    /// <summary>Puts a filled row into its bucket.</summary>
    protected int Link(int bucket, object content, ulong mark, uint hash, uint written)
    {
        int index;
        if (_free == 0)
        {
            _rows.Reserve(_highestRow + 2);
            index = ++_highestRow;
        }
        else
        {
            index = _free;
            _free = _rows[index].Next;
        }

        ref var row = ref _rows[index];
        row.Content = content;
        row.MarkBits = mark;
        row.Hash = hash;
        row.Expiry = 0;
        row.Written = written;
        row.Next = _heads[bucket];
        _heads[bucket] = index;
        Count++;
        while (Count > (_bucketCount >> 2) * 3 && _bucketCount < MostBuckets) SplitOne();
        return index;
    }

    /// <summary>Takes a row out of its bucket and frees it.</summary>
    protected void Unlink(int index)
    {
        ref var row = ref _rows[index];
        ref var link = ref _heads[BucketOf(row.Hash)];
        while (link != index) link = ref _rows[link].Next;
        link = row.Next;
        row = new KeyRow { Next = _free };
        _free = index;
        Count--;

        // Joining moves keys into buckets a walk may have passed or not; it waits until the walk is over.
        if (Walk is not null) return;
        for (var i = 0; i < 2 && _bucketCount > FewestBuckets && Count < _bucketCount >> 3; i++) JoinOne();
    }

    private void SplitOne()
    {
        var from = _bucketCount - _lowMask - 1;
        Walk?.BeforeChange(from);
        var to = _bucketCount++;
        _heads.Reserve(_bucketCount);
        var bit = (uint)_lowMask + 1;
        int stay = 0, move = 0;
        for (var index = _heads[from]; index != 0;)
        {
            ref var row = ref _rows[index];
            var next = row.Next;
            if ((row.Hash & bit) == 0) (row.Next, stay) = (stay, index);
            else (row.Next, move) = (move, index);
            index = next;
        }

        _heads[from] = stay;
        _heads[to] = move;
        if (_bucketCount == (_lowMask + 1) << 1) _lowMask = (_lowMask << 1) | 1;
    }

    private void JoinOne()
    {
        if (_bucketCount == _lowMask + 1) _lowMask >>= 1;
        var from = --_bucketCount;
        var to = from & _lowMask;
        for (var index = _heads[from]; index != 0;)
        {
            ref var row = ref _rows[index];
            var next = row.Next;
            row.Next = _heads[to];
            _heads[to] = index;
            index = next;
        }

        _heads[from] = 0;
    }
}
