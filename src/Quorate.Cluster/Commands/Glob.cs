namespace Quorate.Cluster.Commands;

/// <summary>Redis's patterns: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[^a-c]</c>, <c>\</c> before a literal.</summary>
internal static class Glob
{
    /// <summary>Linear in the text for each star, never exponential: only the last star is ever returned to.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        int p = 0, t = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
                continue;
            }

            if (p < pattern.Length && MatchesOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
                continue;
            }

            if (starPattern < 0) return false;
            p = starPattern;
            t = ++starText;
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Matches one byte and moves past what it was matched with; leaves <paramref name="p"/> anywhere
    /// otherwise.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte value, bool ignoreCase)
    {
        if (pattern[p] == '?')
        {
            p++;
            return true;
        }

        if (pattern[p] == '[') return MatchesClass(pattern, ref p, value, ignoreCase);
        if (pattern[p] == '\\' && p + 1 < pattern.Length) p++;
        return Fold(pattern[p++], ignoreCase) == Fold(value, ignoreCase);
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte value, bool ignoreCase)
    {
        p++;
        var not = p < pattern.Length && pattern[p] == '^';
        if (not) p++;
        var wanted = Fold(value, ignoreCase);
        var found = false;
        for (; p < pattern.Length && pattern[p] != ']'; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length) p++;
            var low = Fold(pattern[p], ignoreCase);
            var high = low;
            if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                high = Fold(pattern[p + 2], ignoreCase);
                p += 2;
            }

            if (low > high) (low, high) = (high, low);
            found |= wanted >= low && wanted <= high;
        }

        // A class that is never closed ends with the pattern, as in Redis.
        if (p < pattern.Length) p++;
        return found != not;
    }

    private static byte Fold(byte value, bool ignoreCase) =>
        ignoreCase && value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value + 32) : value;
}
