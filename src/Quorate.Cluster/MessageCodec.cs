using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster;

/// <summary>Reads the messages of every strategy; each has a block of kinds of its own.</summary>
internal static class MessageCodec
{
    public static bool TryDecode(byte kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = null;
        switch (kind >> 5)
        {
            case 1:
                var isRaft = RaftCodec.TryDecode(kind, body, out var raft);
                message = raft;
                return isRaft;
            default:
                return false;
        }
    }
}
