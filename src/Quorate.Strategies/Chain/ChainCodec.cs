using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>Reads back what <see cref="Message.Encode"/> of the chain's messages wrote.</summary>
public static class ChainCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 3 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            Forward.WireKind => Forward.Decode(ref reader),
            Acknowledge.WireKind => Acknowledge.Decode(ref reader),
            Resume.WireKind => Resume.Decode(ref reader),
            VersionQuery.WireKind => VersionQuery.Decode(ref reader),
            VersionReply.WireKind => VersionReply.Decode(ref reader),
            SnapshotPiece.WireKind => SnapshotPiece.Decode(ref reader),
            SnapshotAck.WireKind => SnapshotAck.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
