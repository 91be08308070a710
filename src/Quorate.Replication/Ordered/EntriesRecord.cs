using System.Buffers.Binary;

namespace Quorate.Replication.Ordered;

/// <summary>A journal's record of entries: <c>[u8 kind][i64 first index][i64 stamp of the entry before][frames]</c>, the same for
/// every ordered strategy. Says that the entries follow on the one before the first.</summary>
public static class EntriesRecord
{
    /// <summary>First byte of the record; a strategy's other records begin with other bytes.</summary>
    public const byte Kind = 2;

    /// <summary>Bytes before the frames.</summary>
    public const int HeaderBytes = 17;

    /// <summary>Reads what comes after the kind, from any bytes. False: this is no such record. Whether the frames are
    /// well-formed is the strategy's to say.</summary>
    public static bool TryRead<TStamp>(
        ReadOnlySpan<byte> body, out LogIndex first, out TStamp previous, out ReadOnlySpan<byte> frames)
        where TStamp : struct, IStamp<TStamp>
    {
        (first, previous) = (default, default);
        frames = default;
        if (body.Length < HeaderBytes - 1) return false;
        first = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body));
        previous = TStamp.Of(BinaryPrimitives.ReadInt64LittleEndian(body[sizeof(long)..]));
        frames = body[(HeaderBytes - 1)..];
        return first.Value >= 1;
    }

    /// <summary>Writes the header into the first <see cref="HeaderBytes"/> of <paramref name="record"/>.</summary>
    internal static void WriteHeader(Span<byte> record, LogIndex first, long previous)
    {
        record[0] = Kind;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], first.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[(1 + sizeof(long))..], previous);
    }
}
