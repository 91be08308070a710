using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.Primary;

/// <summary>Primary-backup as the node knows it.</summary>
public sealed class PrimaryEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.Primary;

    public override ushort MessageBlock => PrimaryCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        PrimaryCodec.TryDecode(kind, body, out message);

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        return new PrimaryReplica(
            setup.Self,
            setup.Settings.Get<PrimaryOptions>().With(setup.Policy) with { Durable = setup.IsDurable, Blocks = setup.Blocks },
            setup.StateMachine(),
            setup.Snapshots,
            setup.LostAndFound,
            setup.Incarnation,
            setup.Rules.Get<PrimaryRules>());
    }
}
