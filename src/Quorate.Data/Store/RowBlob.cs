using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// The array in which a key and its packed value stand: [varint key length][key][value][spare]. The value's length is what is
/// left; where there is spare room, which the row's mark knows, its last byte is its length, or 255, and then the four bytes
/// before it are. So a row needs no fields for lengths.
/// </summary>
internal static class RowBlob
{
    private const int LongestShortKey = 0x7F;
    private const int ArrayOverhead = 24;
    private const int WordLength = 4;

    /// <summary>A blob with the key and room for a value of zeros, without spare room.</summary>
    public static byte[] Make(ReadOnlySpan<byte> key, int valueLength)
    {
        if (key.Length > LongestShortKey) return MakeLong(key, valueLength);
        var blob = Allocate(1L + key.Length + valueLength);
        blob[0] = (byte)key.Length;
        key.CopyTo(blob.AsSpan(1));
        return blob;
    }

    public static ReadOnlySpan<byte> KeyOf(byte[] blob)
    {
        int length = blob[0];
        if (length <= LongestShortKey) return blob.AsSpan(1, length);
        var at = ReadHead(blob, out length);
        return blob.AsSpan(at, length);
    }

    /// <summary>Where the value begins.</summary>
    public static int StartOf(byte[] blob)
    {
        int length = blob[0];
        return length <= LongestShortKey ? 1 + length : ReadHead(blob, out length) + length;
    }

    /// <summary>Where the key begins: it and the value are one stretch.</summary>
    public static int KeyStartOf(byte[] blob) => blob[0] <= LongestShortKey ? 1 : ReadHead(blob, out _);

    public static Span<byte> ValueOf(byte[] blob, bool hasSpare)
    {
        var start = StartOf(blob);
        return blob.AsSpan(start, blob.Length - start - (hasSpare ? SpareOf(blob) : 0));
    }

    /// <summary>Notes how much room is not used. False: none.</summary>
    public static bool SetSpare(byte[] blob, int spare)
    {
        if (spare < byte.MaxValue)
        {
            if (spare > 0) blob[^1] = (byte)spare;
            return spare > 0;
        }

        blob[^1] = byte.MaxValue;
        BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(blob.Length - 1 - WordLength), spare);
        return true;
    }

    public static byte[] Allocate(long length)
    {
        Invariant.Require(length <= Array.MaxLength, "commands refuse values that do not fit");
        return new byte[length];
    }

    /// <summary>Bytes of memory.</summary>
    public static long SizeOf(byte[] blob) => (ArrayOverhead + blob.Length + 7L) & ~7L;

    private static byte[] MakeLong(ReadOnlySpan<byte> key, int valueLength)
    {
        Span<byte> head = stackalloc byte[Varint.Longest];
        var headLength = Varint.Write(head, key.Length);
        var blob = Allocate(headLength + (long)key.Length + valueLength);
        head[..headLength].CopyTo(blob);
        key.CopyTo(blob.AsSpan(headLength));
        return blob;
    }

    private static int SpareOf(byte[] blob) =>
        blob[^1] < byte.MaxValue ? blob[^1] : BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(blob.Length - 1 - WordLength));

    private static int ReadHead(byte[] blob, out int length)
    {
        var at = 0;
        Invariant.Require(Varint.TryRead(blob, ref at, out length), "a blob begins with its key's length");
        return at;
    }
}
