namespace Quorate.Replication;

/// <summary>Redis Cluster's slot of a key: CRC-16/XMODEM of the key, or of its <c>{tag}</c>, modulo 16384.</summary>
public static class KeySlot
{
    /// <summary>Slots there are.</summary>
    public const int Count = 16384;

    /// <summary>0 to 16383.</summary>
    public static int Of(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open >= 0)
        {
            var length = key[(open + 1)..].IndexOf((byte)'}');
            if (length > 0) key = key.Slice(open + 1, length);
        }

        return Crc16(key) % Count;
    }

    private static int Crc16(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var value in bytes)
        {
            crc ^= value << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? ((crc << 1) ^ 0x1021) & 0xFFFF : crc << 1;
        }

        return crc;
    }
}
