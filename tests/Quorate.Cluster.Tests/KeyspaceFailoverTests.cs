using Quorate.Cluster.Control;

namespace Quorate.Cluster.Tests;

/// <summary>Nodes that are cut off, die, come back and are replaced, as clients of keyspaces see it.</summary>
public sealed class KeyspaceFailoverTests
{
    public static TheoryData<string> EveryPolicy => KeyspaceTests.EveryPolicy;

    [Fact]
    public void What_an_old_primary_acknowledged_and_nobody_else_had_ends_in_its_lost_and_found()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK async");
        var old = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a shipped").ShouldBe("+OK +OK");
        cluster.Run(200);
        cluster.Isolate(old);
        cluster.Ask(session, "SET b unshipped; INCR c").ShouldBe("+OK :1");
        cluster.Until(() => KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var now && now != old, "another leads");
        var other = cluster.Connect(cluster.Ids.First(n => n != old));
        cluster.Await(other, "SELECT ks; GET a; GET b; SET b new").ShouldBe("+OK $7 shipped $-1 +OK");
        cluster.Ask(session, "GET b").ShouldBe("", "its lease is over");
        cluster.Cut.Clear();
        cluster.Until(() => session.PendingCount == 0, "the read goes to the new primary");
        LocalCluster.Take(session).ShouldBe("$3 new");
        cluster.Run(1000);

        string LostOn(int node) => cluster.Await(cluster.Connect(node), "KEYSPACE LOST ks");
        var lost = LostOn(old);
        lost.ShouldStartWith("*2 ");
        lost.ShouldContain(": SET b unshipped");
        lost.ShouldContain(": INCR c");
        foreach (var node in cluster.Ids.Where(n => n != old)) LostOn(node).ShouldBe("*0");

        cluster.Kill(old);
        cluster.Restart(old);
        cluster.Run(1000);
        LostOn(old).ShouldBe(lost, "it is there after a restart, once");
        cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks CLEAR").ShouldBe("+OK");
        LostOn(old).ShouldBe("*0");
        cluster.Kill(old);
        cluster.Restart(old);
        cluster.Run(1000);
        LostOn(old).ShouldBe("*0", "what was cleared does not come back from the journal");
    }

    [Fact]
    public void State_that_was_not_shipped_is_found_again_as_commands_that_lead_to_it_and_the_log_says_so()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK async SHIP state");
        var old = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a 1; SET b 1").ShouldBe("+OK +OK +OK");
        cluster.Run(200);
        cluster.Isolate(old);
        cluster.Ask(session, "INCR a; DEL b; SET c x PXAT 99999999999999").ShouldBe(":2 :1 +OK");
        cluster.Until(() => KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var now && now != old, "another leads");
        cluster.Cut.Clear();
        cluster.Run(1000);
        var lost = cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks");
        lost.ShouldStartWith("*3 ");
        lost.ShouldContain(": SET a 2");
        lost.ShouldContain(": DEL b");
        lost.ShouldContain(": SET c x PXAT 99999999999999");
        cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks RAW").ShouldContain("*3 $3 SET $1 a $1 2");
        var notices = new List<string>();
        foreach (var node in cluster.Ids)
            while (cluster[node].Alarms.TryTakeNotice(out var notice)) notices.Add(notice!);
        notices.ShouldContain(n => n.Contains("takes over from", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ACK semisync:1 WHEN-SHORT degrade", "degraded", "+OK")]
    [InlineData("ACK sync MIN-IN-SYNC 2", "refused", "-NOREPLICAS")]
    public void Too_few_backups_are_an_alarm_as_long_as_it_lasts(string policy, string word, string reply)
    {
        var cluster = KeyspaceCluster.With($"ks STRATEGY primary REPLICAS 3 {policy}");
        var leader = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(leader);
        cluster.Await(session, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster[leader].View.StandingAlarms.ShouldBeEmpty();
        var backups = KeyspaceCluster.Members(cluster, "ks").Where(n => n != leader).ToList();
        foreach (var one in backups)
        {
            // The rest of the cluster still hears the two: only the primary does not.
            cluster.Cut.Add((one, leader));
            cluster.Cut.Add((leader, one));
        }

        cluster.Until(
            () => cluster[leader].View.StandingAlarms.Any(a => a.Contains(word, StringComparison.Ordinal)), "it is an alarm");
        cluster.Await(session, "SET a 2").ShouldStartWith(reply);
        cluster[leader].Alarms.TryTake(out var alarm).ShouldBeTrue();
        alarm.ShouldStartWith("ks: ");
        cluster.Cut.Clear();
        cluster.Until(() => cluster[leader].View.StandingAlarms.Count == 0, "it is over");
        cluster.Await(session, "SET a 3").ShouldBe("+OK");
    }

    [Theory]
    [InlineData("STRATEGY primary REPLICAS 3 ACK semisync:1")]
    [InlineData("STRATEGY primary REPLICAS 3 ACK sync")]
    [InlineData("STRATEGY chain REPLICAS 3")]
    public void A_leader_that_is_cut_off_acknowledges_nothing_and_another_takes_over(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        var old = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Isolate(old);
        cluster.Ask(session, "SET a 2").ShouldBe("");
        var other = cluster.Connect(cluster.Ids.First(n => n != old));
        cluster.Await(other, "SELECT ks; GET a; SET a 3").ShouldBe("+OK $1 1 +OK");
        cluster.Run(6000);
        LocalCluster.Take(session).ShouldNotContain("+OK");
        cluster.Cut.Clear();
        cluster.Run(3000);
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "SELECT ks; GET a").ShouldBe("+OK $1 3");
        cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks").ShouldNotContain("SET a 1");
    }

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_write_that_was_forwarded_to_a_dying_leader_takes_effect_once(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        var session = cluster.Connect(KeyspaceCluster.Outsiders(cluster, "ks")[0]);
        cluster.Await(session, "SELECT ks; INCR n").ShouldBe("+OK :1");
        cluster.Run(200); // with ack async the write before must have been shipped
        var leader = KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var named
            ? named : KeyspaceCluster.RaftLeaderOf(cluster, "ks");
        // The leader gets the write and ships it, but its answer does not come back.
        cluster.Cut.Add((leader, session.Node.Options.Self.Value));
        cluster.Send(session, "INCR n");
        for (var i = 0; i < 10; i++) cluster.Tick();
        cluster.Kill(leader);
        cluster.Cut.Clear();
        cluster.Await(session, "INCR n").ShouldBe(":2 :3");
        cluster.Restart(leader);
        cluster.Run(3000);
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "SELECT ks; GET n").ShouldBe("+OK $1 3");
    }

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void All_nodes_come_back_from_their_notes_and_journals(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}", "other STRATEGY raft REPLICAS 5");
        for (var life = 0; life < 3; life++)
        {
            foreach (var node in cluster.Ids)
                cluster.Await(cluster.Connect(node), "SELECT ks; INCR n; SELECT other; INCR m")
                    .ShouldBe($"+OK :{(5 * life) + node} +OK :{(5 * life) + node}");
            foreach (var node in cluster.Ids) cluster.Kill(node);
            foreach (var node in cluster.Ids) cluster.Restart(node);
            cluster.Until(
                () => cluster.Ids.All(n => cluster[n].View.Map!.Keyspace("ks") is not null), "all know the keyspace again");
        }

        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT ks; GET n; KEYSPACE LOST ks").ShouldBe("+OK $2 15 *0");
    }

    [Fact]
    public void A_node_that_was_down_when_a_keyspace_was_dropped_forgets_it()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK semisync:1");
        cluster.Await(cluster.Connect(1), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        var group = KeyspaceCluster.GroupOf(cluster, "ks");
        var member = KeyspaceCluster.Members(cluster, "ks")[^1];
        cluster.Kill(member);
        cluster.Run(3000);
        cluster.Await(cluster.Connect(cluster.Up.First()), "KEYSPACE DROP ks").ShouldBe("+OK");
        cluster.Restart(member);
        cluster[member].Find(group).ShouldNotBeNull("its note names it still");
        cluster.Until(() => cluster[member].Find(group) is null, "it is told");
        cluster.Kill(member);
        cluster.Restart(member);
        cluster[member].Find(group).ShouldBeNull();
        cluster.Run(1000);
        cluster.Await(cluster.Connect(member), "SET alive 1").ShouldBe("+OK");
    }

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_node_that_becomes_a_member_goes_on_where_it_was_as_a_stranger(string policy)
    {
        var options = new ControlOptions { ReplaceMilliseconds = 2000 };
        var cluster = KeyspaceCluster.With(options, $"ks {policy}");
        var sessions = cluster.Ids.ToDictionary(n => n, cluster.Connect);
        var count = 0;
        void Count(string why)
        {
            foreach (var node in cluster.Up)
                cluster.Await(sessions[node], "INCR n").ShouldBe($":{++count}", $"{why}, at n{node}");
        }

        foreach (var session in sessions.Values) cluster.Await(session, "SELECT ks").ShouldBe("+OK");
        Count("before");
        // Each in turn is away for so long that it is replaced, and comes back as a stranger, or as a member once more.
        for (var round = 0; round < 10; round++)
        {
            var victim = (round % 5) + 1;
            cluster.Run(500); // ack async ships a moment later
            cluster.Kill(victim);
            cluster.Until(
                () => !KeyspaceCluster.Members(cluster, "ks").Contains(victim) && KeyspaceCluster.IsSettled(cluster, "ks"),
                $"n{victim} is replaced");
            Count($"without n{victim}");
            cluster.Restart(victim);
            cluster.Run(2000);
            sessions[victim] = cluster.Connect(victim);
            cluster.Await(sessions[victim], "SELECT ks").ShouldBe("+OK");
            Count($"with n{victim} again");
        }
    }

    [Fact]
    public void A_leader_hands_over_when_it_is_asked_to()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK sync");
        cluster.Await(cluster.Connect(1), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        foreach (var heir in KeyspaceCluster.Members(cluster, "ks"))
        {
            cluster.Await(cluster.Connect(5), $"KEYSPACE FAILOVER ks TO n{heir}")
                .ShouldBeOneOf("+OK", $"-ERR n{heir} leads {KeyspaceCluster.GroupOf(cluster, "ks")} already");
            cluster.Until(() => KeyspaceCluster.LeaderOf(cluster, "ks") == heir, $"n{heir} leads");
            cluster.Await(cluster.Connect(heir), "SELECT ks; GET a").ShouldBe("+OK $1 1");
        }

        cluster.Await(cluster.Connect(5), $"KEYSPACE FAILOVER ks TO n{KeyspaceCluster.Outsiders(cluster, "ks")[0]}")
            .ShouldStartWith("-ERR");
    }
}
