namespace Quorate.Replication;

/// <summary>Redis Cluster's slot of a key: CRC-16/XMODEM of the key, or of its <c>{tag}</c>, modulo 16384.</summary>
public static class KeySlot
{
    /// <summary>Slots there are.</summary>
    public const int Count = 16384;

    /// <summary>What one byte makes of the check sum: eight steps of a bit at once.</summary>
    private static readonly ushort[] OfByte = MakeTable();

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
        foreach (var value in bytes) crc = ((crc << 8) & 0xFFFF) ^ OfByte[(crc >> 8) ^ value];
        return crc;
    }

    private static ushort[] MakeTable()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = i << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? ((crc << 1) ^ 0x1021) & 0xFFFF : crc << 1;
            table[i] = (ushort)crc;
        }

        return table;
    }
}
