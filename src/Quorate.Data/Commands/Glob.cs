namespace Quorate.Data.Commands;

/// <summary>
/// Redis's patterns: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, backslash. Case-sensitive, over bytes. Never takes
/// more than pattern × text steps.
/// </summary>
internal static class Glob
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
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
            else if (p < pattern.Length && MatchesOne(pattern, ref p, text[t]))
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

    /// <summary>Matches one byte against the pattern's next element and goes behind it.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte c)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                p++;
                return MatchesClass(pattern, ref p, c);
            case (byte)'\\' when p + 1 < pattern.Length:
                p += 2;
                return pattern[p - 1] == c;
            default:
                return pattern[p++] == c;
        }
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte c)
    {
        var negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        var found = false;
        for (; p < pattern.Length; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                found |= pattern[++p] == c;
            }
            else if (pattern[p] == ']')
            {
                p++;
                break;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                byte low = Math.Min(pattern[p], pattern[p + 2]), high = Math.Max(pattern[p], pattern[p + 2]);
                found |= c >= low && c <= high;
                p += 2;
            }
            else
            {
                found |= pattern[p] == c;
            }
        }

        return found != negated;
    }
}
