using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Crdt;

/// <summary>One value of a register, with the write that made it. The bytes are the register's: when it is written again the next
/// value may take their place, so whoever keeps them longer copies them.</summary>
public readonly record struct Sibling(Dot Dot, HybridTime Stamp, byte[] Value);

/// <summary>
/// The values of a register that no write has observed and replaced: one, unless writes were concurrent. Together with the
/// context of its object this is a dotted version vector set. [DVV §4] The last-writer-wins register is the same
/// thing read by <see cref="Winner"/>; the losers stay until a write that saw them, so that nothing is lost by reading so.
/// Sorted by dot.
/// </summary>
public sealed class MultiValueRegister
{
    /// <summary>An array up to this length is kept for the next value.</summary>
    private const int MostSpareBytes = 1024;

    // Nearly all registers have one value: it takes no array beside its own.
    private Sibling _one;
    private Sibling[]? _many;

    /// <summary>Behind <see cref="Count"/>: values that nobody needs any more and whose arrays may be used again.</summary>
    private Span<Sibling> Places => _many is null ? MemoryMarshal.CreateSpan(ref _one, 1) : _many;

    public int Count { get; private set; }

    public Sibling this[int i] => Places[i];

    public ReadOnlySpan<Sibling> Siblings => Places[..Count];

    /// <summary>The value that a reader is shown who wants one. There is one at least.</summary>
    public ref readonly Sibling Winner(MergeRules rules)
    {
        var best = 0;
        for (var i = 1; i < Count; i++)
            if (rules.Beats(Places[i], Places[best])) best = i;
        return ref Places[best];
    }

    public bool Contains(Dot dot)
    {
        for (var i = 0; i < Count; i++)
            if (Places[i].Dot == dot) return true;
        return false;
    }

    /// <summary>Lists a value; for building a delta. The array is the register's from now on.</summary>
    public void Put(in Sibling sibling) => Insert(sibling);

    /// <summary>Lists a copy of a value; for building a delta.</summary>
    public void Put(Dot dot, HybridTime stamp, ReadOnlySpan<byte> value) =>
        Insert(new Sibling(dot, stamp, CopyOf(value, Count < Places.Length ? Places[Count].Value : null)));

    public void Clear()
    {
        for (var i = 0; i < Count; i++)
            if (Places[i].Value.Length > MostSpareBytes) Places[i] = default;
        Count = 0;
    }

    /// <summary>Adds the dots of all values to a context: they have been observed.</summary>
    public void AddDotsTo(DotContext context)
    {
        for (var i = 0; i < Count; i++) context.Add(Places[i].Dot);
    }

    public void Join(MultiValueRegister other, in JoinScope scope)
    {
        var before = Count == 0 ? Dot.None : Winner(scope.Rules).Dot;
        int kept = 0, was = Count;
        byte[]? spare = null;
        for (var i = 0; i < Count; i++)
        {
            var isKept = scope.Keeps(other.Contains(Places[i].Dot), Places[i].Dot);
            if (!isKept)
            {
                spare = Places[i].Value;
                continue;
            }

            if (kept != i) Places[kept] = Places[i];
            kept++;
        }

        Places[kept..Count].Clear();
        Count = kept;
        var taken = 0UL;
        for (var i = 0; i < other.Count; i++)
        {
            ref readonly var theirs = ref other.Places[i];
            if (Contains(theirs.Dot) || !scope.Takes(theirs.Dot)) continue;
            // Into the array of the value that it replaces, where that fits: a large heap of old objects stays as it is.
            Insert(theirs with { Value = CopyOf(theirs.Value, spare) });
            spare = null;
            taken++;
        }

        if (kept == was && taken == 0) return;
        scope.Notes.IsChanged = true;
        if (Count > 1 && taken > 0) NoteLosers(before, other, kept, scope);
    }

    /// <summary>A mixed number of the values' dots; 0 for none.</summary>
    public ulong Digest()
    {
        var sum = 0UL;
        for (var i = 0; i < Count; i++) sum += DigestOf.Dot(Places[i].Dot) ^ ulong.RotateLeft(Hash.Of(Places[i].Value), 17);
        return sum;
    }

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNumber(output, (ulong)Count);
        for (var i = 0; i < Count; i++)
        {
            Places[i].Dot.Encode(output);
            Packing.WriteNatural(output, Places[i].Stamp.Value);
            Packing.WriteBytes(output, Places[i].Value);
        }
    }

    /// <summary>Reads into this, replacing it; raises <paramref name="newest"/> to the greatest stamp met. False: no
    /// register.</summary>
    public bool TryDecode(ref PackedReader reader, ref HybridTime newest)
    {
        Clear();
        if (!reader.TryCount(4, out var count)) return false;
        for (var i = 0; i < count; i++)
        {
            if (!Dot.TryDecode(ref reader, out var dot) || !reader.TryNatural(out var stamp) || !reader.TryBytes(out var value))
                return false;
            if (i > 0 && dot.CompareTo(Places[i - 1].Dot) <= 0) return false;
            Put(dot, new HybridTime(stamp), value);
            if (stamp > newest.Value) newest = new HybridTime(stamp);
        }

        return true;
    }

    private static byte[] CopyOf(ReadOnlySpan<byte> value, byte[]? spare)
    {
        if (spare is null || spare.Length != value.Length) return value.ToArray();
        value.CopyTo(spare);
        return spare;
    }

    private void Insert(in Sibling sibling)
    {
        var i = Count;
        while (i > 0 && Places[i - 1].Dot.CompareTo(sibling.Dot) > 0) i--;
        if (Count == Places.Length)
        {
            var larger = new Sibling[Count + 2];
            Places.CopyTo(larger);
            _many = larger;
        }

        Places[i..Count].CopyTo(Places[(i + 1)..]);
        Places[i] = sibling;
        Count++;
    }

    /// <summary>Notes every value that is no longer, or never became, what a reader is shown, once: when that happens.</summary>
    private void NoteLosers(Dot winnerBefore, MultiValueRegister other, int keptBefore, in JoinScope scope)
    {
        if (Count > Math.Max(1, keptBefore)) scope.Notes.Conflicts += Count - Math.Max(1, keptBefore);
        var winner = Winner(scope.Rules).Dot;
        for (var i = 0; i < Count; i++)
        {
            var dot = Places[i].Dot;
            if (dot != winner && (dot == winnerBefore || other.Contains(dot)))
                scope.Notes.Losers.Add(new Loser(scope.Notes.Part, scope.Notes.Field, Places[i]));
        }
    }
}

/// <summary>Mixes what makes up a state into numbers whose sum does not depend on order.</summary>
public static class DigestOf
{
    public static ulong Dot(Dot dot) => Numbers(dot.Node.Value, dot.Counter);

    public static ulong Numbers(long a, long b)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, a);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], b);
        return Hash.Of(bytes);
    }
}
