namespace Quorate.Data.Snapshots;

/// <summary>Bytes of a known length that come in parts. Memory grows with what has come, not with what was announced.</summary>
internal sealed class GrowingBytes
{
    private const int FirstLength = 1 << 20;

    private byte[] _bytes = [];
    private int _end;
    private int _length;

    public bool IsWhole => _length == _end;

    /// <param name="length">bytes to come</param>
    public void Begin(int length)
    {
        _length = 0;
        _end = length;
        _bytes = new byte[Math.Min(_end, FirstLength)];
    }

    /// <summary>False: more than announced.</summary>
    public bool TryAppend(ReadOnlySpan<byte> part)
    {
        if (part.Length > _end - _length) return false;
        if (_bytes.Length - _length < part.Length)
            Array.Resize(ref _bytes, (int)Math.Min(_end, Math.Max(_length + (long)part.Length, _bytes.Length * 2L)));
        part.CopyTo(_bytes.AsSpan(_length));
        _length += part.Length;
        return true;
    }

    /// <summary>The whole bytes; they are the caller's now.</summary>
    public byte[] Take()
    {
        var whole = _bytes;
        _bytes = [];
        _length = _end = 0;
        return whole;
    }
}
