using System.Buffers.Binary;
using System.Globalization;
using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>
/// The bytes of a segment. Little endian. One header block, then frames at multiples of 8:
/// <code>
/// header  u64 magic | u32 version | u32 crc | i64 number | i64 length of the file | u64 salt      (rest of 4096: zero)
/// frame   u32 length of what follows the crc | u32 crc | i64 point | i32 group | payload          (padded to 8 with zeros)
/// mark    a frame of group 0: i32 kind | i32 segments | i64 synced | i64 first point of the segment |
///         kind Start only: segments * (i64 number | i64 first | i64 last) | i32 groups | groups * (i32 group | i64 released)
/// </code>
/// A frame's crc covers the segment's number, the journal's salt, the length and all that follows: a frame is valid in
/// one segment only, so what an earlier use of the same file left behind never counts. Points rise by one from frame to
/// frame, marks included.
/// </summary>
internal static class JournalFormat
{
    /// <summary>A block of its own: writing frames never rewrites it, so it cannot be torn once it is durable.</summary>
    public const int HeaderLength = 4096;

    public const ulong Magic = 0x4C4E524A_54525151; // "QQRTJRNL"

    /// <summary>In version 1 entries of a chain had their key's hash before their kind, effects of a primary had another
    /// kind, and keys in effects and snapshots had no version.</summary>
    public const uint Version = 2;

    /// <summary>length, crc, point, group.</summary>
    public const int FrameHeader = 20;

    /// <summary>The part of a frame's length that is not payload: point and group.</summary>
    public const int LengthWithoutPayload = 12;

    public const int MarkPayload = 24;
    public const int SyncedOffset = FrameHeader + 8;

    public const int KindStart = 1;
    public const int KindBatch = 2;

    public static readonly int BatchFrame = FrameLength(MarkPayload);

    public static int FrameLength(int payload) => (FrameHeader + payload + 7) & ~7;

    public static long RoundToBlock(long length) => (length + HeaderLength - 1) / HeaderLength * HeaderLength;

    public static string NameOf(long segment) => string.Create(CultureInfo.InvariantCulture, $"journal-{segment:x16}.seg");

    public static bool TryParseName(string name, out long segment)
    {
        segment = 0;
        return name.Length == 28
            && name.StartsWith("journal-", StringComparison.Ordinal)
            && name.EndsWith(".seg", StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(8, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out segment)
            && segment > 0
            && NameOf(segment) == name;
    }

    /// <summary>Where the checksum of every frame of a segment begins.</summary>
    public static uint ChecksumSeed(long segment, ulong salt)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, segment);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], salt);
        return Crc32C.Update(0xFFFF_FFFF, bytes);
    }

    /// <summary>The checksum of the frame that begins at the span's start; the crc field itself is left out.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> frame, uint seed, int length)
    {
        var state = Crc32C.Update(seed, frame[..4]);
        return ~Crc32C.Update(state, frame.Slice(8, length));
    }

    public static void WriteFrameHeader(Span<byte> frame, int payload, long point, int group)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload + LengthWithoutPayload);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], point);
        BinaryPrimitives.WriteInt32LittleEndian(frame[16..], group);
        frame[(FrameHeader + payload)..FrameLength(payload)].Clear();
    }

    public static void WriteMark(Span<byte> payload, int kind, int segments, long firstOfSegment)
    {
        BinaryPrimitives.WriteInt32LittleEndian(payload, kind);
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], segments);
        BinaryPrimitives.WriteInt64LittleEndian(payload[8..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], firstOfSegment);
    }

    public static void WriteHeader(Span<byte> block, long segment, long length, ulong salt)
    {
        block[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], segment);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], salt);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], HeaderChecksum(block));
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        if (block.Length < HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(block[12..]) != HeaderChecksum(block)) return false;
        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(block[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[32..]));
        return true;
    }

    // The whole block but the crc: a flipped bit in the unused part is found as well.
    private static uint HeaderChecksum(ReadOnlySpan<byte> block)
    {
        var state = Crc32C.Update(0xFFFF_FFFF, block[..12]);
        return ~Crc32C.Update(state, block[16..HeaderLength]);
    }
}

internal readonly record struct SegmentHeader(uint Version, long Number, long Length, ulong Salt);
