using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Reads back what <see cref="Message.Encode"/> of the messages of multi-leader groups wrote.</summary>
public static class MultiLeaderCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 4 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new PackedReader(body.Span);
        message = kind switch
        {
            Deltas.WireKind => Deltas.Decode(ref reader, body),
            Told.WireKind => Told.Decode(ref reader),
            Pull.WireKind => Pull.Decode(ref reader),
            States.WireKind => States.Decode(ref reader, body),
            Changes.WireKind => Changes.Decode(ref reader, body),
            ChangesResponse.WireKind => ChangesResponse.Decode(ref reader),
            Compare.WireKind => Compare.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
