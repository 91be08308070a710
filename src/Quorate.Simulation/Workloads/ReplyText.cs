using System.Buffers.Text;
using System.Text;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Workloads;

/// <summary>Takes RESP2 replies off the front of a buffer. Elements of arrays, flat, stand on lines of their own.</summary>
internal static class ReplyText
{
    /// <summary>False: not whole yet.</summary>
    /// <exception cref="SimulationFailure">the bytes are no reply.</exception>
    public static bool TryTake(ReadOnlySpan<byte> bytes, out int consumed, out bool isError, out string? text)
    {
        (consumed, isError, text) = (0, false, null);
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0) return false;
        var line = bytes[1..end];
        consumed = end + 2;
        switch (bytes[0])
        {
            case (byte)'+' or (byte)':':
                text = Encoding.UTF8.GetString(line);
                return true;
            case (byte)'-':
                isError = true;
                text = Encoding.UTF8.GetString(line);
                return true;
            case (byte)'_':
                return true;
            case (byte)'*' when Utf8Parser.TryParse(line, out int count, out var digits) && digits == line.Length:
                return TryTakeArray(bytes, ref consumed, count, out text);
            case (byte)'$' when Utf8Parser.TryParse(line, out int length, out var n) && n == line.Length:
                if (length < 0) return true;
                if (bytes.Length < consumed + length + 2) return false;
                text = Encoding.UTF8.GetString(bytes.Slice(consumed, length));
                consumed += length + 2;
                return true;
            default:
                throw new ReplyFailure(
                    $"a client got bytes that are not a reply: {Encoding.UTF8.GetString(bytes[..Math.Min(60, bytes.Length)])}");
        }
    }

    private static bool TryTakeArray(ReadOnlySpan<byte> bytes, ref int consumed, int count, out string? text)
    {
        text = null;
        var lines = new List<string>();
        for (var i = 0; i < count; i++)
        {
            if (consumed >= bytes.Length || !TryTake(bytes[consumed..], out var taken, out _, out var element)) return false;
            consumed += taken;
            if (!string.IsNullOrEmpty(element)) lines.Add(element);
        }

        text = string.Join('\n', lines);
        return true;
    }
}
