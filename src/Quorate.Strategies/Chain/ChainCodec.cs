using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>Reads back what <see cref="Message.Encode"/> of the chain's messages wrote.</summary>
public static class ChainCodec
{
    /// <summary>The first and the last kind of message that belong to chain.</summary>
    public const byte FirstKind = 96;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 127;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            Forward.KindByte => Forward.Decode(ref reader),
            Acknowledge.KindByte => Acknowledge.Decode(ref reader),
            Resume.KindByte => Resume.Decode(ref reader),
            VersionQuery.KindByte => VersionQuery.Decode(ref reader),
            VersionReply.KindByte => VersionReply.Decode(ref reader),
            SnapshotPiece.KindByte => SnapshotPiece.Decode(ref reader),
            SnapshotAck.KindByte => SnapshotAck.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
