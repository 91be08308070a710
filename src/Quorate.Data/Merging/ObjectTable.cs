using Quorate.Replication;

namespace Quorate.Data.Merging;

/// <summary>
/// The objects of a store, in the order of their keys' hashes: 4096 leaves by the upper bits, each a small table that grows for
/// itself (so that no growth is a pause) and keeps the sum of its objects' digests. The leaves are those of the tree of digests
/// by which replicas find where they differ, and a cursor of SCAN is the hash to go on from, whatever grew meanwhile.
/// </summary>
internal sealed class ObjectTable
{
    public const int LeafBits = 12;
    public const int LeafCount = 1 << LeafBits;

    private sealed class Leaf
    {
        public KeyObject?[] Buckets = new KeyObject?[2];
        public int Bits = 1;
        public int Count;
        public ulong Digest;
    }

    private readonly Leaf?[] _leaves = new Leaf?[LeafCount];
    private KeyObject? _nothing;

    public int Count { get; private set; }

    public KeyObject? Find(ReadOnlySpan<byte> key, ulong hash)
    {
        if (_leaves[LeafOf(hash)] is not { } leaf) return null;
        for (var o = leaf.Buckets[BucketOf(leaf, hash)]; o is not null; o = o.Next)
            if (o.KeyHash == hash && key.SequenceEqual(o.Key)) return o;
        return null;
    }

    /// <summary>The first object where one of this hash would stand; for <see cref="ObjectPrefetch"/>.</summary>
    public ref KeyObject? PlaceOf(ulong hash)
    {
        if (_leaves[LeafOf(hash)] is not { } leaf) return ref _nothing;
        return ref leaf.Buckets[BucketOf(leaf, hash)];
    }

    public void Add(KeyObject added)
    {
        var leaf = _leaves[LeafOf(added.KeyHash)] ??= new Leaf();
        if (leaf.Count == leaf.Buckets.Length * 2) Grow(leaf);
        Insert(leaf, added);
        added.IsKept = true;
        leaf.Count++;
        leaf.Digest += added.Digest;
        Count++;
    }

    public void Remove(KeyObject removed)
    {
        var leaf = _leaves[LeafOf(removed.KeyHash)]!;
        ref var head = ref leaf.Buckets[BucketOf(leaf, removed.KeyHash)];
        if (head == removed)
        {
            head = removed.Next;
        }
        else
        {
            var before = head!;
            while (before.Next != removed) before = before.Next!;
            before.Next = removed.Next;
        }

        removed.Next = null;
        removed.IsKept = false;
        leaf.Count--;
        leaf.Digest -= removed.Digest;
        Count--;
    }

    /// <summary>The object's digest is another now.</summary>
    public void ChangeDigest(KeyObject changed, ulong digest)
    {
        Invariant.Require(changed.IsKept, "the digests are those of what is in the table");
        _leaves[LeafOf(changed.KeyHash)]!.Digest += digest - changed.Digest;
        changed.Digest = digest;
    }

    /// <summary>The sum of the digests of the leaves from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public ulong DigestOf(int first, int end)
    {
        var sum = 0UL;
        for (var i = first; i < end; i++) sum += _leaves[i]?.Digest ?? 0;
        return sum;
    }

    /// <summary>The objects whose keys' hashes are <paramref name="from"/> or above, in the order of hash and key.</summary>
    public IEnumerable<KeyObject> From(ulong from)
    {
        for (var i = LeafOf(from); i < LeafCount; i++)
        {
            if (_leaves[i] is not { } leaf) continue;
            var first = i == LeafOf(from) ? BucketOf(leaf, from) : 0;
            for (var b = first; b < leaf.Buckets.Length; b++)
            {
                if (leaf.Buckets[b] is null) continue;
                var chain = new List<KeyObject>();
                for (var o = leaf.Buckets[b]; o is not null; o = o.Next)
                    if (o.KeyHash >= from) chain.Add(o);
                chain.Sort(InOrder);
                foreach (var o in chain) yield return o;
            }
        }
    }

    public static ulong FirstHashOf(int leaf) => (ulong)leaf << (64 - LeafBits);

    public static int LeafOf(ulong hash) => (int)(hash >> (64 - LeafBits));

    private static int BucketOf(Leaf leaf, ulong hash) => (int)(hash << LeafBits >> (64 - leaf.Bits));

    /// <summary>At the head, not in order: an old object that is made to refer to a new one is work for the collector, and most
    /// are old. Who goes through them in order sorts the few of a bucket.</summary>
    private static void Insert(Leaf leaf, KeyObject added)
    {
        ref var head = ref leaf.Buckets[BucketOf(leaf, added.KeyHash)];
        added.Next = head;
        head = added;
    }

    private static int InOrder(KeyObject a, KeyObject b) =>
        a.KeyHash != b.KeyHash ? a.KeyHash.CompareTo(b.KeyHash) : a.Key.AsSpan().SequenceCompareTo(b.Key);

    private static void Grow(Leaf leaf)
    {
        var old = leaf.Buckets;
        leaf.Bits++;
        leaf.Buckets = new KeyObject?[old.Length * 2];
        foreach (var head in old)
        {
            for (var o = head; o is not null;)
            {
                var next = o.Next;
                Insert(leaf, o);
                o = next;
            }
        }
    }
}
