using System.Buffers.Binary;

namespace Quorate.Replication.Ordered;

/// <summary>
/// The bytes of one entry, in memory, on the wire and in the journal: <c>[u32 payload length][i64 stamp][u8 kind][payload]</c>,
/// little-endian. A run of entries is their frames one after the other. But for <see cref="AreWellFormed"/> the methods take
/// well-formed frames.
/// </summary>
public static class EntryFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = 13;

    private const int StampAt = 4;
    private const int KindAt = 12;

    /// <summary>Bytes of the first frame, header and payload.</summary>
    public static int LengthOf(ReadOnlySpan<byte> frames) => HeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(frames);

    /// <summary>The stamp of the first frame.</summary>
    public static TStamp StampOf<TStamp>(ReadOnlySpan<byte> frames)
        where TStamp : struct, IStamp<TStamp> => TStamp.Of(BinaryPrimitives.ReadInt64LittleEndian(frames[StampAt..]));

    /// <summary>The kind of the first frame.</summary>
    public static EntryKind KindOf(ReadOnlySpan<byte> frames) => (EntryKind)frames[KindAt];

    /// <summary>The payload of the first frame.</summary>
    public static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> frames) => frames[HeaderBytes..LengthOf(frames)];

    /// <summary>The entry of one frame.</summary>
    internal static EntryView<TStamp> View<TStamp>(ReadOnlySpan<byte> frame)
        where TStamp : struct, IStamp<TStamp> => new(StampOf<TStamp>(frame), KindOf(frame), frame[HeaderBytes..]);

    /// <summary>How many frames there are.</summary>
    public static int Count(ReadOnlySpan<byte> frames)
    {
        var count = 0;
        for (; !frames.IsEmpty; count++) frames = frames[LengthOf(frames)..];
        return count;
    }

    /// <summary>True when the bytes are whole frames of the kinds that are allowed, whose stamps rise from
    /// <paramref name="previous"/> to at most <paramref name="highest"/>. Takes any bytes.</summary>
    public static bool AreWellFormed<TStamp>(ReadOnlySpan<byte> frames, TStamp previous, TStamp highest, EntryKinds allowed)
        where TStamp : struct, IStamp<TStamp>
    {
        while (!frames.IsEmpty)
        {
            if (frames.Length < HeaderBytes) return false;
            var payload = BinaryPrimitives.ReadUInt32LittleEndian(frames);
            if (payload > frames.Length - HeaderBytes) return false;
            var kind = KindOf(frames);
            if (kind > EntryKind.Effect || ((int)allowed & (1 << (int)kind)) == 0) return false;
            var stamp = StampOf<TStamp>(frames);
            if (stamp < previous || stamp > highest) return false;
            previous = stamp;
            frames = frames[(HeaderBytes + (int)payload)..];
        }

        return true;
    }

    internal static void WriteHeader<TStamp>(Span<byte> frame, int payloadLength, TStamp stamp, EntryKind kind)
        where TStamp : struct, IStamp<TStamp>
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[StampAt..], stamp.Value);
        frame[KindAt] = (byte)kind;
    }
}
