using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data;

/// <summary>
/// A hash of a state, or of a range of it, that does not depend on the order in which its parts are visited: equal for equal
/// states, however they came about. Of a key: its bytes, its value, kind, time of writing and expiry. What statistics count,
/// how the table lies in memory and which blob has spare room is no part of it.
/// </summary>
internal static class StateDigest
{
    public static ulong Of(IReadOnlyList<Database> databases, SessionTable sessions, long clock)
    {
        var sum = OfRest(sessions, clock);
        foreach (var database in databases)
        {
            var table = database.Table;
            for (var index = 1; index <= table.HighestSlot; index++)
                if (table.SlotAt(index).Blob is not null) sum += OfKey(database.Number, table, index);
        }

        return sum;
    }

    /// <summary>Takes time in proportion to the keys in the range.</summary>
    public static ulong Of(StateRange range, IReadOnlyList<Database> databases, SessionTable sessions, long clock)
    {
        if (range.IsRest) return OfRest(sessions, clock);
        var sum = 0UL;
        foreach (var database in databases)
            if (database.Count > 0) sum += OfKeys(range, database.Number, database.Table);
        return sum;
    }

    /// <summary>A bucket of linear hashing holds hashes that agree with its number in the bits of the low mask at least, so the
    /// buckets of a range are a stride apart, whatever way the table has grown and shrunk.</summary>
    private static ulong OfKeys(StateRange range, int database, KeyTable table)
    {
        var mask = (1u << range.Level) - 1;
        var stride = Math.Min(mask, (uint)table.LowMask);
        var sum = 0UL;
        for (var bucket = (int)(range.Number & stride); bucket < table.BucketCount; bucket += (int)stride + 1)
        {
            for (var index = table.HeadOf(bucket); index != 0;)
            {
                ref var slot = ref table.SlotAt(index);
                if ((slot.Hash & mask) == range.Number) sum += OfKey(database, table, index);
                index = slot.Next;
            }
        }

        return sum;
    }

    private static ulong OfKey(int database, KeyTable table, int index)
    {
        ref var slot = ref table.SlotAt(index);
        var fixedPart = (long)database | ((long)slot.Flags.State << 8) | ((long)slot.Written << 16);
        // The hash kept in the slot is how the key is found: were it wrong, the key would be lost.
        return Mix(Hash.Of(slot.Key) + slot.Hash, Hash.Of(slot.Value), fixedPart, table.ExpiryOf(index));
    }

    private static ulong OfRest(SessionTable sessions, long clock)
    {
        var sum = Mix(0, 0, clock, sessions.Uses);
        foreach (var session in sessions.All)
        {
            sum += Mix(1, (ulong)session.Id, session.Low, session.LastUse);
            for (var sequence = session.Low; sequence < session.End; sequence++)
                if (session.TryGet(sequence, out var reply)) sum += Mix(2, Hash.Of(reply.Span), session.Id, sequence);
        }

        return sum;
    }

    private static ulong Mix(ulong a, ulong b, long c, long d)
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, a);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], b);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], c);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], d);
        return Hash.Of(bytes);
    }
}
