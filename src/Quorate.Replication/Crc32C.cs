using System.Buffers.Binary;
using System.Numerics;

namespace Quorate.Replication;

/// <summary>CRC-32C (Castagnoli), the checksum of journal records, snapshot pieces and peer frames.</summary>
public static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Update(0xFFFF_FFFF, bytes);

    /// <summary>Goes on from <paramref name="state"/>; begin with all ones and invert at the end.</summary>
    public static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes) state = BitOperations.Crc32C(state, b);
        return state;
    }
}
