using System.Buffers;
using System.Buffers.Binary;

namespace Quorate.Replication;

/// <summary>Writes fields of fixed size, little-endian: what <see cref="WireReader"/> reads back. Strategies with one log
/// use it, whose messages are few and large; those with a message per key write shorter numbers
/// (<see cref="Packing"/>).</summary>
public static class Wire
{
    /// <summary>Each number in eight bytes.</summary>
    public static void Write(IBufferWriter<byte> output, params ReadOnlySpan<long> values)
    {
        var span = output.GetSpan(values.Length * sizeof(long));
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(span[(i * sizeof(long))..], values[i]);
        output.Advance(values.Length * sizeof(long));
    }

    /// <summary>One byte; each flag has a bit of its own.</summary>
    public static void WriteFlags(IBufferWriter<byte> output, byte flags)
    {
        output.GetSpan(1)[0] = flags;
        output.Advance(1);
    }

    /// <summary>The bytes with their length before them.</summary>
    public static void WriteBytes(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Write(output, bytes.Length);
        output.Write(bytes);
    }
}
