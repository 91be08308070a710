using Quorate.Cluster;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Merging;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Tests;

/// <summary>Of a keyspace that is kept in memory only, the faults stop as many replicas at once as its guarantee says, no more: a
/// lab that stops more reports losses that the policy allows.</summary>
public class MemoryStopsTests
{
    private const int Patience = 3000;

    [Theory]
    [InlineData("strategy primary replicas 3 ack majority durability memory")]
    [InlineData("strategy chain replicas 3 min-in-sync 2 durability memory")]
    [InlineData("strategy leaderless replicas 3 durability memory")]
    [InlineData("strategy leaderless replicas 3 durability memory consensus on")]
    public void A_replica_may_stop_only_when_those_that_stopped_before_are_filled_again(string words)
    {
        PolicyText.TryParse(words.Split(' '), out var policy, out var why).ShouldBeTrue(why);
        var scenario = new Scenario { Nodes = 3, Strikes = new SortedDictionary<FaultKind, int>() };
        var cluster = new SimCluster(new World(1), scenario, NodeRules.Sound, new()) { Control = new ControlOptions() };
        var maps = new KeyspaceWatch(cluster, []);
        cluster.Watch = maps.Check;
        var @operator = new SimOperator(cluster, cluster.World.Fork());
        var plan = new KeyspacePlan(MergePlan.Name, policy!);
        plan.Guarantee.NodesLost.ShouldBe(1);
        if (policy!.IsMerging) _ = new MergeOperations(cluster, maps, @operator, new MergePlan(scenario, policy));
        else _ = new KeyspaceOperations(cluster, maps, @operator, [plan]);
        foreach (var node in cluster.Nodes) node.Start();
        cluster.Until("map", Patience, () => cluster.Nodes.All(n => n.Node!.Control!.Map.Nodes.Count == cluster.Nodes.Count));
        @operator.Ask($"KEYSPACE CREATE {plan.Name} {PolicyText.Print(policy)}", insists: true);
        cluster.Until("keyspace", Patience, () => maps.Newest?.Keyspace(plan.Name) is not null);
        bool IsFilled(SimNode node) =>
            node.Node?.Find(maps.Newest!.Keyspace(plan.Name)!.Groups.Single()) is { Configured.Report: { NeedsState: false } };
        cluster.Until("filled replicas", Patience, () => cluster.Nodes.All(IsFilled));

        var (first, second) = (cluster.Nodes[1], cluster.Nodes[2]);
        cluster.MayStop(first).ShouldBeTrue();
        first.Crash(losesPower: false);
        cluster.MayStop(second).ShouldBeFalse("the first is down");
        first.Start();
        cluster.MayStop(second).ShouldBeFalse("the first runs, and is still empty");
        cluster.Until("filled replicas", Patience, () => cluster.Nodes.All(IsFilled));
        cluster.MayStop(second).ShouldBeTrue();
    }
}
