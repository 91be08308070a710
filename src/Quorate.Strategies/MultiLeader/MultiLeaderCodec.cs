using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Reads back what <see cref="Message.Encode"/> of the messages of multi-leader groups wrote.</summary>
public static class MultiLeaderCodec
{
    /// <summary>The first and the last kind of message that belong to multi-leader groups.</summary>
    public const byte FirstKind = 128;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 159;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new PackedReader(body.Span);
        message = kind switch
        {
            Deltas.KindByte => Deltas.Decode(ref reader, body),
            Told.KindByte => Told.Decode(ref reader),
            Pull.KindByte => Pull.Decode(ref reader),
            States.KindByte => States.Decode(ref reader, body),
            Changes.KindByte => Changes.Decode(ref reader, body),
            ChangesResponse.KindByte => ChangesResponse.Decode(ref reader),
            Compare.KindByte => Compare.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
