using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>Reads back what <see cref="Message.Encode"/> of the strategy's messages wrote.</summary>
public static class CasPaxosCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 6 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = kind switch
        {
            Proposal.WireKind => Proposal.Decode(body),
            Confirmation.WireKind => Confirmation.Decode(body),
            SeedRequest.WireKind => SeedRequest.Decode(body),
            SeedPiece.WireKind => SeedPiece.Decode(body),
            _ => (Message?)null,
        };
        return message is not null;
    }
}
