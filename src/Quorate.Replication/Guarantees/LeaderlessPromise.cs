namespace Quorate.Replication.Guarantees;

internal sealed class LeaderlessPromise : StrategyPromise
{
    public override string Instead => "use strategy raft, which has no fail-over to wait for as long as a majority is up";

    public override string AcknowledgedBy(Guarantee guarantee) =>
        $"of {guarantee.Policy.W} of the {guarantee.Policy.N} replicas of its key";

    public override string Available(Guarantee guarantee) => guarantee.Policy switch
    {
        { Consensus: true } policy => $"A key can be neither read nor written while fewer than {policy.W} of its {policy.N} "
            + "replicas can be reached.",
        { Sloppy: true } policy => $"Writes are accepted while {GuaranteeText.Count(policy.W, "node")} can be reached, holders "
            + $"of the key or others; reads while {policy.R} can.",
        var policy => $"Writes of a key are refused or uncertain while fewer than {policy.W} of its {policy.N} replicas can be "
            + $"reached, reads while fewer than {policy.R}; there is no leader whose loss would stop either.",
    };

    public override string? Returns(ReadPromise promise, Policy policy) => promise switch
    {
        ReadPromise.Linearizable when !policy.Consensus => MergingGuarantee.WrittenBack(policy),
        ReadPromise.Regular => MergingGuarantee.Regular(policy),
        ReadPromise.Eventual => MergingGuarantee.Stale(policy),
        _ => null,
    };
}
