using System.Text;

namespace Quorate.Tidy.Tests;

/// <summary>C# source with comments and the insides of literals blanked out, so that rules look at code alone.</summary>
internal static class CodeWords
{
    /// <summary>Same length, same line breaks; a rule's position in the result is its position in the file.</summary>
    public static string Of(string source)
    {
        var code = new StringBuilder(source.Length);
        var i = 0;
        while (i < source.Length)
        {
            var end = EndOfSkipped(source, i);
            if (end == i)
            {
                code.Append(source[i++]);
                continue;
            }

            for (; i < end; i++) code.Append(source[i] == '\n' ? '\n' : ' ');
        }

        return code.ToString();
    }

    private static int EndOfSkipped(string source, int at)
    {
        var rest = source.AsSpan(at);
        if (rest.StartsWith("//")) return Until("\n", at, 0);
        if (rest.StartsWith("/*")) return Until("*/", at + 2, 2);
        if (rest.StartsWith("\"\"\"")) return Until("\"\"\"", at + 3, 3);
        if (rest.StartsWith("@\"")) return Until("\"", at + 2, 1);
        if (rest[0] is '"' or '\'') return EndOfLiteral(source, at);
        return at;

        int Until(string what, int from, int length)
        {
            var found = source.IndexOf(what, from, StringComparison.Ordinal);
            return found < 0 ? source.Length : found + length;
        }
    }

    private static int EndOfLiteral(string source, int at)
    {
        var quote = source[at];
        for (var i = at + 1; i < source.Length && source[i] != '\n'; i++)
        {
            if (source[i] == '\\') i++;
            else if (source[i] == quote) return i + 1;
        }

        return at + 1;
    }
}
