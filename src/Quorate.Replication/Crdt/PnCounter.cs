using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Crdt;

/// <summary>
/// What one node (between two losses of memory) has added to a counter. The sums only ever take part as a difference, and may
/// wrap around: the difference comes out right.
/// </summary>
/// <param name="Since">The node's update with which it began to count; sums of an earlier beginning are over and done
/// with.</param>
/// <param name="UpTo">Its last update of the counter.</param>
/// <param name="Total">Sum of all it added since.</param>
/// <param name="ResetUpTo">The last of its updates that a removal has observed.</param>
/// <param name="ResetTotal">The total at that update: what was removed.</param>
/// <param name="ResetBy">The removal.</param>
public readonly record struct Contribution(
    NodeId Node, long Since, long UpTo, long Total, long ResetUpTo, long ResetTotal, Dot ResetBy)
{
    /// <summary>Something was added that no removal has observed.</summary>
    public bool IsLive => UpTo > ResetUpTo;

    internal Dot Dot => new(Node, UpTo);

    internal bool IsSameCounting(in Contribution other) =>
        Node == other.Node && Since >> Dot.SequenceBits == other.Since >> Dot.SequenceBits;

    internal int CompareTo(in Contribution other) =>
        Node != other.Node ? Node.CompareTo(other.Node) : (Since >> Dot.SequenceBits).CompareTo(other.Since >> Dot.SequenceBits);
}

/// <summary>
/// A counter that can be added to anywhere and removed (reset) anywhere: a removal takes away exactly what it has observed, to
/// the unit, and what is added concurrently stays. Each node counts for itself, and a removal is remembered as the total it has
/// observed of each. [CRDT §3.1.3, Resettable §4] It holds one entry for each node and each loss of its memory.
/// Counter-example that the remembered totals are for: 1. A has added 10. 2. B removes. 3. Concurrently A adds 1, its total is
/// 11. 4. Were B's removal just the end of A's entry of 10, the entry of 11 would bring the 10 back.
/// </summary>
public sealed class PnCounter
{
    private Contribution[] _entries = [];

    public int Count { get; private set; }

    public Contribution this[int i] => _entries[i];

    /// <summary>False: nobody has added anything that was not removed, which differs from a sum of 0.</summary>
    public bool IsLive
    {
        get
        {
            for (var i = 0; i < Count; i++)
                if (_entries[i].IsLive) return true;
            return false;
        }
    }

    /// <summary>The sum. Concurrent additions may lead out of the range of 64 bits; then it is the end of the range.</summary>
    public long Value
    {
        get
        {
            Int128 sum = 0;
            for (var i = 0; i < Count; i++)
                if (_entries[i].IsLive) sum += unchecked(_entries[i].Total - _entries[i].ResetTotal);
            return (long)Int128.Clamp(sum, long.MinValue, long.MaxValue);
        }
    }

    /// <summary>Lists in <paramref name="delta"/> this counter with <paramref name="by"/> added by the node of the
    /// dots.</summary>
    public void Add(long by, Dot dot, long completeSince, PnCounter delta)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            var mine = _entries[i];
            // What the node counted before it lost its memory may have gone on elsewhere; it must not go on here.
            if (mine.Node != dot.Node || mine.Since <= completeSince) continue;
            // The delta may list it already, as removed by the same command.
            var listed = delta.IndexOf(mine);
            if (listed >= 0) mine = delta._entries[listed];
            delta.List(mine with { UpTo = dot.Counter, Total = unchecked(mine.Total + by) });
            return;
        }

        delta.List(new Contribution(dot.Node, dot.Counter, dot.Counter, by, 0, 0, Dot.None));
    }

    /// <summary>Lists in <paramref name="delta"/> all that is here as removed by <paramref name="removal"/>; what was removed
    /// before as well, because the delta's context tells of it, and whoever has seen an entry and lacks it takes it for
    /// forgotten.</summary>
    public void Reset(Dot removal, PnCounter delta)
    {
        for (var i = 0; i < Count; i++)
        {
            ref readonly var mine = ref _entries[i];
            delta.List(mine.IsLive ? mine with { ResetUpTo = mine.UpTo, ResetTotal = mine.Total, ResetBy = removal } : mine);
        }
    }

    /// <summary>As <see cref="Reset"/>, but takes away only what <paramref name="seen"/> had of it.</summary>
    public void ResetSeen(PnCounter seen, Dot removal, PnCounter delta)
    {
        for (var i = 0; i < seen.Count; i++)
        {
            var theirs = seen._entries[i];
            var at = IndexOf(theirs);
            if (at < 0
                || _entries[at].Since != theirs.Since || _entries[at].ResetUpTo >= theirs.UpTo || _entries[at].UpTo < theirs.UpTo)
                continue;
            delta.List(_entries[at] with { ResetUpTo = theirs.UpTo, ResetTotal = theirs.Total, ResetBy = removal });
        }
    }

    public void Join(PnCounter other, in JoinScope scope)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!scope.Keeps(other.IndexOf(_entries[i]) >= 0, _entries[i].Dot)) scope.Notes.IsChanged = true;
            else _entries[kept++] = _entries[i];
        }

        Count = kept;
        for (var i = 0; i < other.Count; i++)
        {
            ref readonly var theirs = ref other._entries[i];
            var at = IndexOf(theirs);
            if (at < 0)
            {
                // Seen and not here: it was removed, everybody knew, and it has been forgotten.
                if (!scope.Takes(theirs.Dot)) continue;
                Put(theirs);
                scope.Notes.IsChanged = true;
                continue;
            }

            var joined = Join(_entries[at], theirs);
            if (joined == _entries[at]) continue;
            _entries[at] = joined;
            scope.Notes.IsChanged = true;
        }
    }

    /// <summary>Forgets the entries that are removed and of which every replica knows it. True when some are left that
    /// wait for it.</summary>
    public bool Collect(VersionVector stable)
    {
        int kept = 0;
        var waits = false;
        for (var i = 0; i < Count; i++)
        {
            if (!_entries[i].IsLive && stable.Covers(_entries[i].ResetBy) && stable.Covers(_entries[i].Dot)) continue;
            waits |= !_entries[i].IsLive;
            _entries[kept++] = _entries[i];
        }

        Count = kept;
        return waits;
    }

    public void Clear() => Count = 0;

    /// <summary>A mixed number of what is live; 0 for nothing.</summary>
    public ulong Digest()
    {
        var sum = 0UL;
        for (var i = 0; i < Count; i++)
        {
            ref readonly var e = ref _entries[i];
            if (!e.IsLive) continue;
            // One inside the other: side by side they would cancel out for node 1 that has added 1 once.
            var content = DigestOf.Numbers(unchecked(e.Total - e.ResetTotal), e.Since);
            sum += DigestOf.Numbers((long)DigestOf.Dot(e.Dot), (long)content);
        }

        return sum;
    }

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Count);
        for (var i = 0; i < Count; i++)
        {
            ref readonly var e = ref _entries[i];
            e.Dot.Encode(output);
            Packing.WriteNatural(output, e.UpTo - e.Since);
            Packing.WriteSigned(output, e.Total);
            Packing.WriteNatural(output, e.ResetUpTo);
            if (e.ResetUpTo == 0) continue;
            Packing.WriteSigned(output, e.ResetTotal);
            e.ResetBy.Encode(output);
        }
    }

    /// <summary>Reads into this, replacing it. False: the bytes are no counter.</summary>
    public bool TryDecode(ref PackedReader reader)
    {
        Clear();
        if (!reader.TryCount(5, out var count)) return false;
        for (var i = 0; i < count; i++)
        {
            if (!Dot.TryDecode(ref reader, out var last) || !reader.TryNatural(out var length) || length >= last.Counter)
                return false;
            if (!reader.TrySigned(out var total) || !reader.TryNatural(out var resetUpTo) || resetUpTo > last.Counter)
                return false;
            var entry = new Contribution(last.Node, last.Counter - length, last.Counter, total, resetUpTo, 0, Dot.None);
            if (resetUpTo > 0)
            {
                if (!reader.TrySigned(out var resetTotal) || !Dot.TryDecode(ref reader, out var resetBy)) return false;
                entry = entry with { ResetTotal = resetTotal, ResetBy = resetBy };
            }

            if (i > 0 && _entries[i - 1].CompareTo(entry) >= 0) return false;
            Put(entry);
        }

        return true;
    }

    private static Contribution Join(in Contribution a, in Contribution b)
    {
        if (a.Since != b.Since) return a.Since > b.Since ? a : b;
        var joined = a.UpTo >= b.UpTo ? a : b;
        var isResetOfA = a.ResetUpTo != b.ResetUpTo ? a.ResetUpTo > b.ResetUpTo : a.ResetBy.CompareTo(b.ResetBy) >= 0;
        var reset = isResetOfA ? a : b;
        return joined with { ResetUpTo = reset.ResetUpTo, ResetTotal = reset.ResetTotal, ResetBy = reset.ResetBy };
    }

    private int IndexOf(in Contribution entry)
    {
        for (var i = 0; i < Count; i++)
            if (_entries[i].IsSameCounting(entry)) return i;
        return -1;
    }

    /// <summary>Puts an entry in place of the one for the same counting, or as a new one.</summary>
    private void List(in Contribution entry)
    {
        var at = IndexOf(entry);
        if (at >= 0) _entries[at] = entry;
        else Put(entry);
    }

    private void Put(in Contribution entry)
    {
        var i = Count;
        while (i > 0 && _entries[i - 1].CompareTo(entry) > 0) i--;
        if (Count == _entries.Length) Array.Resize(ref _entries, Count == 0 ? 1 : Count + 2);
        Array.Copy(_entries, i, _entries, i + 1, Count - i);
        _entries[i] = entry;
        Count++;
    }
}
