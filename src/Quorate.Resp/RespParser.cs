using System.Buffers.Text;

namespace Quorate.Resp;

public enum ParseResult : byte
{
    /// <summary>The bytes so far are the beginning of a command: come again with these and more.</summary>
    Incomplete,

    /// <summary>A whole command.</summary>
    Command,

    /// <summary>Not RESP; nothing after it can be understood.</summary>
    Malformed,
}

/// <summary>
/// Finds the commands in what a client sent: arrays of bulk strings and inline commands, with the limits and the error
/// texts of Redis. One parser belongs to one connection and remembers how far it came in an incomplete command, so that
/// no byte is looked at twice. What it holds grows with the bytes received, never with a number a client claims.
/// Not thread-safe.
/// </summary>
public sealed class RespParser
{
    /// <summary>Longest line: an inline command, or the digits of a length.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>Most words of a command.</summary>
    public const int MaxWords = 1024 * 1024;

    /// <summary>Longest word of a command.</summary>
    public const int MaxBulkBytes = 512 * 1024 * 1024;

    private const int KeptRanges = 4096;
    private const int NotRead = -1;

    private ArgRange[] _ranges = new ArgRange[8];
    private byte[] _line = [];

    // All positions count from the first byte of the command in hand, which is where the next input begins.
    private int _words;
    private int _expectedWords;
    private int _position;
    private int _scanned;
    private int _bulkLength = NotRead;

    /// <summary>
    /// Looks for one command at the beginning of <paramref name="input"/>. The caller drops <paramref name="consumed"/>
    /// bytes whatever the result (empty commands are skipped), and after <see cref="ParseResult.Incomplete"/> calls again
    /// with the rest and what came after it.
    /// </summary>
    /// <param name="args">Views into the input, or into the parser: valid until the next call.</param>
    /// <param name="error">With <see cref="ParseResult.Malformed"/>: why, in Redis's words.</param>
    public ParseResult TryParse(ReadOnlySpan<byte> input, out int consumed, out CommandArgs args, out string? error)
    {
        consumed = 0;
        args = default;
        error = null;
        while (consumed < input.Length)
        {
            var rest = input[consumed..];
            int length;
            ParseResult result;
            if (_expectedWords > 0 || rest[0] == '*')
            {
                result = ParseArray(rest, out length, out error);
                if (result == ParseResult.Command) args = new CommandArgs(rest, _ranges.AsSpan(0, _words));
            }
            else
            {
                result = ParseLine(rest, out length, out error);
                if (result == ParseResult.Command) args = new CommandArgs(_line, _ranges.AsSpan(0, _words));
            }

            consumed += length;
            if (result != ParseResult.Command) return result;

            var isEmpty = _words == 0;
            _words = _expectedWords = _position = _scanned = 0;
            if (!isEmpty) return ParseResult.Command;
        }

        return ParseResult.Incomplete;
    }

    private ParseResult ParseArray(ReadOnlySpan<byte> input, out int length, out string? error)
    {
        length = 0;
        error = null;
        if (_expectedWords == 0 && !TryBegin(input, out error))
            return error is null ? ParseResult.Incomplete : ParseResult.Malformed;

        while (_words < _expectedWords)
        {
            if (_bulkLength == NotRead && !TryReadBulkLength(input, out error))
                return error is null ? ParseResult.Incomplete : ParseResult.Malformed;

            if (input.Length - _position < _bulkLength + 2) return ParseResult.Incomplete;
            if (input[_position + _bulkLength] != '\r' || input[_position + _bulkLength + 1] != '\n')
            {
                error = "expected CRLF after a bulk string";
                return ParseResult.Malformed;
            }

            AddWord(_position, _bulkLength);
            _position += _bulkLength + 2;
            _scanned = _position;
            _bulkLength = NotRead;
        }

        length = _position;
        return ParseResult.Command;
    }

    /// <summary>Reads <c>*n</c>; a count of 0 or less is a command without words.</summary>
    private bool TryBegin(ReadOnlySpan<byte> input, out string? error)
    {
        if (_ranges.Length > KeptRanges) _ranges = new ArgRange[8];

        // The most frequent beginning, in one comparison.
        if (input.Length >= 13 && input.StartsWith("*3\r\n$3\r\n"u8) && input[11] == '\r' && input[12] == '\n')
        {
            error = null;
            _expectedWords = 3;
            _ranges[0] = new ArgRange(8, 3);
            _words = 1;
            _position = _scanned = 13;
            return true;
        }

        if (!TryReadLength(
            input, 0, out var count, out var next, "too big mbulk count string", "invalid multibulk length", out error))
            return false;

        if (count > MaxWords)
        {
            error = "invalid multibulk length";
            return false;
        }

        _expectedWords = (int)Math.Max(count, 0);
        _position = _scanned = next;
        return true;
    }

    private bool TryReadBulkLength(ReadOnlySpan<byte> input, out string? error)
    {
        error = null;
        if (_position >= input.Length) return false;
        if (input[_position] != '$')
        {
            var got = input[_position];
            error = got is > 32 and < 127 ? $"expected '$', got '{(char)got}'" : $"expected '$', got '\\x{got:x2}'";
            return false;
        }

        if (!TryReadLength(
            input, _position, out var length, out var next, "too big bulk count string", "invalid bulk length", out error))
            return false;

        if (length is < 0 or > MaxBulkBytes)
        {
            error = "invalid bulk length";
            return false;
        }

        _bulkLength = (int)length;
        _position = _scanned = next;
        return true;
    }

    /// <summary>Reads the digits between the type byte at <paramref name="at"/> and CRLF. False without an error:
    /// incomplete.</summary>
    private bool TryReadLength(
        ReadOnlySpan<byte> input, int at, out long value, out int next, string tooLong, string invalid, out string? error)
    {
        error = null;
        if (input.Length - at >= 5)
        {
            // One or two digits: nearly all lengths.
            var first = input[at + 1] - '0';
            if ((uint)first <= 9)
            {
                if (input[at + 2] == '\r' && input[at + 3] == '\n')
                {
                    (value, next) = (first, at + 4);
                    return true;
                }

                var second = input[at + 2] - '0';
                if ((uint)second <= 9 && first != 0 && input[at + 3] == '\r' && input[at + 4] == '\n')
                {
                    (value, next) = ((first * 10) + second, at + 5);
                    return true;
                }
            }
        }

        (value, next) = (0, 0);
        if (!TryFindLineEnd(input, at + 1, out var end, out var isTooLong))
        {
            if (isTooLong) error = tooLong;
            return false;
        }

        var digits = input[(at + 1)..end];
        if (digits is [.., (byte)'\r'] && TryParseInteger(digits[..^1], out value))
        {
            next = end + 1;
            return true;
        }

        error = invalid;
        return false;
    }

    /// <summary>Finds the line feed of the line that begins at <paramref name="from"/>, going on where the last call
    /// ended.</summary>
    private bool TryFindLineEnd(ReadOnlySpan<byte> input, int from, out int end, out bool isTooLong)
    {
        end = 0;
        isTooLong = false;
        var start = Math.Max(from, _scanned);
        if (start < input.Length)
        {
            var found = input[start..].IndexOf((byte)'\n');
            end = found < 0 ? input.Length : start + found;
            isTooLong = end - from > MaxLineBytes;
            if (found >= 0) return !isTooLong;
            _scanned = input.Length;
        }

        return false;
    }

    /// <summary>A decimal as Redis takes it: no plus sign, no leading zero.</summary>
    private static bool TryParseInteger(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits[0] == '+') return false;
        if (digits.Length > 1 && (digits[0] == '0' || (digits[0] == '-' && digits[1] == '0'))) return false;
        return Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length;
    }

    private ParseResult ParseLine(ReadOnlySpan<byte> input, out int length, out string? error)
    {
        length = 0;
        error = null;
        if (!TryFindLineEnd(input, 0, out var end, out var isTooLong))
        {
            if (!isTooLong) return ParseResult.Incomplete;
            error = "too big inline request";
            return ParseResult.Malformed;
        }

        length = end + 1;
        if (end > 0 && input[end - 1] == '\r') end--;
        if (_line.Length < end) _line = new byte[Math.Max(256, end)];
        if (TrySplit(input[..end])) return ParseResult.Command;
        error = "unbalanced quotes in request";
        return ParseResult.Malformed;
    }

    /// <summary>Splits a line into words; "…" knows the escapes of C, '…' only \'. A word is never longer than what it was
    /// written as.</summary>
    private bool TrySplit(ReadOnlySpan<byte> line)
    {
        _words = 0;
        var used = 0;
        var at = 0;
        while (true)
        {
            while (at < line.Length && (line[at] == ' ' || line[at] is >= 9 and <= 13)) at++;
            if (at == line.Length || line[at] == 0) return true;

            var start = used;
            var quote = (byte)0;
            while (true)
            {
                var ended = at == line.Length;
                if (ended && quote != 0) return false;
                if (ended) break;

                var c = line[at++];
                if (quote == 0)
                {
                    if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or 0)
                    {
                        if (c == 0) at = line.Length;
                        break;
                    }

                    if (c is (byte)'"' or (byte)'\'') quote = c;
                    else _line[used++] = c;
                }
                else if (c == quote)
                {
                    // A closing quote ends the word.
                    if (at < line.Length && line[at] != ' ' && line[at] is not (>= 9 and <= 13) and not 0) return false;
                    break;
                }
                else if (c == '\\' && at < line.Length && (quote == '"' || line[at] == '\''))
                {
                    _line[used++] = Unescape(line, ref at);
                }
                else
                {
                    _line[used++] = c;
                }
            }

            AddWord(start, used - start);
        }
    }

    /// <summary>The byte that stands after a backslash at <paramref name="at"/>.</summary>
    private static byte Unescape(ReadOnlySpan<byte> line, ref int at)
    {
        var c = line[at++];
        if (c == 'x'
            && at + 1 < line.Length && Utf8Parser.TryParse(line.Slice(at, 2), out byte value, out var digits, 'x') && digits == 2)
        {
            at += 2;
            return value;
        }

        return c switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => 7,
            _ => c,
        };
    }

    private void AddWord(int start, int length)
    {
        if (_words == _ranges.Length) Array.Resize(ref _ranges, _words * 2);
        _ranges[_words++] = new ArgRange(start, length);
    }
}
