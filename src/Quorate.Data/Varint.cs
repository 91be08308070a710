namespace Quorate.Data;

/// <summary>Non-negative integers in seven bits a byte, the low ones first.</summary>
internal static class Varint
{
    public const int Longest = 5;

    public static int Write(Span<byte> into, int value)
    {
        var rest = (uint)value;
        var at = 0;
        for (; rest >= 0x80; rest >>= 7) into[at++] = (byte)(rest | 0x80);
        into[at++] = (byte)rest;
        return at;
    }

    /// <summary>False: cut off, negative, or longer than it need be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out int value)
    {
        ulong sum = 0;
        value = 0;
        for (var shift = 0; shift < Longest * 7; shift += 7)
        {
            if (at >= bytes.Length) return false;
            var b = bytes[at++];
            sum |= (ulong)(b & 0x7F) << shift;
            if (b >= 0x80) continue;
            if ((b == 0 && shift > 0) || sum > int.MaxValue) return false;
            value = (int)sum;
            return true;
        }

        return false;
    }
}
