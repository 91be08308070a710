namespace Quorate.Data;

/// <summary>Non-negative integers in seven bits a byte, the low ones first.</summary>
internal static class Varint
{
    /// <summary>Of an int, in bytes.</summary>
    public const int Longest = 5;

    /// <summary>Of a long, in bytes.</summary>
    public const int LongestLong = 9;

    public static int Write(Span<byte> into, int value) => WriteLong(into, value);

    public static int WriteLong(Span<byte> into, long value)
    {
        var rest = (ulong)value;
        var at = 0;
        for (; rest >= 0x80; rest >>= 7) into[at++] = (byte)(rest | 0x80);
        into[at++] = (byte)rest;
        return at;
    }

    /// <summary>False: cut off, negative, or longer than it need be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out int value)
    {
        var fits = TryRead(bytes, ref at, Longest, int.MaxValue, out var read);
        value = (int)read;
        return fits;
    }

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, ref int, out int)"/>
    public static bool TryReadLong(ReadOnlySpan<byte> bytes, ref int at, out long value) =>
        TryRead(bytes, ref at, LongestLong, long.MaxValue, out value);

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, int longest, long greatest, out long value)
    {
        ulong sum = 0;
        value = 0;
        for (var shift = 0; shift < longest * 7; shift += 7)
        {
            if (at >= bytes.Length) return false;
            var b = bytes[at++];
            sum |= (ulong)(b & 0x7F) << shift;
            if (b >= 0x80) continue;
            if ((b == 0 && shift > 0) || sum > (ulong)greatest) return false;
            value = (long)sum;
            return true;
        }

        return false;
    }
}
