using Quorate.Replication;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Small groups under every fault the strategy claims to stand, then peace.</summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(Ack.Async, Topology.All, Ship.Log, 3, true, 0, false)]
    [InlineData(Ack.SemiSync, Topology.All, Ship.Log, 4, true, 0, false)]
    [InlineData(Ack.Majority, Topology.Ring, Ship.Log, 4, true, 0, false)]
    [InlineData(Ack.Sync, Topology.Star, Ship.Log, 5, true, 0, false)]
    [InlineData(Ack.Async, Topology.All, Ship.State, 3, true, 0, false)]
    [InlineData(Ack.SemiSync, Topology.Ring, Ship.State, 4, true, 0, false)]
    [InlineData(Ack.Async, Topology.All, Ship.Log, 3, false, 0, false)]
    [InlineData(Ack.SemiSync, Topology.All, Ship.State, 4, false, 0, false)]
    [InlineData(Ack.Async, Topology.All, Ship.Log, 3, true, 3000, false)]
    [InlineData(Ack.Async, Topology.All, Ship.State, 3, true, 3000, false)]
    [InlineData(Ack.Async, Topology.All, Ship.Log, 4, true, 0, true)]
    [InlineData(Ack.Async, Topology.Star, Ship.State, 4, true, 0, true)]
    public void After_any_faults_all_are_equal_and_nothing_acknowledged_is_lost(
        Ack ack, Topology topology, Ship ship, int nodes, bool durable, int skew, bool changesMembers)
    {
        var plan = new ChaosPlan(new MultiLeaderOptions { Ack = ack, Topology = topology, Ship = ship, Durable = durable })
        {
            Nodes = nodes,
            MostSkew = skew,
            ChangesMembers = changesMembers,
        };
        long answered = 0, reads = 0, snapshots = 0, changes = 0;
        var sum = default(MultiLeaderStatistics);
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var chaos = new Chaos(seed, plan);
            chaos.Run();
            answered += chaos.Answered;
            reads += chaos.Reads;
            snapshots += chaos.Snapshots;
            changes += chaos.Reconfigurations;
            sum.DeltasMerged += chaos.Sum.DeltasMerged;
            sum.DeltasHeld += chaos.Sum.DeltasHeld;
            sum.StampsRefused += chaos.Sum.StampsRefused;
            sum.Pulls += chaos.Sum.Pulls;
            sum.BytesOfState += chaos.Sum.BytesOfState;
            sum.Comparisons += chaos.Sum.Comparisons;
            sum.Divergences += chaos.Sum.Divergences;
            chaos.Sum.Malformed.ShouldBe(0);
        }

        // A run that tested nothing must not pass.
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {answered} answered, {reads} reads, {snapshots} snapshots, {changes} changes of members, "
                + $"{sum.DeltasMerged} deltas merged, {sum.DeltasHeld} held, "
            + $"{sum.Pulls} pulls, {sum.BytesOfState} bytes of state, {sum.StampsRefused} stamps refused, {sum.Comparisons} "
            + $"comparisons, {sum.Divergences} divergences");
        answered.ShouldBeGreaterThan((long)Seeds * 30);
        reads.ShouldBeGreaterThan((long)Seeds * 3);
        if (durable) snapshots.ShouldBeGreaterThan((long)Seeds / 2);
        if (ship == Ship.Log) sum.DeltasHeld.ShouldBeGreaterThan((long)Seeds);
        if (!durable) sum.Pulls.ShouldBeGreaterThan((long)Seeds);
        if (skew > 0) sum.StampsRefused.ShouldBeGreaterThan((long)Seeds / 2);
        if (changesMembers) changes.ShouldBeGreaterThan((long)Seeds);
        sum.Comparisons.ShouldBeGreaterThan(0);
        if (durable)
            sum.Divergences.ShouldBe(
                0, "what two replicas hold that have seen the same differed without a fault that explains it");
    }

    private static ulong Seeds => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEEDS"), out var n) ? n : 20;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("QUORATE_SEED"), out var n) ? n : 1;
}
