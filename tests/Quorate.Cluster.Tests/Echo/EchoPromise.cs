using Quorate.Replication;
using Quorate.Replication.Guarantees;

namespace Quorate.Cluster.Tests.Echo;

/// <summary>What the echo strategy says in its own words.</summary>
internal sealed class EchoPromise : StrategyPromise
{
    public override string AcknowledgedBy(Guarantee guarantee) => "of the one replica that echoes";

    public override string Available(Guarantee guarantee) => "An echo answers as long as its node is up.";

    public override string? FailOver(Guarantee guarantee) => "Nothing takes over from an echo.";

    public override string? Returns(ReadPromise promise, Policy policy) => "what was called into the echo last.";

    public override string? AckProblem(Policy policy) => policy.Ack == Ack.Majority ? null : "an echo has no other ack";

    public override string WhyNoStandby(Policy policy) => "an echo has no replica to feed";
}
