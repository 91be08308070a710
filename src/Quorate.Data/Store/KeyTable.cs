using System.Runtime.CompilerServices;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Store;

/// <summary>The keys of one database in memory. A packed value stands beside its key in one array.</summary>
internal sealed class KeyTable : BucketTable, IKeyStore
{
    private const int ExpiryLength = 16;
    private const int BucketShare = 5;

    private readonly KeyPrefetch? _prefetch;
    private readonly ExpiryHeap _expiries;
    private readonly ByteCount _values = new();
    private long _blobBytes;
    private SlotIndex? _slots;

    /// <param name="prefetch">brings keys near that were named by <see cref="Foresee"/>; null: nothing does</param>
    public KeyTable(KeyPrefetch? prefetch = null)
    {
        _prefetch = prefetch;
        _expiries = new ExpiryHeap(this);
    }

    public int Database { get; set; }

    public Taps Taps { get; set; } = Taps.None;

    public ExpiryHeap Expiries => _expiries;

    public int ExpiringCount => _expiries.Count;

    /// <summary>Blobs and values, rows, buckets, expiries, and the index by slots.</summary>
    public long UsedBytes =>
        _blobBytes + _values.Bytes + TableBytes + _expiries.CapacityBytes + (_slots?.CapacityBytes ?? 0);

    public long FirstExpiry => _expiries.FirstWhen;

    public int FirstToExpire => _expiries.FirstRow;

    public ISlotIndex? Slots => _slots;

    public bool Foresee(ReadOnlySpan<byte> key, uint hash)
    {
        _prefetch?.Note(this, hash);
        return true;
    }

    public KeyMark MarkOf(int row) => RowAt(row).Mark;

    public ReadOnlySpan<byte> KeyOf(int row) => RowAt(row).Key;

    public ReadOnlySpan<byte> BytesOf(int row) => SpanOf(row);

    public Value ValueOf(int row)
    {
        ref var held = ref RowAt(row);
        Invariant.Require(held.Mark.IsBuilt, "a packed value is bytes");
        return Unsafe.As<Value>(held.Content!);
    }

    public uint WrittenOf(int row) => RowAt(row).Written;

    public long ExpiryOf(int row)
    {
        var position = RowAt(row).Expiry;
        return position == 0 ? -1 : _expiries.WhenAt(position);
    }

    public long MeasureOf(int row)
    {
        ref var held = ref RowAt(row);
        var bytes = RowBlob.SizeOf(held.Blob) + RowLength + BucketShare + (held.Expiry == 0 ? 0 : ExpiryLength);
        return held.Mark.IsBuilt ? bytes + Unsafe.As<Value>(held.Content!).Bytes : bytes;
    }

    public int Insert(
        ReadOnlySpan<byte> key, uint hash, int length, ValueForm form, KeyStamp stamp, out Span<byte> bytes)
    {
        var bucket = Reserve(hash);
        if (IsObserved) Tell(bucket, key, KeyChange.Written);
        var blob = RowBlob.Make(key, length);
        _blobBytes += RowBlob.SizeOf(blob);
        var row = Link(bucket, blob, KeyMark.StateOf(form, stamp.Version), hash, stamp.Seconds);
        _slots?.Add(row);
        bytes = RowBlob.ValueOf(blob, hasSpare: false);
        return row;
    }

    public int Insert(ReadOnlySpan<byte> key, uint hash, Value value, ValueForm form, KeyStamp stamp)
    {
        var bucket = Reserve(hash);
        if (IsObserved) Tell(bucket, key, KeyChange.Written);
        var blob = RowBlob.Make(key, 0);
        _blobBytes += RowBlob.SizeOf(blob);
        value.Attach(blob, _values, stamp.Version);
        var row = Link(bucket, value, KeyMark.StateOf(form, stamp.Version) | KeyMark.BuiltBit, hash, stamp.Seconds);
        _slots?.Add(row);
        return row;
    }

    /// <summary>Reuses the blob when the new value fits well.</summary>
    public Span<byte> Rewrite(int row, int length, ValueForm form, KeyStamp stamp)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, KeyChange.Written);
        var mark = held.Mark;
        var blob = held.Blob;
        var start = RowBlob.StartOf(blob);
        var need = start + (long)length;
        if (mark.IsBuilt) Unsafe.As<Value>(held.Content!).Detach();
        if (need > blob.Length || blob.Length - need > 16 + (need >> 2) || mark.IsBuilt || mark.IsHeld)
            blob = MoveTo(ref held, blob, need, start);
        Write(ref held, blob, (int)need, form, stamp);
        return blob.AsSpan(start, length);
    }

    /// <summary>Room grows geometrically, so that appending is linear in total.</summary>
    public Span<byte> Reshape(int row, int length, ValueForm form, KeyStamp stamp)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, KeyChange.Written);
        var blob = held.Blob;
        var start = RowBlob.StartOf(blob);
        var need = start + (long)length;
        var old = held.Bytes.Length;
        if (need > blob.Length) blob = MoveTo(ref held, blob, need + Math.Min(need, 1 << 20), start + old);
        else if (held.Mark.IsHeld) blob = MoveTo(ref held, blob, blob.Length, start + old);
        if (length > old) blob.AsSpan(start + old, length - old).Clear();
        Write(ref held, blob, (int)need, form, stamp);
        return blob.AsSpan(start, length);
    }

    public void Replace(int row, Value value, ValueForm form, KeyStamp stamp)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, KeyChange.Written);
        var old = held.Blob;
        var blob = RowBlob.Make(RowBlob.KeyOf(old), 0);
        if (held.Mark.IsBuilt) Unsafe.As<Value>(held.Content!).Detach();
        _blobBytes += RowBlob.SizeOf(blob) - RowBlob.SizeOf(old);
        value.Attach(blob, _values, stamp.Version);
        held.Content = value;
        held.MarkBits = KeyMark.StateOf(form, stamp.Version) | KeyMark.BuiltBit | (held.MarkBits & KeyMark.ExpiresBit);
        held.Written = stamp.Seconds;
    }

    public Value Change(int row, KeyStamp stamp)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, KeyChange.Written);
        SetVersion(ref held, stamp.Version);
        held.Written = stamp.Seconds;
        return ValueOf(row);
    }

    public Value? Remove(int row, KeyChange why)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, why);
        if (held.Expiry != 0) _expiries.Remove(held.Expiry);
        _slots?.Remove(row);
        _blobBytes -= RowBlob.SizeOf(held.Blob);
        var value = held.Mark.IsBuilt ? Unsafe.As<Value>(held.Content!) : null;
        value?.Detach();
        Unlink(row);
        return value;
    }

    public void SetExpiry(int row, long when, LogIndex version)
    {
        ref var held = ref RowAt(row);
        if (IsObserved) Tell(held, KeyChange.ExpirySet);
        SetVersion(ref held, version);
        held.MarkBits |= KeyMark.ExpiresBit;
        if (held.Expiry == 0) _expiries.Add(row, when);
        else _expiries.Change(held.Expiry, when);
    }

    public bool ClearExpiry(int row, LogIndex version)
    {
        ref var held = ref RowAt(row);
        if (held.Expiry == 0) return false;
        if (IsObserved) Tell(held, KeyChange.ExpiryCleared);
        SetVersion(ref held, version);
        held.MarkBits &= ~KeyMark.ExpiresBit;
        _expiries.Remove(held.Expiry);
        return true;
    }

    public int NextRow(int row)
    {
        while (++row <= HighestRow)
            if (RowAt(row).Content is not null) return row;
        return 0;
    }

    public ulong Scan(ulong cursor, long count, List<int> rows) => TableScan.Step(this, cursor, count, rows);

    /// <summary>A row number at random, then the next one in use: uniform when the table is full, near enough when it is
    /// not.</summary>
    public int RandomRow(Prng dice)
    {
        var row = 1 + dice.Below(HighestRow);
        for (var step = 0; RowAt(row).Content is null; step++)
            row = step < 64 ? 1 + dice.Below(HighestRow) : (row % HighestRow) + 1;
        return row;
    }

    /// <summary>A bucket of linear hashing holds hashes that agree with its number in the bits of the low mask at least, so the
    /// buckets of a range are a stride apart, whatever way the table has grown and shrunk.</summary>
    public ulong Digest(StateRange range)
    {
        var mask = (1u << range.Level) - 1;
        var stride = Math.Min(mask, (uint)LowMask);
        var sum = 0UL;
        for (var bucket = (int)(range.Number & stride); bucket < BucketCount; bucket += (int)stride + 1)
        {
            for (var row = HeadOf(bucket); row != 0;)
            {
                ref var held = ref RowAt(row);
                if ((held.Hash & mask) == range.Number) sum += DigestOf(held);
                row = held.Next;
            }
        }

        return sum;
    }

    public ISlotIndex IndexSlots() => _slots ??= new SlotIndex(this);

    public void ForgetSlots() => _slots = null;

    public IKeyWalk BeginWalk(int database, IKeySink sink) => new TableWalk(this, database, sink);

    public ReadOnlyMemory<byte> Hold(int row)
    {
        ref var held = ref RowAt(row);
        held.MarkBits |= KeyMark.HeldBit;
        var blob = held.Blob;
        var start = RowBlob.KeyStartOf(blob);
        return blob.AsMemory(start, held.Key.Length + held.Bytes.Length);
    }

    public bool IsConsistent()
    {
        for (var row = NextRow(0); row != 0; row = NextRow(row))
        {
            ref var held = ref RowAt(row);
            if (held.Mark.Expires != (held.Expiry != 0) || held.Mark.IsBuilt != (held.Content is Value)) return false;
        }

        return HasConsistentBuckets() && _expiries.IsConsistent() && (_slots is null || _slots.IsConsistent());
    }

    /// <summary>As <see cref="BytesOf"/>, to be changed by whoever makes memory go bad on purpose.</summary>
    internal Span<byte> SpanOf(int row)
    {
        ref var held = ref RowAt(row);
        Invariant.Require(!held.Mark.IsBuilt, "only a packed value is bytes");
        return held.Bytes;
    }

    private ulong DigestOf(in KeyRow row)
    {
        var value = row.Mark.IsBuilt ? Unsafe.As<Value>(row.Content!).Digest() : Hash.Of(row.Bytes);
        var expiry = row.Expiry == 0 ? -1 : _expiries.WhenAt(row.Expiry);
        return KeyDigest.Of(Database, row.Key, row.Hash, row.Mark, value, row.Written, expiry);
    }

    private bool IsObserved => Walk is not null || Taps.HasAny;

    private void Tell(in KeyRow row, KeyChange change) => Tell(BucketOf(row.Hash), row.Key, change);

    private void Tell(int bucket, ReadOnlySpan<byte> key, KeyChange change)
    {
        Walk?.BeforeChange(bucket);
        Taps.OnKey(Database, key, change);
    }

    private static void SetVersion(ref KeyRow row, LogIndex version) =>
        row.MarkBits = (row.MarkBits & ~(ulong)KeyMark.LatestVersion) | ((ulong)version.Value & KeyMark.LatestVersion);

    private static void Write(ref KeyRow row, byte[] blob, int end, ValueForm form, KeyStamp stamp)
    {
        var mark = KeyMark.StateOf(form, stamp.Version) | (row.MarkBits & KeyMark.ExpiresBit);
        if (end < blob.Length && RowBlob.SetSpare(blob, blob.Length - end)) mark |= KeyMark.SpareBit;
        row.MarkBits = mark;
        row.Written = stamp.Seconds;
    }

    /// <summary>Another blob of this length, with the first bytes of the old one.</summary>
    private byte[] MoveTo(ref KeyRow row, byte[] old, long length, int kept)
    {
        var blob = RowBlob.Allocate(length);
        old.AsSpan(0, kept).CopyTo(blob);
        _blobBytes += RowBlob.SizeOf(blob) - RowBlob.SizeOf(old);
        row.Content = blob;
        return blob;
    }
}
