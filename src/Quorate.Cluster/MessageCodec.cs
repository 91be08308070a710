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
    public static bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = null;
        switch (kind / Message.BlockLength * Message.BlockLength)
        {
            case RaftCodec.Block:
                return RaftCodec.TryDecode(kind, body, out message);
            case PrimaryCodec.Block:
                return PrimaryCodec.TryDecode(kind, body, out message);
            case ChainCodec.Block:
                return ChainCodec.TryDecode(kind, body, out message);
            case MultiLeaderCodec.Block:
                return MultiLeaderCodec.TryDecode(kind, body, out message);
            case LeaderlessCodec.Block:
                return LeaderlessCodec.TryDecode(kind, body, out message);
            case CasPaxosCodec.Block:
                return CasPaxosCodec.TryDecode(kind, body, out message);
            default:
                return false;
        }
    }
}
