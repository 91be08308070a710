namespace Quorate.Strategies.Tests.Chain;

/// <summary>Small chains under every fault the strategy claims to stand; what must hold is checked after every step.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(3, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    [InlineData(3, false)]
    public void No_schedule_of_faults_breaks_safety_and_progress_returns(int chain, bool durable)
    {
        long epochs = 0, acknowledged = 0, reads = 0, snapshots = 0, joined = 0;
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var chaos = new Chaos(seed, chain, durable);
            chaos.Run();
            epochs += chaos.Epochs;
            acknowledged += chaos.Acknowledged;
            reads += chaos.Reads;
            snapshots += chaos.Snapshots;
            joined += chaos.Joined;
        }

        // A run that tested nothing must not pass.
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {epochs} epochs, {joined} joined under faults, {acknowledged} writes acknowledged, {reads} reads,"
                + $" {snapshots} nodes with snapshots");
        epochs.ShouldBeGreaterThan((long)Seeds * 3);
        joined.ShouldBeGreaterThan((long)Seeds / 2);
        acknowledged.ShouldBeGreaterThan((long)Seeds * 20);
        reads.ShouldBeGreaterThan((long)Seeds * 20);
        snapshots.ShouldBeGreaterThan((long)Seeds / 2);
    }

    private static ulong Seeds => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEEDS"), out var n) ? n : 60;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEED"), out var n) ? n : 1;
}
