using System.Runtime.CompilerServices;
using Quorate.Data.Shipping;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// The keys of one database: a hash table with chains that grows by linear hashing (Litwin 1980). Each insertion splits
/// at most two buckets and each removal joins at most two, so there is no pause at any size. Slots are named by their
/// number, 1 and up; 0 is none. Nothing here knows of expiry rules: it stores when, others decide.
/// </summary>
internal sealed class KeyTable
{
    private const int FewestBuckets = 16;
    private const int MostBuckets = 1 << 30;
    private const int ArrayOverhead = 24;

    private Paged<int> _heads = new();
    private Paged<Slot> _slots = new();
    private readonly ExpiryHeap _expiries;

    /// <summary>lowMask + 1 is a power of two; lowMask + 1 &lt;= buckets &lt; 2 (lowMask + 1).</summary>
    private int _lowMask = FewestBuckets - 1;

    private int _bucketCount = FewestBuckets;
    private int _free;
    private int _highestSlot;
    private long _blobBytes;
    private TableWalk? _walk;
    private TouchedKeys? _touched;

    /// <summary>Somebody is told before keys change: one look for both, since nearly always there is nobody.</summary>
    private bool _isObserved;

    public KeyTable() => _expiries = new ExpiryHeap(this);

    public int Count { get; private set; }

    public int BucketCount => _bucketCount;

    public int LowMask => _lowMask;

    public int HighestSlot => _highestSlot;

    public ExpiryHeap Expiries => _expiries;

    /// <summary>The snapshot that walks this table, told before any bucket changes.</summary>
    public TableWalk? Walk
    {
        get => _walk;
        set => _isObserved = (_walk = value) is not null || _touched is not null;
    }

    /// <summary>Told of every key that changes; null where nobody asks.</summary>
    public TouchedKeys? Touched
    {
        get => _touched;
        set => _isObserved = (_touched = value) is not null || _walk is not null;
    }

    /// <summary>Memory in bytes: blobs with their array headers, slots, buckets, expiries.</summary>
    public long UsedBytes => _blobBytes + (_slots.Capacity * 32) + (_heads.Capacity * 4) + _expiries.CapacityBytes;

    public static uint HashOf(ReadOnlySpan<byte> key) => (uint)Hash.Of(key);

    public ref Slot SlotAt(int slot) => ref _slots[slot];

    /// <summary>Where the chain of a hash begins; for a table that is not empty.</summary>
    public ref int BucketCell(uint hash) => ref _heads[BucketOf(hash)];

    public int HeadOf(int bucket) => bucket < _heads.Capacity ? _heads[bucket] : 0;

    public int Find(ReadOnlySpan<byte> key, uint hash)
    {
        if (Count == 0) return 0;
        for (var index = _heads[BucketOf(hash)]; index != 0;)
        {
            ref var slot = ref _slots[index];
            if (slot.Hash == hash && slot.Key.SequenceEqual(key)) return index;
            index = slot.Next;
        }

        return 0;
    }

    /// <summary>Adds a key that is not there. The value's bytes are zero, to be filled by the caller.</summary>
    public int Insert(ReadOnlySpan<byte> key, uint hash, int valueLength, BlobFlags flags, uint written)
    {
        var blob = Allocate(Slot.HeaderLength + (long)key.Length + valueLength);
        key.CopyTo(blob.AsSpan(Slot.HeaderLength));
        return Insert(blob, key.Length, hash, valueLength, flags, written);
    }

    /// <summary>Adds a key whose blob is ready but for its flags. The table owns the blob from now on.</summary>
    public int Insert(byte[] blob, int keyLength, uint hash, int valueLength, BlobFlags flags, uint written)
    {
        _heads.Reserve(_bucketCount);
        var bucket = BucketOf(hash);
        if (_isObserved) Tell(bucket, blob, keyLength, hash);
        var index = TakeSlot();
        blob[0] = flags.State;
        ref var slot = ref _slots[index];
        slot.Blob = blob;
        slot.Hash = hash;
        slot.KeyLength = keyLength;
        slot.ValueLength = valueLength;
        slot.Expiry = 0;
        slot.Written = written;
        slot.Next = _heads[bucket];
        _heads[bucket] = index;
        _blobBytes += SizeOf(blob);
        Count++;
        while (Count > (_bucketCount >> 2) * 3 && _bucketCount < MostBuckets) SplitOne();
        return index;
    }

    /// <summary>Gives the value a new length; its bytes are undefined, to be filled by the caller. Reuses the blob when it fits well.</summary>
    public Span<byte> Rewrite(int index, int length, BlobFlags flags, uint written)
    {
        ref var slot = ref _slots[index];
        BeforeChange(slot);
        var blob = slot.Blob!;
        var need = Slot.HeaderLength + (long)slot.KeyLength + length;
        if (need > blob.Length || blob.Length - need > 16 + (need >> 2) || new BlobFlags(blob[0]).IsShared)
            blob = Replace(ref slot, need, 0);
        blob[0] = flags.State;
        slot.ValueLength = length;
        slot.Written = written;
        return slot.Value;
    }

    /// <summary>Changes the value in place: keeps its bytes up to <paramref name="length"/>, new bytes are zero. Room grows
    /// geometrically, so that appending is linear in total.</summary>
    public Span<byte> Reshape(int index, int length, BlobFlags flags, uint written)
    {
        ref var slot = ref _slots[index];
        BeforeChange(slot);
        var blob = slot.Blob!;
        var need = Slot.HeaderLength + (long)slot.KeyLength + length;
        if (need > blob.Length) blob = Replace(ref slot, need + Math.Min(need, 1 << 20), slot.ValueLength);
        else if (new BlobFlags(blob[0]).IsShared) blob = Replace(ref slot, blob.Length, slot.ValueLength);
        blob[0] = flags.State;
        if (length > slot.ValueLength)
            blob.AsSpan(Slot.HeaderLength + slot.KeyLength + slot.ValueLength, length - slot.ValueLength).Clear();
        slot.ValueLength = length;
        slot.Written = written;
        return slot.Value;
    }

    public void Remove(int index)
    {
        var bucket = BucketOf(_slots[index].Hash);
        BeforeChange(_slots[index]);
        if (_slots[index].Expiry != 0) _expiries.Remove(_slots[index].Expiry);
        ref var link = ref _heads[bucket];
        while (link != index) link = ref _slots[link].Next;
        ref var slot = ref _slots[index];
        link = slot.Next;
        _blobBytes -= SizeOf(slot.Blob!);
        slot = new Slot { Next = _free };
        _free = index;
        Count--;

        // Joining moves keys into buckets a walk may have passed or not; it waits until the walk is over.
        if (_walk is not null) return;
        for (var i = 0; i < 2 && _bucketCount > FewestBuckets && Count < _bucketCount >> 3; i++) JoinOne();
    }

    /// <summary>Unix milliseconds after which the key is expired, or -1.</summary>
    public long ExpiryOf(int index)
    {
        var position = _slots[index].Expiry;
        return position == 0 ? -1 : _expiries.WhenAt(position);
    }

    public void SetExpiry(int index, long when)
    {
        ref var slot = ref _slots[index];
        BeforeChange(slot);
        if (slot.Expiry == 0) _expiries.Add(index, when);
        else _expiries.Change(slot.Expiry, when);
    }

    public bool ClearExpiry(int index)
    {
        ref var slot = ref _slots[index];
        if (slot.Expiry == 0) return false;
        BeforeChange(slot);
        _expiries.Remove(slot.Expiry);
        return true;
    }

    /// <summary>Bytes that one key takes, its share of the table included.</summary>
    public long UsedBytesOf(int index) =>
        SizeOf(_slots[index].Blob!) + Unsafe.SizeOf<Slot>() + 5 + (_slots[index].Expiry == 0 ? 0 : 16);

    /// <summary>Every key is in its bucket and counted; for tests and the simulator.</summary>
    public bool IsConsistent()
    {
        var seen = 0;
        for (var bucket = 0; bucket < _bucketCount; bucket++)
        {
            for (var index = HeadOf(bucket); index != 0; index = _slots[index].Next)
            {
                seen++;
                if (BucketOf(_slots[index].Hash) != bucket || HashOf(_slots[index].Key) != _slots[index].Hash) return false;
            }
        }

        return seen == Count && _expiries.IsConsistent();
    }

    public int BucketOf(uint hash)
    {
        var bucket = (int)(hash & (uint)((_lowMask << 1) | 1));
        return bucket < _bucketCount ? bucket : (int)(hash & (uint)_lowMask);
    }

    private void BeforeChange(in Slot slot)
    {
        if (_isObserved) Tell(BucketOf(slot.Hash), slot.Blob!, slot.KeyLength, slot.Hash);
    }

    private void Tell(int bucket, byte[] blob, int keyLength, uint hash)
    {
        _walk?.BeforeChange(bucket);
        _touched?.Note(this, blob, keyLength, hash);
    }

    private void SplitOne()
    {
        var from = _bucketCount - _lowMask - 1;
        _walk?.BeforeChange(from);
        var to = _bucketCount++;
        _heads.Reserve(_bucketCount);
        var bit = (uint)_lowMask + 1;
        int stay = 0, move = 0;
        for (var index = _heads[from]; index != 0;)
        {
            ref var slot = ref _slots[index];
            var next = slot.Next;
            if ((slot.Hash & bit) == 0) (slot.Next, stay) = (stay, index);
            else (slot.Next, move) = (move, index);
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
            ref var slot = ref _slots[index];
            var next = slot.Next;
            slot.Next = _heads[to];
            _heads[to] = index;
            index = next;
        }

        _heads[from] = 0;
    }

    private int TakeSlot()
    {
        if (_free == 0)
        {
            _slots.Reserve(_highestSlot + 2);
            return ++_highestSlot;
        }

        var index = _free;
        _free = _slots[index].Next;
        return index;
    }

    private byte[] Replace(ref Slot slot, long capacity, int keep)
    {
        var old = slot.Blob!;
        var blob = Allocate(capacity);
        old.AsSpan(0, Slot.HeaderLength + slot.KeyLength + keep).CopyTo(blob);
        _blobBytes += SizeOf(blob) - SizeOf(old);
        slot.Blob = blob;
        return blob;
    }

    private static byte[] Allocate(long length)
    {
        Invariant.Require(length <= Array.MaxLength, "commands refuse values that do not fit");
        return new byte[length];
    }

    private static long SizeOf(byte[] blob) => (ArrayOverhead + blob.Length + 7L) & ~7L;
}
