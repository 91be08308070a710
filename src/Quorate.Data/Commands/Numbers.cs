using System.Buffers.Text;

namespace Quorate.Data.Commands;

/// <summary>Integers as Redis reads them: decimal, no blanks, no plus sign, no leading zero, nothing behind.</summary>
internal static class Numbers
{
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > 20) return false;
        var negative = text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.Length == 0) return false;
        if (digits[0] == '0') return text.Length == 1;
        ulong sum = 0;
        foreach (var digit in digits)
        {
            var d = (uint)digit - '0';
            if (d > 9 || sum > (ulong.MaxValue - d) / 10) return false;
            sum = (sum * 10) + d;
        }

        if (sum > (negative ? 1UL << 63 : long.MaxValue)) return false;
        value = negative ? (long)(0 - sum) : (long)sum;
        return true;
    }

    public static int Format(long value, Span<byte> into)
    {
        Utf8Formatter.TryFormat(value, into, out var written);
        return written;
    }

    /// <summary>A SCAN cursor: any unsigned 64-bit number; the empty string counts as 0.</summary>
    public static bool TryParseCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        return text.Length == 0 || (Utf8Parser.TryParse(text, out cursor, out var used) && used == text.Length);
    }
}
