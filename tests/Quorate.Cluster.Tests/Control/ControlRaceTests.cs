using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>Rules of the supervisor that matter only in an unlucky order of events: each test is that order.</summary>
public sealed class ControlRaceTests
{
    /// <summary>
    /// <list type="number">
    /// <item>Of n1, n2, n3 under <c>ack majority</c> n1 dies; n2 takes over with n3.</item>
    /// <item>If n1 were out of sync now, a majority of the two in sync would have to be two, and a majority of three could be
    /// n1 and a node that holds nothing: the numbers would mean another thing than the policy says.</item>
    /// </list>
    /// So all three stay those among whom the primary counts.
    /// </summary>
    [Fact]
    public void A_majority_is_one_of_all_replicas_after_a_failover_too()
    {
        var (bench, group) = Started("strategy primary ack majority", nodes: 3);
        bench.Alive.Remove(N(1));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(2));
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2, 3));
        bench.Machine.Of(group).Configuration.Learners.ShouldBeEmpty();
    }

    /// <summary>
    /// <list type="number">
    /// <item>A new chain n1, n2, n3 is decided. Only n1 has heard of it when n1 dies.</item>
    /// <item>n2 and n3 are empty. A chain of the two would never order anything, and no replica could join it, because none holds
    /// the whole state that a newcomer is given.</item>
    /// <item>n2 hears of the chain and says that it holds all there is: now the two go on.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_chain_is_not_left_to_replicas_that_have_not_heard_of_it()
    {
        var (bench, group) = Started("strategy chain", nodes: 3);
        Say(bench, group, 2, epoch: 0);
        Say(bench, group, 3, epoch: 0);
        bench.Run(200);
        bench.Alive.Remove(N(1));
        bench.Run(10_000);
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2, 3));
        bench.Supervisor.StatusOf(group).Reason.ShouldContain("waiting until one of those left says that it holds everything");
        Say(bench, group, 2, epoch: 1);
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.InSync.SequenceEqual(Ns(2, 3)), 3000);
    }

    /// <summary>The same by the wish of a replica of the chain, which does not hear its head.</summary>
    [Fact]
    public void A_wish_for_a_chain_of_replicas_that_have_not_heard_of_it_is_not_taken()
    {
        var (bench, group) = Started("strategy chain", nodes: 3);
        Say(bench, group, 3, epoch: 0);
        var wish = new GroupConfiguration(new(2), N(3), Ns(3), Ns(1, 2));
        bench.Says[(N(1), group)] = new GroupBeat(group, bench.Log(group, 0), wish);
        bench.Run(3000);
        bench.Machine.Of(group).Epoch.ShouldBe(new Epoch(1));
        Say(bench, group, 3, epoch: 1);
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.InSync.SequenceEqual(Ns(3)), 3000);
    }

    /// <summary>
    /// <list type="number">
    /// <item>n1 leads a raft group; the map goes on without n1, and the others are to be its voters.</item>
    /// <item>Only a leader changes a raft group's voters, and n1 is the leader. Told to drop its replica, or told nothing, it
    /// never makes the wish true.</item>
    /// <item>So n1 is told the configuration first. It is told to go when another leader says that n1 does not vote.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_raft_leader_that_is_to_go_hears_which_voters_are_wished_for()
    {
        var (bench, group) = Started("strategy raft", nodes: 4);
        var epoch = bench.Machine.Of(group).Epoch;
        var wish = new GroupConfiguration(epoch.Next, default, Ns(2, 3), Ns(4));
        bench.Machine.Do(new SetConfiguration(group, epoch, wish)).ShouldBeNull();
        bench.Alive.Remove(N(1));

        var told = Hear(bench, group, epoch, at: 1);
        told.Assignments.ShouldContain(a => a.Group == group && a.Configuration.InSync.SequenceEqual(Ns(2, 3)));
        told.Dropped.ShouldBeEmpty();

        told = Hear(bench, group, epoch.Next, at: 2);
        told.Dropped.ShouldBeEmpty("no leader has said that it is out");

        bench.Says[(N(2), group)] = new GroupBeat(
            group, bench.Log(group, 20, lastEpoch: 7), wish, Leads: true);
        bench.Beat(N(2)).ShouldNotBeNull();
        Hear(bench, group, epoch.Next, at: 3).Dropped.ShouldBe([group]);
    }

    /// <summary>n1 says that it leads the group and knows the map's word up to an epoch.</summary>
    private static HeartbeatReply Hear(SupervisorBench bench, GroupId group, Epoch epoch, long at)
    {
        var report = new ReplicaReport(epoch, new(6), new(10), new(10), false);
        var beat = new Heartbeat
        {
            Incarnation = 9,
            SentAt = at,
            Groups = [new GroupBeat(group, report, Leads: true)],
        };
        return bench.Supervisor.OnHeartbeat(N(1), beat, bench.Now, true).ShouldNotBeNull();
    }

    private static void Say(SupervisorBench bench, GroupId group, int node, long epoch) =>
        bench.Says[(N(node), group)] = new GroupBeat(group, new ReplicaReport(new(epoch), default, default, default, false));

    private static (SupervisorBench Bench, GroupId Group) Started(string words, int nodes)
    {
        var bench = new SupervisorBench(nodes);
        var group = bench.Machine.Keyspace(words, 1, 2, 3);
        return (bench.Started(), group);
    }
}
