namespace Quorate.Strategies.Tests.Raft;

/// <summary>Small groups under every fault the strategy claims to stand; what must hold is checked after every step.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(3, true)]
    [InlineData(5, true)]
    [InlineData(3, false)]
    public void No_schedule_of_faults_breaks_safety_and_progress_returns(int voters, bool durable)
    {
        long terms = 0, acknowledged = 0, reads = 0, snapshots = 0, changes = 0;
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var chaos = new Chaos(seed, voters, durable);
            chaos.Run();
            terms += chaos.Terms;
            acknowledged += chaos.Acknowledged;
            reads += chaos.Reads;
            snapshots += chaos.Snapshots;
            changes += chaos.Changes;
        }

        // A run that tested nothing must not pass.
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {terms} leaders, {acknowledged} writes acknowledged, {reads} reads, {snapshots} installed or "
                + $"made, {changes} changes of members");
        terms.ShouldBeGreaterThan((long)Seeds * 3);
        acknowledged.ShouldBeGreaterThan((long)Seeds * 50);
        reads.ShouldBeGreaterThan((long)Seeds * 10);
        snapshots.ShouldBeGreaterThan((long)Seeds / 2);
        changes.ShouldBeGreaterThan((long)Seeds / 2);
    }

    private static ulong Seeds => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEEDS"), out var n) ? n : 60;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEED"), out var n) ? n : 1;
}
