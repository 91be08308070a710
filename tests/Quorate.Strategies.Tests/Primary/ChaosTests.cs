using Quorate.Replication;
using Quorate.Strategies.Primary;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Small groups under every fault the strategy claims to stand; what must hold is checked after every step.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(Ack.Async, true)]
    [InlineData(Ack.SemiSync, true)]
    [InlineData(Ack.Majority, true)]
    [InlineData(Ack.Sync, true)]
    [InlineData(Ack.Sync, false)]
    [InlineData(Ack.Async, true, Ship.State)]
    [InlineData(Ack.SemiSync, true, Ship.State)]
    public void No_schedule_of_faults_breaks_safety_and_progress_returns(Ack ack, bool durable, Ship ship = Ship.Log)
    {
        long failOvers = 0, wishes = 0, acknowledged = 0, reads = 0, snapshots = 0, lost = 0, coalesced = 0;
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var chaos = new Chaos(seed, new PrimaryOptions { Ack = ack, Durable = durable, Ship = ship });
            chaos.Run();
            failOvers += chaos.FailOvers;
            wishes += chaos.Wishes;
            acknowledged += chaos.Acknowledged;
            reads += chaos.Reads;
            snapshots += chaos.Snapshots;
            lost += chaos.Lost;
            coalesced += chaos.Coalesced;
        }

        // A run that tested nothing must not pass.
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {failOvers} fail-overs, {wishes} wishes granted, {acknowledged} writes acknowledged, {reads} "
                + $"reads, {snapshots} snapshots, {lost} lost and found, {coalesced} times the newest state");
        failOvers.ShouldBeGreaterThan((long)Seeds);
        wishes.ShouldBeGreaterThan((long)Seeds);
        acknowledged.ShouldBeGreaterThan((long)Seeds * 20);
        reads.ShouldBeGreaterThan((long)Seeds * 10);
        snapshots.ShouldBeGreaterThan((long)Seeds / 2);
        if (ship == Ship.State) coalesced.ShouldBeGreaterThan((long)Seeds);
        if (ack == Ack.Async) lost.ShouldBeGreaterThan((long)Seeds / 4);
    }

    private static ulong Seeds => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEEDS"), out var n) ? n : 40;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEED"), out var n) ? n : 1;
}
