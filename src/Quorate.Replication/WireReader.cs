using System.Buffers.Binary;

namespace Quorate.Replication;

/// <summary>Reads what <see cref="Wire"/> writes, from bytes that may be anything. Never throws. Once a field was cut off,
/// nothing is left to be read and every later answer is false.</summary>
public ref struct WireReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;

    /// <summary>A number of either sign.</summary>
    public bool TryInt64(out long value)
    {
        var ok = BinaryPrimitives.TryReadInt64LittleEndian(_rest.Span, out value);
        _rest = ok ? _rest[sizeof(long)..] : default;
        return ok;
    }

    /// <summary>A number that is never negative: terms, indices, counts.</summary>
    public bool TryNatural(out long value) => TryInt64(out value) && value >= 0;

    /// <summary>False: there is no byte, or it has bits besides those of <paramref name="known"/>.</summary>
    public bool TryFlags(byte known, out byte flags)
    {
        flags = 0;
        if (_rest.IsEmpty) return false;
        flags = _rest.Span[0];
        _rest = _rest[1..];
        return (flags & ~known) == 0;
    }

    /// <summary>Bytes with their length before them; they stay where they are, in the memory that is read.</summary>
    public bool TryBytes(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!TryNatural(out var length) || length > _rest.Length) return false;
        bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>All that is left; afterwards nothing is.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest.Span;
        _rest = default;
        return rest;
    }

    /// <summary>True when nothing is left over.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;
}
