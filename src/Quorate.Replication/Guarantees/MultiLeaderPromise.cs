namespace Quorate.Replication.Guarantees;

internal sealed class MultiLeaderPromise : StrategyPromise
{
    public override string Instead =>
        "for local writes in one region use strategy primary with ack async, whose replicas in other regions can be read";

    public override string AcknowledgedBy(Guarantee guarantee) => guarantee.Policy.Ack switch
    {
        Ack.Async => "of the leader that took it",
        Ack.SemiSync => "of the leader that took it and "
            + $"{GuaranteeText.Count(guarantee.Policy.AckBackups, "other replica")} of its region, or as many as that has",
        Ack.Majority => "of more than half of the replicas of the region that took it",
        _ => "of every replica of the region that took it",
    };

    public override string Available(Guarantee guarantee) => guarantee.Policy.Ack == Ack.Async
        ? "Every leader that is up accepts writes and reads, even if it reaches no other leader: in every region that has one, "
            + "on both sides of any partition."
        : "Every replica that is up answers reads. Every region in which enough of its own replicas reach each other accepts "
            + "writes, on both sides of any partition between regions.";

    public override string? Returns(ReadPromise promise, Policy policy) => promise != ReadPromise.Session
        ? null
        : "nothing older than this connection has written or read, as long as one replica serves the connection; writes of "
            + "other leaders may be missing.";
}
