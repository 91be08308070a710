using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>Small groups under every fault the strategy claims to stand; what clients saw must be linearizable.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(5, 3, true)]
    [InlineData(5, 5, true)]
    [InlineData(3, 3, false)]
    public void No_schedule_of_faults_breaks_linearizability_and_progress_returns(int nodes, int acceptors, bool durable)
    {
        long done = 0,
        unknown = 0, unavailable = 0, conflicts = 0, withPromise = 0, collected = 0, snapshots = 0, epochs = 0, undecided = 0;
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var chaos = new Chaos(seed, new ChaosPlan { Nodes = nodes, Acceptors = acceptors, Durable = durable });
            if (chaos.Run() is { } broken) Assert.Fail(broken);
            done += chaos.Done;
            unknown += chaos.Unknown;
            unavailable += chaos.Unavailable;
            conflicts += chaos.Conflicts;
            withPromise += chaos.WithPromise;
            collected += chaos.Collected;
            snapshots += chaos.Snapshots;
            epochs += chaos.Epochs;
            undecided += chaos.Undecided;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {done} done, {unknown} unknown, {unavailable} unavailable, {conflicts} conflicts, {withPromise} "
                + $"in one round, {collected} collected, {snapshots} nodes with snapshots, {epochs} epochs, {undecided} "
                + $"undecided");
        // A run that tested nothing must not pass.
        done.ShouldBeGreaterThan((long)Seeds * 50);
        conflicts.ShouldBeGreaterThan((long)Seeds * 10);
        withPromise.ShouldBeGreaterThan((long)Seeds * 3);
        collected.ShouldBeGreaterThan((long)Seeds / 10);
        undecided.ShouldBeLessThan((long)Seeds / 4);
        if (durable) snapshots.ShouldBeGreaterThan((long)Seeds / 3);
        else epochs.ShouldBeGreaterThan((long)Seeds * 2);
    }

    private static ulong Seeds => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEEDS"), out var n) ? n : 40;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEED"), out var n) ? n : 1;
}
