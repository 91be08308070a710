using System.Buffers.Binary;

namespace Quorate.Replication;

/// <summary>
/// A fixed hash of bytes: the same on every node and in every version, and well mixed, because keys such as
/// <c>key:000000012345</c> differ in a few low bits only. Multiply-and-fold after wyhash.
/// </summary>
public static class Hash
{
    private const ulong K0 = 0xA0761D6478BD642F;
    private const ulong K1 = 0xE7037ED1A0B428DB;
    private const ulong K2 = 0x8EBC6AF09C88C6E3;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        var seed = K0;
        while (bytes.Length > 16)
        {
            seed = Fold(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ K1,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ seed);
            bytes = bytes[16..];
        }

        ulong a, b;
        if (bytes.Length >= 8)
        {
            a = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            b = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);
        }
        else if (bytes.Length >= 4)
        {
            a = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        }
        else
        {
            a = 0;
            b = 0;
            foreach (var x in bytes) a = (a << 8) | x;
        }

        return Fold(K1 ^ (ulong)length, Fold(a ^ K1, b ^ seed) ^ K2);
    }

    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
