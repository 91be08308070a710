using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>Reads back what <see cref="Message.Encode"/> of the strategy's messages wrote.</summary>
public static class CasPaxosCodec
{
    /// <summary>The first and the last kind of message that belong to CASPaxos.</summary>
    public const byte FirstKind = 192;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 223;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = kind switch
        {
            Proposal.KindByte => Proposal.Decode(body),
            Confirmation.KindByte => Confirmation.Decode(body),
            SeedRequest.KindByte => SeedRequest.Decode(body),
            SeedPiece.KindByte => SeedPiece.Decode(body),
            _ => (Message?)null,
        };
        return message is not null;
    }
}
