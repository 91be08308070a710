using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Strategies.CasPaxos;

/// <summary>CASPaxos, which people know as strategy leaderless with consensus on as the node knows it.</summary>
public sealed class CasPaxosEntry : StrategyEntry
{
    public override Strategy Strategy => Strategy.Leaderless;

    public override bool IsConsensus => true;

    public override GroupKind Kind => GroupKind.Registers;

    public override bool ReadsWaitForWrites => true;

    public override ushort MessageBlock => CasPaxosCodec.Block;

    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        CasPaxosCodec.TryDecode(kind, body, out message);

    public override IReplica MakeReplica(ReplicaSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var options = setup.Settings.Get<CasPaxosOptions>() with { Acceptors = setup.Policy.N, Durable = setup.IsDurable };
        return new CasPaxosReplica(
            setup.Self, options, setup.RegisterMachine(), setup.Snapshots, setup.Incarnation, setup.Seed,
            setup.Rules.Get<CasPaxosRules>());
    }
}
