using System.Buffers.Text;
using System.Text;

namespace Quorate.Cluster.Commands;

/// <summary>
/// Reading the words of a command. Words are bytes; where one must be a string it has one char per byte (Latin-1), so
/// that nothing is lost on the way back.
/// </summary>
internal static class Words
{
    public static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<char> expected) => Ascii.EqualsIgnoreCase(word, expected);

    /// <summary>Integers as Redis reads them: no blanks, no plus sign, no leading zero, no minus zero.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> word, out long value) =>
        Utf8Parser.TryParse(word, out value, out var used) && used == word.Length && word[0] != (byte)'+'
        && (word[0] == (byte)'-' ? word[1] != (byte)'0' : word[0] != (byte)'0' || word.Length == 1);

    public static string Text(ReadOnlySpan<byte> word) => Encoding.Latin1.GetString(word);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Printable ASCII without space: what a client's name may consist of, so that CLIENT LIST can be parsed.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> word) => !word.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    /// <summary>Splits <c>host:port</c>, <c>[v6]:port</c> as written in the configuration; port 0 when there is none.</summary>
    public static (string Host, int Port) Address(string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address.AsSpan(colon + 1), out var port)) return (address, 0);
        return (address[..colon].Trim('[', ']'), port);
    }
}
