using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>Reads back what <see cref="Message.Encode"/> of the messages of primary-backup groups wrote.</summary>
public static class PrimaryCodec
{
    /// <summary>The first and the last kind of message that belong to primary-backup.</summary>
    public const byte FirstKind = 64;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 95;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            Append.KindByte => Append.Decode(ref reader),
            AppendResponse.KindByte => AppendResponse.Decode(ref reader),
            Announce.KindByte => Announce.Decode(ref reader),
            InstallSnapshot.KindByte => InstallSnapshot.Decode(ref reader),
            InstallSnapshotResponse.KindByte => InstallSnapshotResponse.Decode(ref reader),
            Changes.KindByte => Changes.Decode(ref reader),
            ReadIndex.KindByte => ReadIndex.Decode(ref reader),
            ReadIndexResponse.KindByte => ReadIndexResponse.Decode(ref reader),
            HistoryQuery.KindByte => HistoryQuery.Decode(ref reader),
            HistoryReply.KindByte => HistoryReply.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
