using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.Leaderless;

/// <summary>Leaderless replication as the node knows it.</summary>
public sealed class LeaderlessEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.Leaderless;

    public override bool ReadsWaitForWrites => true;

    public override ushort MessageBlock => LeaderlessCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        LeaderlessCodec.TryDecode(kind, body, out message);

    public override int PartitionsBy(StrategySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Get<LeaderlessOptions>().Partitions;
    }

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var policy = setup.Policy;
        var options = setup.Settings.Get<LeaderlessOptions>() with
        {
            N = policy.N,
            R = policy.R,
            W = policy.W,
            Sloppy = policy.Sloppy,
            Linearizable = policy.Reads == ReadConsistency.Linearizable,
            Durable = setup.IsDurable,
        };
        return new LeaderlessReplica(
            setup.Self, options, setup.MergeMachine, setup.Keys, setup.Snapshots, setup.Incarnation, setup.Seed,
            setup.Rules.Get<LeaderlessRules>());
    }
}
