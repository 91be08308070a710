using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Reads back what <see cref="Message.Encode"/> of the leaderless messages wrote.</summary>
public static class LeaderlessCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 5 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new MessageReader(body);
        message = kind switch
        {
            Ping.WireKind => Ping.Decode(ref reader),
            Coordinate.WireKind => Coordinate.Decode(ref reader),
            CoordinateReply.WireKind => CoordinateReply.Decode(ref reader),
            Store.WireKind => Store.Decode(ref reader, body),
            Stored.WireKind => Stored.Decode(ref reader),
            Query.WireKind => Query.Decode(ref reader),
            State.WireKind => State.Decode(ref reader),
            Compare.WireKind => Compare.Decode(ref reader),
            Compared.WireKind => Compared.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
