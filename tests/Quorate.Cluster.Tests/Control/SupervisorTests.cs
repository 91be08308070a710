using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>One rule each; all of them together under faults: <see cref="SupervisorChaosTests"/>.</summary>
public sealed class SupervisorTests
{
    [Fact]
    public void A_dead_primary_is_sealed_after_its_lease_and_an_in_sync_replica_takes_over()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Grants(N(1), group).ShouldBeTrue();
        bench.Alive.Remove(N(1));
        var sealedAfter = bench.RunUntil(() => bench.Machine.Of(group).IsSealed);
        sealedAfter.ShouldBeInRange(bench.Options.LeaseMilliseconds, bench.Options.LeaseMilliseconds * 12 / 10);
        bench.RunUntil(() => !bench.Machine.Of(group).IsSealed).ShouldBeLessThan(bench.Options.GraceMilliseconds);
        bench.Machine.Of(group).Configuration.Leader.ShouldBe(N(2));
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(2, 3));
        bench.Machine.Of(group).Configuration.Learners.ShouldBe(Ns(1));
        bench.Grants(N(2), group).ShouldBeTrue();
    }

    [Fact]
    public void Only_the_named_leader_gets_a_lease_and_only_from_a_current_control_leader()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Grants(N(2), group).ShouldBeFalse();
        bench.Beat(N(1), isCurrent: false).ShouldBeNull();
        bench.Beat(N(9)).ShouldBeNull("a stranger");
        var reply = bench.Beat(N(1))!;
        Leases.UntilOnNode(reply).ShouldBe(reply.SentAt + (bench.Options.LeaseMilliseconds * StepTime.NanosecondsPerMillisecond));
    }

    [Fact]
    public void No_lease_is_granted_while_a_change_is_on_its_way()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Applies = false;
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)));
        bench.Run(300);
        bench.Proposed.ShouldContain(c => c is SetConfiguration);
        bench.Grants(N(1), group).ShouldBeFalse();
        var count = bench.Proposed.Count;
        bench.Run(2 * bench.Options.ProposeAgainMilliseconds);
        bench.Proposed.Count.ShouldBeGreaterThan(count, "it may have been lost: the same again");
        bench.Proposed.Distinct().Count(c => c is SetConfiguration).ShouldBe(1);
    }

    [Fact]
    public void A_new_control_leader_waits_a_full_lease_before_it_names_anybody()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Alive.Remove(N(1));
        bench.Supervisor.OnElected(bench.Now);
        bench.Run(bench.Options.LeaseMilliseconds);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(1));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(2), 2000);
    }

    /// <summary>The old leader accepted the seal, so nothing has to be waited for.</summary>
    [Fact]
    public void A_planned_failover_does_not_wait_for_the_lease()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Supervisor.AskFailover(group, N(3), bench.Now).ShouldBeNull();
        bench.Beat(N(1))!.HandOvers.ShouldBe([(group, N(3))]);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(1), "the primary drains first");
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(3), Ns(1, 2, 3), []));
        bench.RunUntil(() => bench.Machine.Of(group).IsSealed, 200);
        bench.Says.Clear();
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(3), 300);
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2, 3));
    }

    [Fact]
    public void A_failover_to_a_replica_that_may_lack_writes_is_refused()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)));
        bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(2));
        bench.Supervisor.AskFailover(group, N(3), bench.Now).ShouldNotBeNull().ShouldContain("not in sync");
        bench.Supervisor.AskFailover(new(99), N(3), bench.Now).ShouldNotBeNull();
    }

    [Fact]
    public void What_the_primary_wants_is_taken_by_compare_and_set_and_members_stay_members()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2), []));
        bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(2), 300);
        bench.Machine.Of(group).Configuration.ShouldBe(new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)));
        bench.Run(1000);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(2), "a wish for e2 is no wish for e3");
    }

    [Theory]
    [InlineData("ack majority", 2)]
    [InlineData("ack semisync:1", 2)]
    [InlineData("ack semisync:2", 1)]
    [InlineData("ack async", 1)]
    public void Without_enough_answers_nobody_is_named(string words, int needed)
    {
        for (var answers = 0; answers <= 2; answers++)
        {
            var (bench, group) = Primary("strategy primary " + words);
            bench.Alive.RemoveWhere(n => n.Value > 1 + answers || n.Value == 1);
            bench.Run(8000);
            bench.Machine.Of(group).Configuration.Leader.IsNone.ShouldBe(answers < needed);
        }
    }

    /// <summary>n3 has come into sync and the group is not settled; n1 and n2 hold everything. Without both, n3 alone may lack
    /// a write; with n2, the more advanced of the two lacks none.</summary>
    [Fact]
    public void Who_has_just_come_into_sync_does_not_lead_by_its_own_word()
    {
        foreach (var others in (ReadOnlySpan<int>)[0, 2])
        {
            var (bench, group) = Primary("strategy primary");
            bench.Says[(N(1), group)] = new GroupBeat(
                group, bench.Log(group, 20), new GroupConfiguration(new(2), N(1), Ns(1, 2), []));
            bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(2), 300);
            bench.Says[(N(1), group)] = new GroupBeat(
                group, bench.Log(group, 20), new GroupConfiguration(new(3), N(1), Ns(1, 2, 3), []));
            bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(3), 300);
            bench.Alive.RemoveWhere(n => n != N(3) && n != N(others));
            bench.Run(5000);
            bench.Machine.Of(group).Configuration.Leader.ShouldBe(N(others));
        }
    }

    [Fact]
    public void The_most_advanced_of_the_answers_leads()
    {
        var (bench, group) = Primary("strategy primary ack majority");
        bench.Alive.Remove(N(1));
        bench.RunUntil(() => bench.Machine.Of(group).IsSealed);
        bench.Says[(N(2), group)] = new GroupBeat(group, bench.Log(group, 90, lastEpoch: 1));
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 11, lastEpoch: 2));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(3), 1000);
    }

    [Fact]
    public void A_replica_that_needs_state_is_never_chosen_and_is_no_answer()
    {
        var (bench, group) = Primary("strategy primary ack majority");
        bench.Alive.Remove(N(1));
        bench.RunUntil(() => bench.Machine.Of(group).IsSealed);
        bench.Says[(N(2), group)] = new GroupBeat(group, bench.Log(group, 90) with { NeedsState = true });
        bench.Run(3000);
        bench.Machine.Of(group).IsSealed.ShouldBeTrue();
        bench.Supervisor.StatusOf(group).Reason.ShouldContain("1 of n1, n2, n3 answer, 2 must");
    }

    [Fact]
    public void An_async_failover_waits_a_moment_for_the_most_advanced_and_says_what_may_be_lost()
    {
        var (bench, group) = Primary("strategy primary ack async");
        bench.Says[(N(1), group)] = new GroupBeat(group, bench.Log(group, 50));
        bench.Run(200);
        bench.Alive.Remove(N(1));
        bench.RunUntil(() => bench.Machine.Of(group).IsSealed);
        bench.Says[(N(2), group)] = new GroupBeat(group, bench.Log(group, 40));
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 45));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(3), 2000);
        var notices = new List<string>();
        while (bench.Supervisor.TryTakeNotice(out var notice)) notices.Add(notice!);
        notices.ShouldContain(n => n
            .Contains("5 entries or more that n1 had acknowledged were not shipped", StringComparison.Ordinal));
    }

    [Fact]
    public void A_slow_disk_loses_the_leadership()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Stall[N(1)] = 5000;
        bench.RunUntil(() => bench.Answers[N(1)].HandOvers.Any(h => h.Group == group), 300);
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(2), bench.Options.HandOverMilliseconds + 1000);
        bench.Run(3000);
        bench.Machine.Of(group).Configuration.Leader.ShouldBe(N(2), "and does not get it back while it is slow");
    }

    [Fact]
    public void A_group_settles_when_those_in_sync_hold_what_the_leader_held()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 20), new GroupConfiguration(new(2), N(1), Ns(1, 2), []));
        bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(2), 300);
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 20), new GroupConfiguration(new(3), N(1), Ns(1, 2, 3), []));
        bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(3), 300);
        bench.Says[(N(1), group)] = new GroupBeat(group, bench.Log(group, 20));
        bench.Says[(N(2), group)] = new GroupBeat(group, bench.Log(group, 20));
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 19));
        bench.Run(1500);
        bench.Machine.Of(group).Complete.ShouldBe(Ns(1, 2));
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 20));
        bench.RunUntil(() => bench.Machine.Of(group).Complete.Count == 3, 2500);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(3));
    }

    [Fact]
    public void A_chain_loses_its_dead_without_a_seal_and_only_after_their_lease()
    {
        foreach (var (dead, left) in (ReadOnlySpan<(int, int[])>)[(1, [2, 3]), (2, [1, 3]), (3, [1, 2])])
        {
            var (bench, group) = Primary("strategy chain");
            foreach (var node in Ns(1, 2, 3))
                bench.Grants(node, group).ShouldBeTrue("every replica of a chain serves under a lease");
            bench.Alive.Remove(N(dead));
            bench.RunUntil(() => bench.Machine.Of(group).Epoch > new Epoch(1))
                .ShouldBeGreaterThanOrEqualTo(bench.Options.LeaseMilliseconds);
            var configuration = bench.Machine.Of(group).Configuration;
            configuration.InSync.ShouldBe(Ns(left));
            configuration.Leader.ShouldBe(N(left[0]));
            configuration.Learners.ShouldBe(Ns(dead));
        }
    }

    /// <summary>Neighbours cannot reach n3, the control leader can: its lease is not renewed, and then it is out.</summary>
    [Fact]
    public void A_chain_replica_that_its_neighbours_want_out_loses_its_lease_first()
    {
        var (bench, group) = Primary("strategy chain");
        bench.Says[(N(2), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2), []));
        bench.Run(200);
        bench.Grants(N(3), group).ShouldBeFalse();
        bench.Grants(N(2), group).ShouldBeTrue();
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(1));
        bench.RunUntil(() => bench.Machine.Of(group).Epoch == new Epoch(2), 1500);
        bench.Machine.Of(group).Configuration.ShouldBe(new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)));
    }

    [Fact]
    public void Another_order_of_a_chain_is_the_heads_to_ask_for()
    {
        var (bench, group) = Primary("strategy chain");
        var reordered = new GroupConfiguration(new(2), N(3), Ns(3, 1, 2), []);
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 10), reordered);
        bench.Run(2000);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(1));
        bench.Says.Clear();
        bench.Says[(N(1), group)] = new GroupBeat(group, bench.Log(group, 10), reordered);
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(3), 300);
    }

    [Theory]
    [InlineData("strategy primary")]
    [InlineData("strategy primary ack semisync")]
    [InlineData("strategy primary ack majority")]
    [InlineData("strategy chain")]
    public void A_draining_node_loses_its_replicas_by_way_of_learners(string words)
    {
        var (bench, group) = Primary(words, nodes: 4);
        bench.Machine.Do(new DrainNode(N(3))).ShouldBeNull();
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Learners.Contains(N(4)), 500);
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2, 3), "nothing goes before the new one has caught up");
        WantIn(bench, group, 4);
        bench.RunUntil(() => !bench.Machine.Of(group).Needs(N(3)), 6000);
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2, 4));
        bench.RunUntil(() => !bench.Machine.Map.Groups.Any(g => g.Id != ControlMachine.ControlGroup && g.Needs(N(3))), 6000);
    }

    [Fact]
    public void A_primary_on_a_draining_node_hands_over_first()
    {
        var (bench, group) = Primary("strategy primary", nodes: 4);
        bench.Machine.Do(new DrainNode(N(1))).ShouldBeNull();
        bench.RunUntil(() => bench.Answers[N(1)].HandOvers.Any(h => h.Group == group), 300);
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(2), bench.Options.HandOverMilliseconds + 1000);
        WantIn(bench, group, 4, leader: 2);
        bench.RunUntil(() => !bench.Machine.Of(group).Needs(N(1)), 6000);
    }

    [Fact]
    public void A_member_that_stays_dead_is_replaced()
    {
        var (bench, group) = Primary("strategy primary", nodes: 4, new ControlOptions { ReplaceMilliseconds = 5000 });
        bench.Alive.Remove(N(3));
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)));
        bench.Run(300);
        bench.Says.Clear();
        bench.Run(4200);
        bench.Machine.Of(group).Configuration.Contains(N(4)).ShouldBeFalse("it may come back");
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Learners.Contains(N(4)), 3000);
        bench.RunUntil(() => !bench.Machine.Of(group).Configuration.Contains(N(3)), 6000);
        WantIn(bench, group, 4);
    }

    [Fact]
    public void A_joining_node_is_admitted_when_it_is_heard_and_fills_what_is_short()
    {
        var (bench, group) = Primary("strategy primary");
        bench.Machine.Do(new AlterKeyspace(bench.Machine.Map.Keyspaces[^1].Name, PolicyDefaults.For(Strategy.Primary, 4)))
            .ShouldNotBeNull("there are three nodes");
        bench.Machine.Do(new AddNode(N(4), "node4", "", "", "", new NodeLabels())).ShouldBeNull();
        bench.Beat(N(4)).ShouldNotBeNull();
        bench.Alive.Add(N(4));
        bench.RunUntil(() => bench.Machine.Map.Node(N(4))!.State == NodeState.Up, 300);
        bench.Machine.Do(new AlterKeyspace(bench.Machine.Map.Keyspaces[^1].Name, PolicyDefaults.For(Strategy.Primary, 4)))
            .ShouldBeNull();
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Learners.Contains(N(4)), 1000);
        bench.Machine.Of(group).Policy.Replicas.ShouldBe(4);
        var reply = bench.Supervisor.OnHeartbeat(N(4), new Heartbeat { Incarnation = 9 }, bench.Now, true)!;
        reply.Assignments.ShouldContain(a => a.Group == group
            && a.Configuration.Learners.Contains(N(4)) && a.Policy.Replicas == 4);
    }

    [Fact]
    public void A_raft_group_gets_its_voters_one_by_one()
    {
        var bench = new SupervisorBench(4).Started();
        var seen = new List<string>();
        bench.Machine.Do(new DrainNode(N(1))).ShouldBeNull();
        var isAsked = false;
        bench.RunUntil(() =>
        {
            isAsked |= bench.Answers[N(1)].HandOvers.Any(h => h == (ControlMachine.DefaultGroup, N(2)));
            var now = bench.Machine.Of(ControlMachine.DefaultGroup).Configuration;
            var text = $"{string.Join(' ', now.InSync)} + {string.Join(' ', now.Learners)}";
            if (seen.LastOrDefault() != text) seen.Add(text);
            return !now.Contains(N(1));
        });
        isAsked.ShouldBeTrue("its leader is to hand over");
        seen.ShouldBe(["n1 n2 n3 + ", "n1 n2 n3 + n4", "n1 n2 n3 n4 + ", "n2 n3 n4 + "]);
    }

    [Fact]
    public void A_replica_that_is_out_hears_so_before_it_is_told_to_go()
    {
        var (bench, group) = Primary("strategy primary", nodes: 4);
        bench.Supervisor.OnHeartbeat(
            N(4), Stranger(group, epoch: 0, at: 1), bench.Now, true)!.Assignments.ShouldContain(a => a.Group == group);
        bench.Supervisor.OnHeartbeat(N(4), Stranger(group, epoch: 1, at: 2), bench.Now, true)!.Dropped.ShouldBe([group]);
        bench.Supervisor.OnHeartbeat(
            N(4), Stranger(new(99), epoch: 1, at: 3), bench.Now, true)!.Dropped.ShouldBe([new GroupId(99)]);
    }

    [Fact]
    public void What_an_earlier_life_of_a_node_says_is_ignored()
    {
        var (bench, group) = Primary("strategy primary", nodes: 4);
        Heartbeat Life(long incarnation, long at) => new() { Incarnation = incarnation, SentAt = at };
        bench.Supervisor.OnHeartbeat(N(4), Life(5, 1), bench.Now, true).ShouldNotBeNull();
        bench.Supervisor.OnHeartbeat(N(4), Life(4, 900), bench.Now, true).ShouldBeNull();
        bench.Supervisor.OnHeartbeat(N(4), Life(5, 1), bench.Now, true).ShouldBeNull("a duplicate");
        bench.Supervisor.OnHeartbeat(N(4), Life(5, 2), bench.Now, true).ShouldNotBeNull();
    }

    private static Heartbeat Stranger(GroupId group, long epoch, long at) =>
        new()
        {
            Incarnation = 9,
            SentAt = at,
            Groups = [new GroupBeat(group, new ReplicaReport(new(epoch), default, default, default, false))],
        };

    /// <summary>The leader (of a chain: the tail) finds that a learner has caught up.</summary>
    private static void WantIn(SupervisorBench bench, GroupId group, int learner, int leader = 1)
    {
        var now = bench.Machine.Of(group).Configuration;
        var asks = bench.Machine.Of(group).Policy.Strategy == Strategy.Chain ? now.InSync[^1] : N(leader);
        bench.Says[(asks, group)] = new GroupBeat(
            group, bench.Log(group, 10),
            new GroupConfiguration(
                now.Epoch.Next, now.Leader, [.. now.InSync, N(learner)], [.. now.Learners.Where(n => n != N(learner))]));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.InSync.Contains(N(learner)), 1000);
        bench.Says.Clear();
    }

    private static (SupervisorBench Bench, GroupId Group) Primary(string words, int nodes = 3, ControlOptions? options = null)
    {
        var bench = new SupervisorBench(nodes, options);
        var group = bench.Machine.Keyspace(words, 1, 2, 3);
        return (bench.Started(), group);
    }
}
