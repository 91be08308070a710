namespace Quorate.Replication.Guarantees;

internal sealed class PbftPromise : StrategyPromise
{
    private static readonly RaftPromise s_asRaft = new();

    public override string Instead => "use strategy raft, which stands crashes but not lies";

    public override string AcknowledgedBy(Guarantee guarantee)
    {
        var replicas = guarantee.Policy.Replicas;
        return $"of {replicas - ((replicas - 1) / 3)} of {replicas} replicas";
    }

    public override string Available(Guarantee guarantee) => s_asRaft.Available(guarantee);

    public override string? AckProblem(Policy policy) => s_asRaft.AckProblem(policy);

    public override string WhyNoStandby(Policy policy) => s_asRaft.WhyNoStandby(policy);
}
