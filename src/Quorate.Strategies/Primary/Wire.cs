using System.Buffers;
using System.Buffers.Binary;

namespace Quorate.Strategies.Primary;

/// <summary>Reads fixed-size fields; once something was missing, every later answer is false.</summary>
internal ref struct WireReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;

    public bool TryInt64(out long value)
    {
        var ok = BinaryPrimitives.TryReadInt64LittleEndian(_rest.Span, out value);
        if (ok) _rest = _rest[sizeof(long)..];
        else Fail();
        return ok;
    }

    /// <summary>A number that is never negative: terms, indices, counts.</summary>
    public bool TryNatural(out long value) => TryInt64(out value) && value >= 0;

    public bool TryFlags(byte known, out byte flags)
    {
        flags = 0;
        if (_rest.IsEmpty) return false;
        flags = _rest.Span[0];
        _rest = _rest[1..];
        return (flags & ~known) == 0;
    }

    /// <summary>Bytes with their length before them.</summary>
    public bool TryBytes(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!TryNatural(out var length) || length > _rest.Length) return false;
        bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest.Span;
        _rest = default;
        return rest;
    }

    /// <summary>True when nothing is left over.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    private void Fail() => _rest = default;
}

internal static class Wire
{
    public static void Write(IBufferWriter<byte> output, params ReadOnlySpan<long> values)
    {
        var span = output.GetSpan(values.Length * sizeof(long));
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(span[(i * sizeof(long))..], values[i]);
        output.Advance(values.Length * sizeof(long));
    }

    public static void WriteFlags(IBufferWriter<byte> output, byte flags)
    {
        output.GetSpan(1)[0] = flags;
        output.Advance(1);
    }

    public static void WriteBytes(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Write(output, bytes.Length);
        output.Write(bytes);
    }
}
