using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Data;

/// <summary>A hash of a state that does not depend on the order in which its parts are visited.</summary>
internal static class StateDigest
{
    public static ulong Of(IReadOnlyList<Database> databases, SessionTable sessions, long clock)
    {
        var sum = Mix(0, 0, clock, sessions.Uses);
        foreach (var database in databases)
        {
            var table = database.Table;
            for (var index = 1; index <= table.HighestSlot; index++)
            {
                ref var slot = ref table.SlotAt(index);
                if (slot.Blob is null) continue;
                var fixedPart = (long)database.Number | ((long)slot.Flags.State << 8) | ((long)slot.Written << 16);
                sum += Mix(Hash.Of(slot.Key), Hash.Of(slot.Value), fixedPart, table.ExpiryOf(index));
            }
        }

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
