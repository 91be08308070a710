using System.Text;

namespace Quorate.Resp.Tests;

/// <summary>Feeds a parser as a connection does and writes down what it found, one line a command.</summary>
internal static class ParserRun
{
    public static string All(ReadOnlySpan<byte> bytes) => InPieces(bytes, [bytes.Length]);

    /// <summary>The bytes arrive in pieces that end at the given positions.</summary>
    public static string InPieces(ReadOnlySpan<byte> bytes, IReadOnlyList<int> ends)
    {
        var parser = new RespParser();
        var found = new StringBuilder();
        var begin = 0;
        foreach (var end in ends)
        {
            while (true)
            {
                // A copy of its own each time: the parser must not hold on to a buffer.
                var input = bytes[begin..end].ToArray();
                var result = parser.TryParse(input, out var consumed, out var args, out var error);
                begin += consumed;
                if (result == ParseResult.Malformed) return found.Append("! ").Append(error).Append('\n').ToString();
                if (result == ParseResult.Incomplete) break;
                for (var i = 0; i < args.Count; i++) found.Append(i > 0 ? "|" : "").Append(Encoding.Latin1.GetString(args[i]));
                found.Append('\n');
            }
        }

        return found.ToString();
    }

    public static string All(string text) => All(Encoding.Latin1.GetBytes(text));
}
