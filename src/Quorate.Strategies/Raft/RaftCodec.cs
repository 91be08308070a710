using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Reads back what <see cref="Message.Encode"/> of raft's messages wrote.</summary>
public static class RaftCodec
{
    /// <summary>The first and the last kind of message that belong to raft.</summary>
    public const byte FirstKind = 32;

    /// <summary>See <see cref="FirstKind"/>.</summary>
    public const byte LastKind = 63;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are not a message of that kind.</summary>
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        var reader = new WireReader(body);
        message = kind switch
        {
            RequestVote.KindByte => RequestVote.Decode(ref reader),
            RequestVoteResponse.KindByte => RequestVoteResponse.Decode(ref reader),
            AppendEntries.KindByte => AppendEntries.Decode(ref reader),
            AppendEntriesResponse.KindByte => AppendEntriesResponse.Decode(ref reader),
            InstallSnapshot.KindByte => InstallSnapshot.Decode(ref reader),
            InstallSnapshotResponse.KindByte => InstallSnapshotResponse.Decode(ref reader),
            TimeoutNow.KindByte => TimeoutNow.Decode(ref reader),
            ReadIndex.KindByte => ReadIndex.Decode(ref reader),
            Quiesce.KindByte => Quiesce.Decode(ref reader),
            QuiesceResponse.KindByte => QuiesceResponse.Decode(ref reader),
            ReadIndexResponse.KindByte => ReadIndexResponse.Decode(ref reader),
            _ => (Message?)null,
        };
        if (message is not null && reader.IsAtEnd) return true;
        message = null;
        return false;
    }
}
