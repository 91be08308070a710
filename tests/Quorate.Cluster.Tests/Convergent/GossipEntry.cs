using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Tests.Convergent;

/// <summary>Runs another replica in place of multileader's.</summary>
internal sealed class GossipEntry(Func<ReplicaSetup, IReplica> make) : StrategyEntry
{
    public override Strategy Strategy => Strategy.MultiLeader;

    public override GroupKind Kind => GroupKind.Merging;

    public override ushort MessageBlock => 0x7F * Message.BlockLength;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = null;
        return false;
    }

    public override IReplica MakeReplica(ReplicaSetup setup) => make(setup);
}
