using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Reads back what <see cref="Message.Encode"/> of the leaderless messages wrote.</summary>
public static class LeaderlessCodec
{
    /// <summary>The first and the last kind of message that belong to leaderless.</summary>
    public const byte FirstKind = 160;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 191;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new MessageReader(body);
        message = kind switch
        {
            Ping.KindByte => Ping.Decode(ref reader),
            Coordinate.KindByte => Coordinate.Decode(ref reader),
            CoordinateReply.KindByte => CoordinateReply.Decode(ref reader),
            Store.KindByte => Store.Decode(ref reader, body),
            Stored.KindByte => Stored.Decode(ref reader),
            Query.KindByte => Query.Decode(ref reader),
            State.KindByte => State.Decode(ref reader),
            Compare.KindByte => Compare.Decode(ref reader),
            Compared.KindByte => Compared.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
