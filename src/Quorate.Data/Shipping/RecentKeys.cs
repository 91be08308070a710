using System.Numerics;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Shipping;

/// <summary>
/// Which entry last changed a key, deletions included, for the keys changed most recently: a list ordered by that entry, with
/// a hash table over it. A key changed again moves to the list's end. Bounded: what was changed longest ago is forgotten,
/// and changes since before that are then unknown.
/// </summary>
internal sealed class RecentKeys
{
    /// <summary>Keys kept, at most.</summary>
    public const int MostKeys = (1 << 16) - 1;

    /// <summary>Bytes of keys kept, at most.</summary>
    public const int MostKeyBytes = 16 << 20;

    private const int KeptBuffer = 64;

    private struct Change
    {
        public long Index;
        public byte[]? Key;
        public int KeyLength;
        public uint Hash;

        /// <summary>Names contents, wherever they are: databases swap theirs.</summary>
        public int Place;

        /// <summary>In the bucket, or the free list.</summary>
        public int Next;
        public int Older;
        public int Newer;

        public readonly ReadOnlySpan<byte> Bytes => Key.AsSpan(0, KeyLength);
    }

    private readonly int[] _placeOf = new int[KeyspaceMachine.DatabaseCount];
    private Change[] _changes = [];
    private int[] _heads = [];
    private int _count;
    private int _used = 1; // 0 is none
    private int _free;
    private int _newest;
    private int _oldest;
    private int _lastPlace;
    private long _bytes;

    public RecentKeys() => Forget(default);

    /// <summary>All changes after this entry are known.</summary>
    public LogIndex KnownSince { get; private set; }

    public int Count => _count;

    /// <summary>Nothing before and at this entry is known.</summary>
    public void Forget(LogIndex upTo)
    {
        KnownSince = upTo;
        _changes = [];
        _heads = [];
        _count = _free = _newest = _oldest = 0;
        _used = 1;
        _bytes = 0;
        for (var i = 0; i < _placeOf.Length; i++) _placeOf[i] = ++_lastPlace;
    }

    /// <summary>Contents went from database to database; those of keys that went nowhere are gone.</summary>
    public void Rearrange(ReadOnlySpan<byte> sources)
    {
        Span<int> old = stackalloc int[Arrangement.Length];
        _placeOf.CopyTo(old);
        for (var i = 0; i < sources.Length; i++) _placeOf[i] = sources[i] == Arrangement.Nothing ? ++_lastPlace : old[sources[i]];
    }

    public void Note(LogIndex index, int database, ReadOnlySpan<byte> key, uint hash)
    {
        if (key.Length > MostKeyBytes)
        {
            Forget(index);
            return;
        }

        var place = _placeOf[database];
        var found = Find(place, key, hash);
        if (found == 0)
        {
            while (_count == MostKeys || _bytes + key.Length > MostKeyBytes) ForgetOldest();
            found = Add(place, key, hash);
        }
        else if (found == _newest)
        {
            _changes[found].Index = index.Value;
            return;
        }
        else
        {
            Unlink(found);
        }

        ref var change = ref _changes[found];
        change.Index = index.Value;
        change.Older = _newest;
        change.Newer = 0;
        if (_newest == 0) _oldest = found;
        else _changes[_newest].Newer = found;
        _newest = found;
    }

    /// <summary>Writes the present state of all keys changed after <paramref name="since"/>. False: more than
    /// <paramref name="mostBytes"/>; what was written is of no use.</summary>
    public bool TryWrite(LogIndex since, IReadOnlyList<Database> databases, ref EffectWriter effect, long mostBytes)
    {
        for (var i = _newest; i != 0 && _changes[i].Index > since.Value; i = _changes[i].Older)
        {
            ref var change = ref _changes[i];
            var database = Array.IndexOf(_placeOf, change.Place);
            if (database < 0) continue; // flushed since
            effect.Key(databases[database], change.Bytes, change.Hash, since, KeyChange.Removed);
            if (effect.Length > mostBytes) return false;
        }

        return true;
    }

    private int Find(int place, ReadOnlySpan<byte> key, uint hash)
    {
        if (_count == 0) return 0;
        for (var i = _heads[BucketOf(place, hash)]; i != 0; i = _changes[i].Next)
        {
            ref var change = ref _changes[i];
            if (change.Hash == hash && change.Place == place && change.Bytes.SequenceEqual(key)) return i;
        }

        return 0;
    }

    private int Add(int place, ReadOnlySpan<byte> key, uint hash)
    {
        var i = _free;
        if (i != 0) _free = _changes[i].Next;
        else i = _used++;
        if (i >= _changes.Length) Grow();
        ref var change = ref _changes[i];
        if (change.Key is null || change.Key.Length < key.Length) change.Key = new byte[Math.Max(16, key.Length)];
        key.CopyTo(change.Key);
        change.KeyLength = key.Length;
        change.Hash = hash;
        change.Place = place;
        ref var head = ref _heads[BucketOf(place, hash)];
        change.Next = head;
        head = i;
        _count++;
        _bytes += key.Length;
        return i;
    }

    private void ForgetOldest()
    {
        var i = _oldest;
        ref var change = ref _changes[i];
        // What was flushed is told by the databases' arrangement.
        if (Array.IndexOf(_placeOf, change.Place) >= 0) KnownSince = LogIndex.Max(KnownSince, new LogIndex(change.Index));
        Unlink(i);
        ref var link = ref _heads[BucketOf(change.Place, change.Hash)];
        while (link != i) link = ref _changes[link].Next;
        link = change.Next;
        change.Next = _free;
        _free = i;
        _count--;
        _bytes -= change.KeyLength;
        if (change.Key!.Length > KeptBuffer) change.Key = null;
    }

    private void Unlink(int i)
    {
        ref var change = ref _changes[i];
        if (change.Older == 0) _oldest = change.Newer;
        else _changes[change.Older].Newer = change.Newer;
        if (change.Newer == 0) _newest = change.Older;
        else _changes[change.Newer].Older = change.Older;
    }

    private int BucketOf(int place, uint hash) => (int)((hash ^ ((uint)place * 0x9E3779B9)) & (uint)(_heads.Length - 1));

    private void Grow()
    {
        Array.Resize(ref _changes, Math.Max(64, _changes.Length * 2));
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)_changes.Length)];
        for (var i = _newest; i != 0; i = _changes[i].Older)
        {
            ref var head = ref _heads[BucketOf(_changes[i].Place, _changes[i].Hash)];
            _changes[i].Next = head;
            head = i;
        }
    }
}
