using Quorate.Replication.Policies;

namespace Quorate.Replication.Guarantees;

internal sealed class RaftPromise : StrategyPromise
{
    public override string Available(Guarantee guarantee) => "Writes and linearizable reads are refused while fewer than "
        + $"{guarantee.WritersNeeded} of {guarantee.Policy.Replicas} replicas can reach each other.";

    public override string? AckProblem(Policy policy) => policy.Ack == Ack.Majority
        ? null
        : $"{PolicyWords.Of(policy.Strategy)} acknowledges by majority; for ack {PolicyWords.Of(policy.Ack)} use strategy "
            + "primary";

    public override string WhyNoStandby(Policy policy) =>
        $"{PolicyWords.Of(policy.Strategy)} has voters only, all of them fed by the leader";
}
