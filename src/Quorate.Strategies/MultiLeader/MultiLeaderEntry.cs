using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Multi-leader replication as the node knows it.</summary>
public sealed class MultiLeaderEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.MultiLeader;

    public override ushort MessageBlock => MultiLeaderCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        MultiLeaderCodec.TryDecode(kind, body, out message);

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var options = setup.Settings.Get<MultiLeaderOptions>().With(setup.Policy) with
        {
            Durable = setup.IsDurable,
            RegionOf = setup.RegionOf,
            Topology = setup.Policy.Topology,
        };
        return new MultiLeaderReplica(
            setup.Self, options, setup.MergeMachine(0), setup.Snapshots, setup.Incarnation, setup.Rules.Get<MultiLeaderRules>());
    }
}
