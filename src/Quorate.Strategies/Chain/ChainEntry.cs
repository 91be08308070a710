using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.Chain;

/// <summary>Chain replication as the node knows it.</summary>
public sealed class ChainEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.Chain;

    /// <summary>A chain tells clean keys from dirty ones. [CRAQ §2.3]</summary>
    public override bool WantsKeyHash => true;

    /// <summary>With CRAQ every replica knows the newest of what nobody is writing; else only the tail does.</summary>
    public override NodeId NewestIsAt(Policy policy, IReadOnlyList<NodeId> inSync, NodeId leader)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(inSync);
        return policy.Reads == ReadConsistency.Tail && inSync.Count > 0 ? inSync[^1] : NodeId.None;
    }

    public override ushort MessageBlock => ChainCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        ChainCodec.TryDecode(kind, body, out message);

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var options = setup.Settings.Get<ChainOptions>() with
        {
            Craq = setup.Policy.Reads != ReadConsistency.Tail,
            Durable = setup.IsDurable,
            Blocks = setup.Blocks,
            MinInSync = setup.Policy.MinInSync,
        };
        return new ChainReplica(
            setup.Self, options, setup.StateMachine(), setup.Snapshots, setup.Incarnation, setup.Rules.Get<ChainRules>());
    }
}
