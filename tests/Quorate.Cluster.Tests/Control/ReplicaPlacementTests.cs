using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

public sealed class ReplicaPlacementTests
{
    [Fact]
    public void Nodes_that_leave_or_have_not_come_hold_nothing()
    {
        NodeEntry[] nodes = [
            Entry(1), Entry(2, null, NodeState.Draining), Entry(3, null, NodeState.Removed), Entry(4, null, NodeState.Joining),
            Entry(5)];
        ReplicaPlacement.Choose(new Policy { Replicas = 2 }, nodes, _ => 0, out var chosen).ShouldBeNull();
        chosen.ShouldBe(Ns(1, 5));
        ReplicaPlacement.Choose(new Policy { Replicas = 3 }, nodes, _ => 0, out chosen).ShouldNotBeNull();
        chosen.ShouldBeEmpty();
    }

    [Fact]
    public void Label_values_come_before_load_and_load_before_ids()
    {
        NodeEntry[] nodes = [Entry(1, "a"), Entry(2, "a"), Entry(3, "b"), Entry(4, "b")];
        var load = new Dictionary<int, int> { [1] = 5, [2] = 4, [3] = 90, [4] = 80 };
        ReplicaPlacement.Choose(new Policy { Replicas = 2, Spread = "zone" }, nodes, n => load[n.Value], out var chosen)
            .ShouldBeNull();
        chosen.ShouldBe(Ns(2, 4));
        ReplicaPlacement.Choose(new Policy { Replicas = 2 }, nodes, n => load[n.Value], out chosen).ShouldBeNull();
        chosen.ShouldBe(Ns(2, 4), "zones differ where they can, also when nobody asked");
        ReplicaPlacement.Choose(new Policy { Replicas = 3 }, nodes, n => load[n.Value], out chosen).ShouldBeNull();
        chosen.ShouldBe(Ns(2, 4, 1));
    }

    [Fact]
    public void A_policy_that_insists_gets_no_replica_in_the_same_zone()
    {
        NodeEntry[] nodes = [Entry(1, "a"), Entry(2, "a"), Entry(3)];
        var policy = new Policy { Replicas = 2, Spread = "zone" };
        ReplicaPlacement.Choose(policy, nodes, _ => 0, out _).ShouldNotBeNull();
        ReplicaPlacement.ChooseOne(policy, [nodes[0]], nodes, _ => 0).ShouldBeNull();
        ReplicaPlacement.ChooseOne(new Policy { Replicas = 2 }, [nodes[0]], nodes, _ => 0).ShouldBe(N(3));
    }

    [Fact]
    public void Replicas_that_follow_behind_come_last_and_are_spread_where_they_can_be()
    {
        NodeEntry[] nodes = [Entry(1, "a"), Entry(2, "a"), Entry(3, "b"), Entry(4, "b"), Entry(5)];
        var policy = new Policy
        {
            Strategy = Strategy.Primary,
            Replicas = 2,
            Delayed = 1,
            DelayMilliseconds = 1000,
            Cascaded = 1,
            Spread = "zone",
        };
        ReplicaPlacement.Choose(policy, nodes, _ => 0, out var chosen).ShouldBeNull();
        chosen.ShouldBe(Ns(1, 3, 5, 2), "one without a zone is no replica that counts, and as good as any behind them");
        ReplicaPlacement.Choose(policy with { Cascaded = 3 }, nodes, _ => 0, out chosen)
            .ShouldNotBeNull().ShouldContain("asks for 6 nodes");
        chosen.ShouldBeEmpty();
    }

    [Fact]
    public void Any_cluster_is_placed_the_same_way_twice_spread_and_evenly()
    {
        var dice = new Prng(11);
        for (var round = 0; round < 500; round++)
        {
            var zones = 1 + dice.Below(4);
            var nodes = Enumerable.Range(1, 3 + dice.Below(9))
                .Select(i => Entry(i, $"z{dice.Below(zones)}", dice.Chance(850) ? NodeState.Up : NodeState.Draining)).ToList();
            var held = new Dictionary<NodeId, int>();
            var policy = new Policy { Replicas = 1 + dice.Below(4), Spread = dice.Chance(500) ? "zone" : null };
            for (var group = 0; group < 20; group++)
            {
                var why = ReplicaPlacement.Choose(policy, nodes, n => held.GetValueOrDefault(n), out var chosen);
                ReplicaPlacement.Choose(policy, Enumerable.Reverse(nodes), n => held.GetValueOrDefault(n), out var again)
                    .ShouldBe(why);
                again.ShouldBe(chosen);
                if (why is not null) break;
                chosen.Distinct().Count().ShouldBe(policy.Replicas);
                var entries = chosen.Select(c => nodes.Find(n => n.Id == c)!).ToList();
                entries.ShouldAllBe(n => n.State == NodeState.Up);
                var possible = nodes.Where(n => n.State == NodeState.Up).Select(n => n.Labels.Zone).Distinct().Count();
                entries.Select(n => n.Labels.Zone).Distinct().Count().ShouldBe(Math.Min(possible, policy.Replicas));
                foreach (var node in chosen) held[node] = held.GetValueOrDefault(node) + 1;
            }

            // Within a zone nobody holds two more than another.
            foreach (var zone in nodes.Where(n => n.State == NodeState.Up).GroupBy(n => n.Labels.Zone))
            {
                var counts = zone.Select(n => held.GetValueOrDefault(n.Id)).ToList();
                (counts.Max() - counts.Min()).ShouldBeLessThanOrEqualTo(1);
            }
        }
    }
}
