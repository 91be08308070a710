using Quorate.Cluster.Voting;
using static Quorate.Cluster.Tests.Voting.Corruption;

namespace Quorate.Cluster.Tests.Voting;

public sealed class QuarantineTests
{
    [Fact]
    public void Equal_replicas_agree_round_after_round()
    {
        var cluster = Filled(3, 200);
        cluster.Run(3000);
        var leader = GroupOn(cluster, cluster.Leader).Voting;
        leader.Figures.Rounds.ShouldBeGreaterThan(10);
        leader.Figures.RangesAgreed.ShouldBeGreaterThan(20);
        leader.Figures.RangesUndecided.ShouldBe(0);
        Alarms(cluster).ShouldBe("");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void A_follower_whose_memory_went_bad_is_found_quarantined_and_gets_the_leaders_state(int nodes)
    {
        var cluster = Filled(nodes, 200);
        var bad = cluster.Follower;
        Flip(cluster[bad].Machine, "k77");
        cluster.Until(() => cluster[bad].Raft!.IsQuarantined, "the difference is found");
        cluster.Until(() => GroupOn(cluster, bad).Voting.Figures.Reseeds == 1, "the state is replaced");
        Local(cluster[bad].Machine, "k77").ShouldBe("v77");
        var alarms = Alarms(cluster);
        alarms.ShouldContain($"n{bad} differs from the majority");
        alarms.ShouldContain($"n{bad} g1: the state here was replaced by the leader's and is in use again");
        cluster.Ask(cluster.Connect(bad), "SET after 1;GET after").ShouldBe("+OK $1 1");
        IsEverywhereTheSame(cluster);
    }

    [Fact]
    public void A_key_that_is_gone_or_one_too_many_is_found_as_well()
    {
        var cluster = Filled(3, 50);
        var bad = cluster.Follower;
        Drop(cluster[bad].Machine, "k7");
        cluster.Until(() => GroupOn(cluster, bad).Voting.Figures.Reseeds == 1, "the state is replaced");
        Local(cluster[bad].Machine, "k7").ShouldBe("v7");
    }

    [Fact]
    public void A_leader_whose_memory_went_bad_hands_over_and_is_quarantined()
    {
        var cluster = Filled(3, 200);
        var bad = cluster.Leader;
        Flip(cluster[bad].Machine, "k5");
        cluster.Until(() => GroupOn(cluster, bad).Voting.Figures.Reseeds == 1, "the state is replaced");
        cluster[bad].Raft!.IsLeader.ShouldBeFalse();
        Local(cluster[bad].Machine, "k5").ShouldBe("v5");
        Alarms(cluster).ShouldContain($"the state of the leader, n{bad}, differs");
        cluster.Await(cluster.Connect(bad), "GET k5").ShouldBe("$2 v5");
        IsEverywhereTheSame(cluster);
    }

    [Fact]
    public void A_quarantined_replica_answers_no_read_and_goes_on_to_acknowledge()
    {
        var cluster = Filled(3, 50);
        var leader = cluster.Leader;
        var bad = cluster.Follower;
        var third = cluster.Ids.First(n => n != leader && n != bad);
        Flip(cluster[bad].Machine, "k5");
        cluster.Until(() => cluster[bad].Raft!.IsQuarantined, "the difference is found");
        cluster.Isolate(third);
        cluster.Cut.Add((leader, bad)); // a read on the bad one can only be answered by what is there
        var reader = cluster.Connect(bad);
        cluster.Ask(reader, "GET k5").ShouldBe("");
        cluster.Cut.Clear();
        cluster.Isolate(third);
        cluster.Await(cluster.Connect(leader), "SET more 1").ShouldBe("+OK");
        cluster.Until(() => reader.PendingCount == 0, "it is answered when the leader can be asked");
        LocalCluster.Take(reader).ShouldBe("$2 v5");
    }

    [Fact]
    public void Of_two_replicas_that_differ_nobody_knows_which_one_is_wrong()
    {
        var cluster = Filled(2, 50);
        Flip(cluster[cluster.Follower].Machine, "k5");
        cluster.Until(() => GroupOn(cluster, cluster.Leader).Voting.Figures.Disagreements > 0, "the difference is found");
        cluster.Run(2000);
        cluster.Ids.ShouldAllBe(n => !IsQuarantined(cluster, n));
        Alarms(cluster).ShouldContain("no majority agrees");
    }

    [Fact]
    public void Three_replicas_that_all_differ_are_left_alone()
    {
        var cluster = Filled(3, 50);
        foreach (var node in cluster.Ids) Flip(cluster[node].Machine, "k5", (byte)node);
        cluster.Until(() => GroupOn(cluster, cluster.Leader).Voting.Figures.Disagreements > 0, "the difference is found");
        cluster.Run(2000);
        cluster.Ids.ShouldAllBe(n => !IsQuarantined(cluster, n));
    }

    [Fact]
    public void Never_more_than_a_minority_is_quarantined_at_once()
    {
        var cluster = Filled(3, 200);
        var followers = cluster.Ids.Where(n => n != cluster.Leader).ToArray();
        Flip(cluster[followers[0]].Machine, "k1");
        Flip(cluster[followers[1]].Machine, "k2");
        // Each is found, but the word that it is does not reach the one that is found first.
        var told = 0;
        cluster.Drops = (_, to, kind) =>
        {
            if (kind != QuarantineOrder.WireKind) return false;
            if (told == 0) told = to;
            return to == told;
        };
        cluster.Run(3000);
        told.ShouldNotBe(0);
        followers.ShouldAllBe(n => !IsQuarantined(cluster, n));
        Alarms(cluster).ShouldContain("more than a minority is never quarantined at once");
        cluster.Drops = null;
        cluster.Until(
            () => followers.All(n => GroupOn(cluster, n).Voting.Figures.Reseeds == 1), "one after the other is filled again");
        IsEverywhereTheSame(cluster);
    }

    [Fact]
    public void Quarantine_outlives_a_restart()
    {
        var cluster = Filled(3, 50);
        var bad = cluster.Follower;
        Flip(cluster[bad].Machine, "k5");
        cluster.Until(() => cluster[bad].Raft!.IsQuarantined, "the difference is found");
        cluster.Isolate(bad);
        cluster.Settle();
        cluster.Kill(bad);
        cluster.Restart(bad);
        cluster[bad].Raft!.IsQuarantined.ShouldBeTrue();
        cluster.Run(1000);
        cluster.Cut.Clear();
        cluster.Until(() => !cluster[bad].Raft!.IsQuarantined, "the state is replaced");
        cluster.Kill(bad);
        cluster.Restart(bad);
        cluster[bad].Raft!.IsQuarantined.ShouldBeFalse();
        cluster.Run(1000);
        IsEverywhereTheSame(cluster);
    }

    [Fact]
    public void Memory_that_goes_bad_again_and_again_is_given_up()
    {
        var cluster = Filled(3, 50);
        var bad = cluster.Follower;
        for (var i = 0; i < 40_000 && GroupOn(cluster, bad).Voting.State != "given-up"; i++)
        {
            if (i % 10 == 0 && !cluster[bad].Raft!.IsQuarantined) Flip(cluster[bad].Machine, "k5");
            cluster.Tick();
        }

        GroupOn(cluster, bad).Voting.State.ShouldBe("given-up");
        GroupOn(cluster, bad).Voting.Figures.Reseeds.ShouldBe(5);
        cluster.Run(5000);
        cluster[bad].Raft!.IsQuarantined.ShouldBeTrue();
        Alarms(cluster).ShouldContain("look at this machine's memory");
        cluster.Await(cluster.Connect(bad), "GET k5").ShouldBe("$2 v5");
    }

    [Fact]
    public void Time_to_live_and_writes_meanwhile_make_no_difference()
    {
        var cluster = Filled(3, 50);
        var session = cluster.Connect(cluster.Follower);
        for (var i = 0; i < 100; i++)
        {
            cluster.Await(session, $"SET t{i % 10} {i} PX {20 + i};INCR n;APPEND a x;DEL k{i}");
            cluster.Tick();
        }

        cluster.Run(2000);
        Alarms(cluster).ShouldBe("");
        GroupOn(cluster, cluster.Leader).Voting.Figures.RangesAgreed.ShouldBeGreaterThan(20);
    }

    private static LocalCluster Filled(int nodes, int keys)
    {
        var cluster = new LocalCluster(nodes, adjust: Fast);
        cluster.ElectSomebody();
        var session = cluster.Connect(cluster.Leader);
        for (var i = 0; i < keys; i++) cluster.Ask(session, $"SET k{i} v{i}").ShouldBe("+OK");
        return cluster;
    }

    private static void IsEverywhereTheSame(LocalCluster cluster)
    {
        cluster.Run(200);
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].Machine.LastApplied == cluster[cluster.Leader].Machine.LastApplied),
            "all have applied the same");
        cluster.Ids.Select(n => cluster[n].Machine.Digest()).Distinct().Count().ShouldBe(1);
    }

    private static bool IsQuarantined(LocalCluster cluster, int node) => cluster[node].Raft!.IsQuarantined;
}
