namespace Quorate.Resp;

/// <summary>
/// A quick look at a pipeline of commands of two or three short words (GET key, SET key value and the like), before they are
/// parsed: so that the memory of their keys can be fetched together. A hint: what it does not recognise it leaves alone.
/// </summary>
public static class TwoWordScan
{
    /// <summary>Reads the command at the start of <paramref name="input"/>.</summary>
    /// <param name="key">Its second word.</param>
    /// <param name="length">Bytes of the whole command.</param>
    /// <returns>False: anything else than a whole command of two words shorter than 100 bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> key, out int length) =>
        TryRead(input, "*2\r\n$"u8, out key, out length);

    /// <summary>As <see cref="TryRead(ReadOnlySpan{byte}, out ReadOnlySpan{byte}, out int)"/>, of three words too.</summary>
    public static bool TryReadThree(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> key, out int length)
    {
        if (!input.StartsWith("*3"u8)) return TryRead(input, out key, out length);
        if (!TryRead(input, "*3\r\n$"u8, out key, out length)) return false;
        var at = length;
        length = 0;
        if (at >= input.Length
            || input[at++] != '$' || !TryReadLength(input, ref at, out var bytes) || at + bytes + 2 > input.Length)
            return false;
        length = at + bytes + 2;
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> input, ReadOnlySpan<byte> head, out ReadOnlySpan<byte> key, out int length)
    {
        key = default;
        length = 0;
        if (!input.StartsWith(head)) return false;
        var at = head.Length;
        if (!TryReadLength(input, ref at, out var name)) return false;
        at += name + 2;
        if (at >= input.Length || input[at++] != '$' || !TryReadLength(input, ref at, out var bytes)) return false;
        if (at + bytes + 2 > input.Length) return false;
        key = input.Slice(at, bytes);
        length = at + bytes + 2;
        return true;
    }

    /// <summary>One or two digits and CRLF.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> input, ref int at, out int length)
    {
        length = 0;
        for (var digits = 0; at < input.Length && digits <= 2; digits++)
        {
            var c = input[at++];
            if (c == '\r')
            {
                at++; // the line feed
                return digits > 0;
            }

            if (c is < (byte)'0' or > (byte)'9') return false;
            length = (length * 10) + c - '0';
        }

        return false;
    }
}
