using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Tests;

public class ReplicaWatchTests
{
    private const int Patience = 3000;

    /// <summary>Where writes may be lost, a replica that has not heard of the newest epoch is not judged yet: it must be
    /// later.</summary>
    [Theory]
    [InlineData(Ack.Async)]
    [InlineData(Ack.Majority)]
    public void Every_commit_of_every_replica_is_compared_across_failovers(Ack ack)
    {
        for (var seed = 1ul; seed <= 3; seed++)
        {
            var (compared, committed) = Run(PolicyDefaults.For(Strategy.Primary) with { Ack = ack }, seed);
            committed.ShouldBeGreaterThan(1000);
            compared.ShouldBe(committed, $"seed {seed}");
        }
    }

    private static (long Compared, long Committed) Run(Policy policy, ulong seed)
    {
        var world = new World(seed);
        // Logs stay in memory: what is there only as a snapshot cannot be compared.
        var scenario = new Scenario
        {
            Nodes = 5,
            Strikes = new SortedDictionary<FaultKind,
            int>(),
            SnapshotThresholdBytes = 1 << 24,
            MaxLagBytes = 1 << 24,
        };
        var cluster = new SimCluster(world, scenario, NodeRules.Sound, new()) { Control = new ControlOptions() };
        var maps = new KeyspaceWatch(cluster, []);
        ReplicaWatch? watch = null;
        GroupId Id() => maps.Newest?.Keyspace("k")?.Groups.Single() ?? default;
        cluster.Watch = node =>
        {
            maps.Check(node);
            if (Id() == default) return;
            watch ??= new ReplicaWatch(cluster, Id(), new KeyspacePlan("k", policy));
            watch.Check(node, node.Node?.Find(Id()));
        };
        var @operator = new SimOperator(cluster, world.Fork());
        foreach (var node in cluster.Nodes) node.Start();
        cluster.Until("map", Patience, () => cluster.Nodes.All(n => n.Node!.Control!.Map.Nodes.Count == cluster.Nodes.Count));
        @operator.Ask($"KEYSPACE CREATE k {PolicyText.Print(policy)}", insists: true);
        cluster.Until("keyspace", Patience, () => watch is not null);
        var workload = new Workload(world.Fork(), 3, 1, 1, readPerMille: 0);
        for (var id = 1; id <= 10; id++)
        {
            var client = id;
            cluster.Clients.Add(new SimClient(
                cluster, world.Fork(), () => workload.Next(client), new History(), id, 1,
                5 * World.Millisecond)
            { Keyspace = "k" });
            cluster.Clients[^1].Start();
        }

        for (var failovers = 1; failovers <= 3; failovers++)
        {
            world.Run(world.Now + World.Second);
            @operator.Ask("KEYSPACE FAILOVER k", insists: true);
            cluster.Until("fail-over", Patience, () => watch!.Failovers > failovers);
        }

        foreach (var client in cluster.Clients) client.Stop();
        List<ReplicaView> Replicas() =>
            [.. cluster.Nodes
                .Select(n => n.Node!.Find(Id())).OfType<Group>().Where(g => g.Configured is not null)
                .Select(g => new ReplicaView(g))];
        cluster.Until(
            "equal replicas", Patience,
            () => Replicas() is var all && all.All(r => r.CommitIndex == r.LastIndex && r.CommitIndex == all[0].CommitIndex));
        return (watch!.Compared, Replicas().Sum(r => r.CommitIndex.Value));
    }
}
