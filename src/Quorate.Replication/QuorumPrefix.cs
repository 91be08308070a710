using System.Buffers;

namespace Quorate.Replication;

/// <summary>
/// What a client chose for one request of a leaderless keyspace, in front of the command's payload: [0xF0][r][w]. No entry begins
/// with that byte.
/// </summary>
public static class QuorumPrefix
{
    private const byte Mark = 0xF0;
    private const int Length = 3;

    /// <summary>Writes the prefix; the command's payload goes behind it.</summary>
    /// <param name="r">Holders that a read asks, 1 and up; 0: as the keyspace has it.</param>
    /// <param name="w">Holders that have a write durably before it is acknowledged, 1 and up; 0: as the keyspace has it.</param>
    public static void Write(IBufferWriter<byte> output, int r, int w) =>
        output.Write([Mark, checked((byte)r), checked((byte)w)]);

    /// <summary>Takes the prefix off, if there is one; without, both numbers are 0.</summary>
    public static ReadOnlySpan<byte> TakeOff(ReadOnlySpan<byte> payload, out int r, out int w)
    {
        (r, w) = (0, 0);
        if (payload.Length < Length || payload[0] != Mark) return payload;
        (r, w) = (payload[1], payload[2]);
        return payload[Length..];
    }
}
