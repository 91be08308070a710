using Quorate.Replication.Policies;

namespace Quorate.Replication.Guarantees;

internal sealed class ChainPromise : StrategyPromise
{
    public override string AcknowledgedBy(Guarantee guarantee) => "of every replica of the chain, which is never shorter than "
        + GuaranteeText.Count(guarantee.Policy.MinInSync, "replica");

    public override string Available(Guarantee guarantee) => guarantee.Policy.MinInSync > 1
        ? "Writes wait while a dead replica is taken out of the chain, and are refused below "
            + $"{GuaranteeText.Count(guarantee.Policy.MinInSync, "replica")}; reads of the newest value wait too when the dead "
            + "replica is the tail."
        : "Writes wait while a dead replica is taken out of the chain; reads of the newest value wait too when the dead replica "
            + "is the tail.";

    public override string? AckProblem(Policy policy) => policy.Ack == Ack.Sync
        ? null
        : "a chain acknowledges when its tail has the write, which is ack sync; for ack "
            + $"{PolicyWords.Of(policy.Ack)} use strategy primary";

    public override string? ReplicasProblem(Policy policy) => policy.Replicas != 1
        ? null
        : "a chain with replicas 1 has no replica to hand a write to; use replicas 2 or more, or strategy primary with "
            + "replicas 1";

    public override string WhyNoStandby(Policy policy) =>
        "a chain feeds each replica by the one before it, and waits for all of them";
}
