using System.Globalization;
using System.Numerics;
using System.Text;
using Quorate.Data.Commands;

namespace Quorate.Data.Strings;

/// <summary>
/// The 80-bit extended float that Redis computes INCRBYFLOAT with on x86 (64 bits of significand, round to nearest even),
/// in integers, so that every machine gets the same digits. Differences: hexadecimal floats are not read, and numbers
/// below the smallest normal one keep their full precision (17 decimals show nothing of either).
/// </summary>
internal readonly struct ExtendedFloat
{
    private const int SignificandBits = 64;
    private const int GreatestExponent = 16384;
    private const int SmallestExponent = -16446;
    private const int Decimals = 17;
    private const int LongestText = (5 << 10) - 1;

    private readonly BigInteger _significand;
    private readonly int _exponent;

    private ExtendedFloat(BigInteger significand, int exponent, bool isFinite)
    {
        (_significand, _exponent, IsFinite) = (significand, exponent, isFinite);
    }

    public static ExtendedFloat Zero => new(0, 0, true);

    public bool IsFinite { get; }

    private static ExtendedFloat Infinite => new(0, 0, false);

    public static ExtendedFloat operator +(ExtendedFloat a, ExtendedFloat b)
    {
        if (!a.IsFinite || !b.IsFinite) return Infinite;
        var exponent = Math.Min(a._exponent, b._exponent);
        return Round((a._significand << (a._exponent - exponent)) + (b._significand << (b._exponent - exponent)), exponent,
            false);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out ExtendedFloat value)
    {
        value = Zero;
        if (text.Length is 0 or > LongestText) return false;
        var negative = text[0] == '-';
        var rest = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (rest.Is("inf"u8) || rest.Is("infinity"u8))
        {
            value = Infinite;
            return true;
        }

        if (!TryDecimal(rest, out var digits, out var power)) return false;
        if (digits.IsZero) return true;
        // Far outside of the range the power of ten need not be computed.
        if (power is > 6000 or < -12_000) return false;
        if (negative) digits = -digits;
        value = power >= 0 ? Round(digits * BigInteger.Pow(10, power), 0, false) : Divide(digits, BigInteger.Pow(10, -power));
        return value.IsFinite && !value._significand.IsZero;
    }

    /// <summary>17 decimals, without the zeros at the end.</summary>
    public byte[] ToText()
    {
        var scaled = BigInteger.Abs(_significand) * BigInteger.Pow(10, Decimals);
        if (_exponent >= 0) scaled <<= _exponent;
        else scaled = ShiftRight(scaled, -_exponent, false);
        var digits = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
        var text = $"{digits[..^Decimals]}.{digits[^Decimals..]}".TrimEnd('0').TrimEnd('.');
        return Encoding.ASCII.GetBytes(_significand.Sign < 0 && text != "0" ? "-" + text : text);
    }

    private static bool TryDecimal(ReadOnlySpan<byte> text, out BigInteger digits, out int power)
    {
        digits = 0;
        power = 0;
        var point = text.IndexOf((byte)'.');
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end >= 0 && end == point)
        {
            var behind = text[(end + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            end = behind < 0 ? -1 : end + 1 + behind;
        }

        var i = end < 0 ? text.Length : end;
        var number = Encoding.ASCII.GetString(text[..i]);
        if (point >= 0 && point < i)
        {
            power = point + 1 - i;
            number = number.Remove(point, 1);
        }

        if (number.Length == 0) return false;
        digits = BigInteger.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
        if (i == text.Length) return true;
        if ((text[i] | 0x20) != 'e') return false;
        var exponent = text[(i + 1)..];
        var negative = exponent.Length > 0 && exponent[0] == '-';
        if (exponent.Length > 0 && exponent[0] is (byte)'-' or (byte)'+') exponent = exponent[1..];
        if (exponent.Length == 0) return false;
        var sum = 0;
        foreach (var digit in exponent)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
            sum = Math.Min(100_000, (sum * 10) + (digit - '0'));
        }

        power += negative ? -sum : sum;
        return true;
    }

    private static ExtendedFloat Divide(BigInteger dividend, BigInteger divisor)
    {
        var shift = (int)Math.Max(0, SignificandBits + 2 + divisor.GetBitLength() - BigInteger.Abs(dividend).GetBitLength());
        var quotient = BigInteger.DivRem(dividend << shift, divisor, out var remainder);
        return Round(quotient, -shift, !remainder.IsZero);
    }

    /// <param name="sticky">The exact number is a little further from zero than the one given.</param>
    private static ExtendedFloat Round(BigInteger significand, int exponent, bool sticky)
    {
        if (significand.IsZero) return Zero;
        var negative = significand.Sign < 0;
        var size = BigInteger.Abs(significand);
        var surplus = (int)size.GetBitLength() - SignificandBits;
        if (surplus > 0)
        {
            size = ShiftRight(size, surplus, sticky);
            exponent += surplus;
        }

        var top = exponent + size.GetBitLength();
        if (top > GreatestExponent) return Infinite;
        if (top < SmallestExponent) return Zero;
        return new ExtendedFloat(negative ? -size : size, exponent, true);
    }

    /// <summary>Divides by a power of two, rounding to nearest, ties to even.</summary>
    private static BigInteger ShiftRight(BigInteger size, int bits, bool sticky)
    {
        var quotient = size >> bits;
        var rest = size - (quotient << bits);
        var comparison = rest.CompareTo(BigInteger.One << (bits - 1));
        var up = comparison > 0 || (comparison == 0 && (sticky || !quotient.IsEven));
        return up ? quotient + 1 : quotient;
    }
}
