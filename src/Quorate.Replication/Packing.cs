using System.Buffers;

namespace Quorate.Replication;

/// <summary>Writes numbers in seven bits a byte, the low ones first, and bytes with their length before them.</summary>
public static class Packing
{
    /// <summary>The longest a number can get, in bytes.</summary>
    public const int LongestNumber = 10;

    public static void WriteNumber(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(LongestNumber);
        var at = 0;
        for (; value >= 0x80; value >>= 7) span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        output.Advance(at);
    }

    /// <summary>A number that is never negative.</summary>
    public static void WriteNatural(IBufferWriter<byte> output, long value)
    {
        Invariant.Require(value >= 0, "a natural number is not negative");
        WriteNumber(output, (ulong)value);
    }

    /// <summary>A number of either sign; small ones of either sign are short.</summary>
    public static void WriteSigned(IBufferWriter<byte> output, long value) =>
        WriteNumber(output, (ulong)(value << 1) ^ (ulong)(value >> 63));

    public static void WriteByte(IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public static void WriteBytes(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        WriteNumber(output, (ulong)bytes.Length);
        output.Write(bytes);
    }
}

/// <summary>Reads what <see cref="Packing"/> writes from bytes that may be anything. Never throws.</summary>
public ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    /// <summary>False: cut off, or longer than it need be.</summary>
    public bool TryNumber(out ulong value)
    {
        value = 0;
        for (var i = 0; i < _rest.Length && i < Packing.LongestNumber; i++)
        {
            var b = _rest[i];
            if (i == Packing.LongestNumber - 1 && b > 1) return false;
            value |= (ulong)(b & 0x7F) << (i * 7);
            if (b >= 0x80) continue;
            if (b == 0 && i > 0) return false;
            _rest = _rest[(i + 1)..];
            return true;
        }

        return false;
    }

    public bool TryNatural(out long value)
    {
        var ok = TryNumber(out var number) && number <= long.MaxValue;
        value = ok ? (long)number : 0;
        return ok;
    }

    public bool TrySigned(out long value)
    {
        var ok = TryNumber(out var number);
        value = (long)(number >> 1) ^ -(long)(number & 1);
        return ok;
    }

    /// <summary>How many things of at least <paramref name="leastBytes"/> each follow. A count that the remaining bytes
    /// cannot hold is refused, so memory may be asked for by it.</summary>
    public bool TryCount(int leastBytes, out int count)
    {
        count = 0;
        if (!TryNumber(out var number) || number > (ulong)(_rest.Length / leastBytes)) return false;
        count = (int)number;
        return true;
    }

    public bool TryByte(out byte value)
    {
        value = 0;
        if (_rest.IsEmpty) return false;
        value = _rest[0];
        _rest = _rest[1..];
        return true;
    }

    public bool TryBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryCount(1, out var length)) return false;
        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    /// <summary>A node; real ids are 1 and up.</summary>
    public bool TryNode(out NodeId node)
    {
        var ok = TryNumber(out var number) && number is > 0 and <= int.MaxValue;
        node = ok ? new NodeId((int)number) : default;
        return ok;
    }
}
