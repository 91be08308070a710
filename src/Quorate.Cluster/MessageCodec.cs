using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Primary;
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
                return RaftCodec.TryDecode(kind, body, out message);
            case 2:
                return PrimaryCodec.TryDecode(kind, body, out message);
            case 3:
                return ChainCodec.TryDecode(kind, body, out message);
            case 4:
                return MultiLeaderCodec.TryDecode(kind, body, out message);
            case 5:
                return LeaderlessCodec.TryDecode(kind, body, out message);
            case 6:
                return CasPaxosCodec.TryDecode(kind, body, out message);
            default:
                return false;
        }
    }
}
