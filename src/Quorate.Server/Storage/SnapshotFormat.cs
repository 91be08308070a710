using System.Buffers.Binary;
using System.Globalization;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>
/// The bytes of a snapshot file. Little endian.
/// <code>
/// header   u64 magic | u32 version | u32 crc | i64 index | i64 stamp | i32 length of extra | extra
/// piece    u32 length | u32 crc | bytes                                      (crc also covers index, stamp and number)
/// footer   pieces * (i64 offset)
/// trailer  u64 magic | i64 offset of the footer | i32 pieces | u32 crc of all headers of pieces | u32 crc of footer and trailer
/// </code>
/// </summary>
internal static class SnapshotFormat
{
    public const int HeaderLength = 36;
    public const int PieceHeader = 8;
    public const int TrailerLength = 28;
    public const int LongestExtra = 64 << 20;
    public const string Suffix = ".snapshot";
    public const string Unfinished = ".unfinished";

    private const ulong HeaderMagic = 0x50414E53_54525151;
    private const ulong TrailerMagic = 0x444E4553_54525151;
    private const uint Version = 1;

    public static string NameOf(SnapshotHeader header) =>
        string.Create(CultureInfo.InvariantCulture, $"{header.Index.Value:x16}-{header.Stamp:x16}{Suffix}");

    public static byte[] EncodeHeader(SnapshotHeader header)
    {
        var bytes = new byte[HeaderLength + header.Extra.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, HeaderMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), header.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), header.Stamp);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), header.Extra.Length);
        header.Extra.Span.CopyTo(bytes.AsSpan(HeaderLength));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), HeaderChecksum(bytes));
        return bytes;
    }

    /// <summary>Length of the extra part that the fixed part announces; -1: no header of this version.</summary>
    public static int ExtraLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != HeaderMagic) return -1;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version) return -1;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]);
        return length is >= 0 and <= LongestExtra ? length : -1;
    }

    public static bool TryDecodeHeader(byte[] bytes, out SnapshotHeader? header)
    {
        header = null;
        if (ExtraLength(bytes) != bytes.Length - HeaderLength) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12)) != HeaderChecksum(bytes)) return false;
        header = new SnapshotHeader(
            new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16))),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)),
            bytes.AsMemory(HeaderLength));
        return true;
    }

    /// <summary>A piece counts only at its place in its snapshot.</summary>
    public static uint PieceChecksum(SnapshotHeader header, int number, ReadOnlySpan<byte> piece)
    {
        Span<byte> place = stackalloc byte[20];
        BinaryPrimitives.WriteInt64LittleEndian(place, header.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], header.Stamp);
        BinaryPrimitives.WriteInt32LittleEndian(place[16..], number);
        return ~Crc32C.Update(Crc32C.Update(0xFFFF_FFFF, place), piece);
    }

    public static byte[] EncodeEnd(long footerOffset, IReadOnlyList<long> offsets, uint total)
    {
        var bytes = new byte[8 * offsets.Count + TrailerLength];
        for (var i = 0; i < offsets.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * i), offsets[i]);
        var trailer = bytes.AsSpan(8 * offsets.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, TrailerMagic);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], footerOffset);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[16..], offsets.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[20..], total);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[24..], Crc32C.Of(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }

    /// <summary>Where footer and trailer begin, by the trailer alone.</summary>
    public static bool TryDecodeTrailer(ReadOnlySpan<byte> trailer, long fileLength, out long footerOffset, out int pieces)
    {
        footerOffset = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        pieces = BinaryPrimitives.ReadInt32LittleEndian(trailer[16..]);
        return BinaryPrimitives.ReadUInt64LittleEndian(trailer) == TrailerMagic
            && pieces >= 0
            && footerOffset >= HeaderLength
            && footerOffset == fileLength - TrailerLength - 8L * pieces;
    }

    public static bool TryDecodeEnd(ReadOnlySpan<byte> bytes, int pieces, out long[] offsets, out uint total)
    {
        offsets = [];
        total = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(8 * pieces + 20)..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != Crc32C.Of(bytes[..^4])) return false;
        offsets = new long[pieces];
        for (var i = 0; i < pieces; i++) offsets[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]);
        return true;
    }

    private static uint HeaderChecksum(ReadOnlySpan<byte> bytes)
    {
        var state = Crc32C.Update(0xFFFF_FFFF, bytes[..12]);
        return ~Crc32C.Update(state, bytes[16..]);
    }
}
