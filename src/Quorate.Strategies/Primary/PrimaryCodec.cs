using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>Reads back what <see cref="Message.Encode"/> of the messages of primary-backup groups wrote.</summary>
public static class PrimaryCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 2 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            Append.WireKind => Append.Decode(ref reader),
            AppendResponse.WireKind => AppendResponse.Decode(ref reader),
            Announce.WireKind => Announce.Decode(ref reader),
            InstallSnapshot.WireKind => InstallSnapshot.Decode(ref reader),
            InstallSnapshotResponse.WireKind => InstallSnapshotResponse.Decode(ref reader),
            Changes.WireKind => Changes.Decode(ref reader),
            ReadIndex.WireKind => ReadIndex.Decode(ref reader),
            ReadIndexResponse.WireKind => ReadIndexResponse.Decode(ref reader),
            HistoryQuery.WireKind => HistoryQuery.Decode(ref reader),
            HistoryReply.WireKind => HistoryReply.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
