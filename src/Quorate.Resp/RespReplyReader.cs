using System.Buffers.Text;

namespace Quorate.Resp;

/// <summary>
/// Reads replies as trees, for the tools and the tests that are clients themselves. It starts again from the first byte
/// when a reply was incomplete: simple rather than fast.
/// </summary>
public static class RespReplyReader
{
    /// <summary>Arrays in arrays in arrays: deeper than this is malformed.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads one reply at the beginning of <paramref name="input"/>; only after
    /// <see cref="ParseResult.Command"/> is there one, of <paramref name="consumed"/> bytes.</summary>
    public static ParseResult TryRead(ReadOnlySpan<byte> input, out int consumed, out RespReply? reply)
    {
        consumed = 0;
        var result = TryRead(input, ref consumed, 0, out reply);
        if (result != ParseResult.Command) (consumed, reply) = (0, null);
        return result;
    }

    private static ParseResult TryRead(ReadOnlySpan<byte> input, ref int at, int depth, out RespReply? reply)
    {
        reply = null;
        if (depth > MaxDepth) return ParseResult.Malformed;

        while (true)
        {
            if (at >= input.Length) return ParseResult.Incomplete;
            var end = input[at..].IndexOf("\r\n"u8);
            if (end < 0) return input.Length - at > RespParser.MaxLineBytes ? ParseResult.Malformed : ParseResult.Incomplete;

            var kind = (ReplyKind)input[at];
            var line = input.Slice(at + 1, end - 1);
            at += end + 2;
            switch (kind)
            {
                case ReplyKind.Simple
                    or ReplyKind.Error or ReplyKind.Integer or ReplyKind.Double or ReplyKind.Boolean or ReplyKind.BigNumber:
                    reply = new RespReply(kind, line.ToArray(), []);
                    return ParseResult.Command;

                case ReplyKind.Null:
                    reply = new RespReply(kind, default, []);
                    return ParseResult.Command;

                case ReplyKind.Bulk or ReplyKind.BulkError or ReplyKind.Verbatim:
                    return TryReadBulk(input, ref at, kind, line, out reply);

                case ReplyKind.Array or ReplyKind.Set or ReplyKind.Push or ReplyKind.Map:
                    return TryReadItems(input, ref at, depth, kind, line, out reply);

                // An attribute of the reply that follows: read and forgotten.
                case (ReplyKind)'|':
                    var attributes = TryReadItems(input, ref at, depth, ReplyKind.Map, line, out _);
                    if (attributes != ParseResult.Command) return attributes;
                    continue;

                default:
                    return ParseResult.Malformed;
            }
        }
    }

    private static ParseResult TryReadBulk(
        ReadOnlySpan<byte> input, ref int at, ReplyKind kind, ReadOnlySpan<byte> line, out RespReply? reply)
    {
        reply = null;
        if (!TryReadCount(line, out var length)) return ParseResult.Malformed;
        if (length < 0)
        {
            reply = new RespReply(ReplyKind.Null, default, []);
            return ParseResult.Command;
        }

        if (input.Length - at < length + 2L) return ParseResult.Incomplete;
        var bytes = input.Slice(at, length);
        if (kind == ReplyKind.Verbatim)
        {
            if (length < 4 || bytes[3] != ':') return ParseResult.Malformed;
            bytes = bytes[4..];
        }

        if (!input.Slice(at + length, 2).SequenceEqual("\r\n"u8)) return ParseResult.Malformed;
        reply = new RespReply(kind, bytes.ToArray(), []);
        at += length + 2;
        return ParseResult.Command;
    }

    private static ParseResult TryReadItems(
        ReadOnlySpan<byte> input, ref int at, int depth, ReplyKind kind, ReadOnlySpan<byte> line, out RespReply? reply)
    {
        reply = null;
        if (!TryReadCount(line, out var count)) return ParseResult.Malformed;
        if (count < 0)
        {
            reply = new RespReply(ReplyKind.Null, default, []);
            return ParseResult.Command;
        }

        var items = new List<RespReply>();
        for (var left = kind == ReplyKind.Map ? count * 2L : count; left > 0; left--)
        {
            var result = TryRead(input, ref at, depth + 1, out var item);
            if (result != ParseResult.Command) return result;
            items.Add(item!);
        }

        reply = new RespReply(kind, default, items);
        return ParseResult.Command;
    }

    private static bool TryReadCount(ReadOnlySpan<byte> line, out int count) =>
        Utf8Parser.TryParse(line, out count, out var used) && used == line.Length && count >= -1;
}
