using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Reads back what <see cref="Message.Encode"/> of raft's messages wrote.</summary>
public static class RaftCodec
{
    /// <summary>The kinds of this strategy's messages: from here on <see cref="Message.BlockLength"/>.</summary>
    public const ushort Block = 1 * Message.BlockLength;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            RequestVote.WireKind => RequestVote.Decode(ref reader),
            RequestVoteResponse.WireKind => RequestVoteResponse.Decode(ref reader),
            AppendEntries.WireKind => AppendEntries.Decode(ref reader),
            AppendEntriesResponse.WireKind => AppendEntriesResponse.Decode(ref reader),
            InstallSnapshot.WireKind => InstallSnapshot.Decode(ref reader),
            InstallSnapshotResponse.WireKind => InstallSnapshotResponse.Decode(ref reader),
            TimeoutNow.WireKind => TimeoutNow.Decode(ref reader),
            ReadIndex.WireKind => ReadIndex.Decode(ref reader),
            Quiesce.WireKind => Quiesce.Decode(ref reader),
            QuiesceResponse.WireKind => QuiesceResponse.Decode(ref reader),
            ReadIndexResponse.WireKind => ReadIndexResponse.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
