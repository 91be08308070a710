namespace Quorate.Data.Commands;

/// <summary>
/// Redis's patterns: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, backslash; over bytes. Never takes more than pattern × text
/// steps. Any thread.
/// </summary>
public static class Glob
{
    /// <summary>The whole text is what the pattern says.</summary>
    /// <param name="pattern">Any bytes: a class that is not closed ends with the pattern, as in Redis.</param>
    /// <param name="text">Any bytes.</param>
    /// <param name="ignoreCase">The letters A to Z equal a to z.</param>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        // Redis tries no pattern on the empty text, not even a star; KEYS * and SCAN MATCH * never ask.
        if (text.Length == 0) return pattern.Length == 0;
        int p = 0, t = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, Fold(text[t], ignoreCase), ignoreCase))
            {
                t++;
            }
            else if (starPattern >= 0)
            {
                // The last star takes one more byte: what an earlier star could add, this one can as well.
                p = starPattern;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Matches one byte, folded already, against the pattern's next element and goes behind it.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                p++;
                return MatchesClass(pattern, ref p, c, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p += 2;
                return Fold(pattern[p - 1], ignoreCase) == c;
            default:
                return Fold(pattern[p++], ignoreCase) == c;
        }
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        var negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        var found = false;
        for (; p < pattern.Length; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                found |= Fold(pattern[++p], ignoreCase) == c;
            }
            else if (pattern[p] == ']')
            {
                p++;
                break;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                var (first, last) = (Fold(pattern[p], ignoreCase), Fold(pattern[p + 2], ignoreCase));
                found |= c >= Math.Min(first, last) && c <= Math.Max(first, last);
                p += 2;
            }
            else
            {
                found |= Fold(pattern[p], ignoreCase) == c;
            }
        }

        return found != negated;
    }

    private static byte Fold(byte value, bool ignoreCase) =>
        ignoreCase && value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value + 32) : value;
}
