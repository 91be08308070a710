using System.Buffers.Text;
using System.Text;

namespace Quorate.Resp;

/// <summary>
/// Writes replies in RESP2 or RESP3 into a buffer of its own that grows and is reused. A discarding writer takes the
/// same calls and keeps nothing: replicas execute commands whose client is elsewhere. Not thread-safe.
/// </summary>
public sealed class RespWriter
{
    private byte[] _buffer = [];
    private int _length;

    /// <summary>A writer that keeps nothing.</summary>
    public static RespWriter Discarding() => new() { IsDiscarding = true };

    public bool IsDiscarding { get; private init; }

    /// <summary>2 or 3: the protocol the client asked for with HELLO.</summary>
    public int Protocol { get; set; } = 2;

    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Forgets what was written; gives a buffer that grew large back to the garbage collector.</summary>
    public void Clear()
    {
        _length = 0;
        if (_buffer.Length > 1 << 20) _buffer = [];
    }

    /// <summary>Takes back what was written since the length was <paramref name="length"/>.</summary>
    public void Truncate(int length) => _length = length;

    /// <summary>Bytes that already are RESP, e.g. a reply that another node wrote.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (IsDiscarding) return;
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    public void Ok() => Raw("+OK\r\n"u8);

    public void Simple(ReadOnlySpan<byte> text)
    {
        if (IsDiscarding) return;
        var span = Reserve(text.Length + 3);
        span[0] = (byte)'+';
        text.CopyTo(span[1..]);
        "\r\n"u8.CopyTo(span[(text.Length + 1)..]);
        _length += text.Length + 3;
    }

    /// <summary>An error, prefix included and without CR or LF, e.g. <c>ERR syntax error</c>.</summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        if (IsDiscarding) return;
        var span = Reserve(text.Length + 3);
        span[0] = (byte)'-';
        text.CopyTo(span[1..]);
        for (var i = 1; i <= text.Length; i++)
            if (span[i] is (byte)'\r' or (byte)'\n') span[i] = (byte)' ';
        "\r\n"u8.CopyTo(span[(text.Length + 1)..]);
        _length += text.Length + 3;
    }

    public void Error(string text)
    {
        if (!IsDiscarding) Error(Encoding.UTF8.GetBytes(text));
    }

    public void Integer(long value) => Header((byte)':', value);

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        if (IsDiscarding) return;
        Header((byte)'$', bytes.Length);
        var span = Reserve(bytes.Length + 2);
        bytes.CopyTo(span);
        "\r\n"u8.CopyTo(span[bytes.Length..]);
        _length += bytes.Length + 2;
    }

    public void Bulk(string text)
    {
        if (!IsDiscarding) Bulk(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A bulk string with the decimal digits of <paramref name="value"/>.</summary>
    public void BulkInteger(long value)
    {
        if (IsDiscarding) return;
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var n);
        Bulk(digits[..n]);
    }

    /// <summary>Text for people: a verbatim string in RESP3, a bulk string in RESP2.</summary>
    public void Verbatim(ReadOnlySpan<byte> text)
    {
        if (IsDiscarding) return;
        if (Protocol < 3)
        {
            Bulk(text);
            return;
        }

        Header((byte)'=', text.Length + 4);
        Raw("txt:"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>The absent value: null in RESP3, the null bulk string in RESP2.</summary>
    public void Null() => Raw(Protocol >= 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>The absent array: null in RESP3, the null array in RESP2.</summary>
    public void NullArray() => Raw(Protocol >= 3 ? "_\r\n"u8 : "*-1\r\n"u8);

    /// <summary>A double in RESP3, its shortest round-trip text as a bulk string in RESP2.</summary>
    public void Double(double value)
    {
        if (IsDiscarding) return;
        var text = double.IsPositiveInfinity(value) ? "inf" : double.IsNegativeInfinity(value) ? "-inf"
            : value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        if (Protocol < 3)
        {
            Bulk(text);
            return;
        }

        Raw(","u8);
        Raw(Encoding.ASCII.GetBytes(text));
        Raw("\r\n"u8);
    }

    /// <summary>A boolean in RESP3, 1 or 0 in RESP2.</summary>
    public void Boolean(bool value)
    {
        if (Protocol >= 3) Raw(value ? "#t\r\n"u8 : "#f\r\n"u8);
        else Integer(value ? 1 : 0);
    }

    /// <summary>Begins an array; exactly <paramref name="count"/> values must follow.</summary>
    public void Array(int count) => Header((byte)'*', count);

    /// <summary>Begins a map of <paramref name="pairs"/> keys and values; in RESP2 a flat array of both.</summary>
    public void Map(int pairs)
    {
        if (Protocol >= 3) Header((byte)'%', pairs);
        else Header((byte)'*', pairs * 2L);
    }

    /// <summary>Begins a set; in RESP2 an array.</summary>
    public void Set(int count) => Header(Protocol >= 3 ? (byte)'~' : (byte)'*', count);

    /// <summary>Begins an out-of-band push (RESP3 only; an array in RESP2, as pub/sub does it).</summary>
    public void Push(int count) => Header(Protocol >= 3 ? (byte)'>' : (byte)'*', count);

    private void Header(byte type, long value)
    {
        if (IsDiscarding) return;
        var span = Reserve(24);
        span[0] = type;
        Utf8Formatter.TryFormat(value, span[1..], out var n);
        span[n + 1] = (byte)'\r';
        span[n + 2] = (byte)'\n';
        _length += n + 3;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes) Grow(bytes);
        return _buffer.AsSpan(_length);
    }

    private void Grow(int bytes)
    {
        var capacity = (int)Math.Min(System.Array.MaxLength, Math.Max(Math.Max(256, _buffer.Length * 2L), (long)_length + bytes));
        System.Array.Resize(ref _buffer, capacity);
    }
}
