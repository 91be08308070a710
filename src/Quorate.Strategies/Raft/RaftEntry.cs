using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.Raft;

/// <summary>Raft as the node knows it.</summary>
public sealed class RaftEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.Raft;

    public override ushort MessageBlock => RaftCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        RaftCodec.TryDecode(kind, body, out message);

    public override PingRhythm? PingsBy(StrategySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = settings.Get<RaftOptions>();
        return new PingRhythm(options.HeartbeatTicks, options.ElectionTimeoutTicks - options.HeartbeatTicks);
    }

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        return new RaftReplica(
            setup.Self,
            new Configuration(setup.Members),
            setup.Settings.Get<RaftOptions>() with { Durable = setup.IsDurable, Blocks = setup.Blocks },
            setup.StateMachine(),
            setup.Snapshots,
            setup.Seed,
            setup.Incarnation,
            setup.Rules.Get<RaftRules>(),
            setup.Peers);
    }
}
