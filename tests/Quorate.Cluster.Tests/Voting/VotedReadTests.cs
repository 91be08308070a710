using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Replication;
using static Quorate.Cluster.Tests.KeyspaceCluster;
using static Quorate.Cluster.Tests.Voting.Corruption;

namespace Quorate.Cluster.Tests.Voting;

public sealed class VotedReadTests
{
    public static TheoryData<string> Strategies =>
        new("v STRATEGY raft READS voted", "v STRATEGY primary ACK majority READS voted");

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Every_node_answers_what_was_written_before(string keyspace)
    {
        var cluster = Voted(keyspace, "SET a 1;SET b 2;INCR b");
        foreach (var node in cluster.Ids)
        {
            var session = Select(cluster, node);
            cluster.Await(session, "GET a;MGET a b;STRLEN a;EXISTS a b c;GET none").ShouldBe("$1 1 *2 $1 1 $1 3 :1 :2 $-1");
            cluster.Await(session, "INCR n;GET n;INCR n;GET n").ShouldMatch(@":\d+ \$\d+ \d+ :\d+ \$\d+ \d+");
        }

        Figures(cluster).VotedReads.ShouldBeGreaterThan(0);
        Figures(cluster).MaskedReads.ShouldBe(0);
        Alarms(cluster).ShouldBe("");
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void One_wrong_of_three_is_masked_whoever_it_is(string keyspace)
    {
        for (var which = 0; which < 3; which++)
        {
            var cluster = Voted(keyspace, "SET a good", Silent);
            Flip(Machines(cluster)[which], "a");
            foreach (var node in cluster.Ids) cluster.Await(Select(cluster, node), "GET a").ShouldBe("$4 good");
            Figures(cluster).VotedReads.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public void Two_wrong_of_five_are_masked_and_the_third_is_not()
    {
        var cluster = Voted("v STRATEGY raft REPLICAS 5 READS voted", "SET a good", Silent);
        cluster.Drops = (_, _, kind) => kind == QuarantineOrder.WireKind;
        var followers = Machines(cluster).Where(m => m != LeaderGroup(cluster).Machine).ToArray();
        Flip(followers[0], "a", 1);
        Flip(followers[1], "a", 2);
        var session = Select(cluster, 1);
        for (var i = 0; i < 5; i++) cluster.Await(session, "GET a").ShouldBe("$4 good");
        Flip(followers[2], "a", 4);
        cluster.Await(session, "GET a").ShouldStartWith("-TRYAGAIN no 3 of 5");
    }

    [Fact]
    public void A_replica_that_a_voted_read_finds_wrong_is_quarantined_and_filled_again()
    {
        var cluster = Voted("v STRATEGY raft READS voted", "SET a good", Silent);
        var bad = Members(cluster, "v").First(n => n != RaftLeaderOf(cluster, "v"));
        Flip(GroupOf(cluster, bad).Machine, "a");
        cluster.Await(Select(cluster, 1), "GET a").ShouldBe("$4 good");
        cluster.Until(() => GroupOf(cluster, bad).Voting.Figures.Reseeds == 1, "its state is replaced");
        Local(GroupOf(cluster, bad).Machine, "a").ShouldBe("good");
        Figures(cluster).MaskedReads.ShouldBe(1);
    }

    [Fact]
    public void A_leader_that_a_voted_read_finds_wrong_hands_over()
    {
        var cluster = Voted("v STRATEGY raft READS voted", "SET a good", Silent);
        var bad = RaftLeaderOf(cluster, "v");
        Flip(GroupOf(cluster, bad).Machine, "a");
        cluster.Await(Select(cluster, bad), "GET a").ShouldBe("$4 good");
        cluster.Until(() => GroupOf(cluster, bad).Voting.Figures.Reseeds == 1, "its state is replaced");
        RaftLeaderOf(cluster, "v").ShouldNotBe(bad);
    }

    [Fact]
    public void A_long_reply_is_answered_whole()
    {
        var value = new string('x', 5000);
        foreach (var flipped in new[] { false, true })
        {
            var cluster = Voted("v STRATEGY raft READS voted", $"SET a {value}", Silent);
            if (flipped) Flip(LeaderGroup(cluster).Machine, "a");
            foreach (var node in cluster.Ids) cluster.Await(Select(cluster, node), "GET a").ShouldBe($"$5000 {value}");
        }
    }

    [Fact]
    public void Without_a_majority_that_answers_nothing_is_answered()
    {
        var cluster = Voted("v STRATEGY raft READS voted", "SET a good", Silent);
        var leader = RaftLeaderOf(cluster, "v");
        cluster.Drops = (_, to, kind) => kind == Ballots.WireKind && to == leader;
        var session = Select(cluster, leader);
        cluster.Await(session, "GET a").ShouldStartWith("-TRYAGAIN");
        cluster.Drops = null;
        cluster.Await(session, "GET a").ShouldBe("$4 good");
    }

    [Fact]
    public void A_vote_is_bound_to_one_index_however_far_behind_a_replica_is()
    {
        // Writes go on all the time, so replicas asked for "the newest" would tell different values though all are right.
        var cluster = Voted("v STRATEGY raft READS voted", "SET n 0");
        var writer = Select(cluster, RaftLeaderOf(cluster, "v"));
        var readers = cluster.Ids.Select(n => Select(cluster, n)).ToArray();
        for (var i = 0; i < 50; i++)
        {
            cluster.Send(writer, "INCR n;GET n;INCR n");
            foreach (var reader in readers) cluster.Send(reader, "GET n");
            cluster.Tick();
        }

        cluster.Until(() => readers.All(r => r.PendingCount == 0) && writer.PendingCount == 0, "all are answered");
        foreach (var reader in readers)
        {
            var seen = LocalCluster.Take(reader).Split(' ').Where((_, i) => i % 2 == 1).Select(int.Parse).ToArray();
            seen.ShouldBe(seen.Order());
        }

        Figures(cluster).MaskedReads.ShouldBe(0);
        Figures(cluster).Dissents.ShouldBe(0);
        Figures(cluster).UndecidedReads.ShouldBe(0);
    }

    [Fact]
    public void One_connection_sees_its_own_writes_in_order()
    {
        var cluster = Voted("v STRATEGY raft READS voted", "SET n 0");
        foreach (var node in cluster.Ids)
        {
            var session = Select(cluster, node);
            cluster.Await(session, "SET n 1;GET n;SET n 2;GET n;DBSIZE;SET n 3;PING;GET n")
                .ShouldBe("+OK $1 1 +OK $1 2 :1 +OK +PONG $1 3");
        }
    }

    [Fact]
    public void Commands_whose_reply_depends_on_where_keys_lie_are_answered_without_a_vote()
    {
        var cluster = Voted("v STRATEGY raft READS voted", "SET a 1");
        cluster.Await(Select(cluster, 1), "RANDOMKEY;KEYS *;SCAN 0").ShouldBe("$1 a *1 $1 a *2 $1 0 *1 $1 a");
        Figures(cluster).VotedReads.ShouldBe(0);
    }

    [Fact]
    public void Votes_need_an_odd_number_of_replicas_of_an_ordered_strategy()
    {
        var cluster = With();
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE w STRATEGY raft REPLICAS 4 READS voted").ShouldStartWith("-ERR");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE w STRATEGY raft REPLICAS 1 READS voted").ShouldStartWith("-ERR");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE w STRATEGY chain READS voted").ShouldStartWith("-ERR");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE w STRATEGY primary SHIP state READS voted").ShouldStartWith("-ERR");
    }

    private static LocalCluster Voted(string keyspace, string commands, Func<NodeOptions, NodeOptions>? adjust = null)
    {
        var cluster = With(new ControlOptions(), adjust ?? Fast, keyspace);
        var session = Select(cluster, 1);
        cluster.Await(session, commands).ShouldNotContain("-");
        cluster.Run(500);
        return cluster;
    }

    private static ClientSession Select(LocalCluster cluster, int node)
    {
        var session = cluster.Connect(node);
        cluster.Await(session, "SELECT v").ShouldBe("+OK");
        return session;
    }

    private static OrderedGroup GroupOf(LocalCluster cluster, int node) =>
        GroupOn(cluster, node, KeyspaceCluster.GroupOf(cluster, "v"));

    private static KeyspaceMachine[] Machines(LocalCluster cluster) =>
        [.. Members(cluster, "v").Select(n => GroupOf(cluster, n).Machine)];

    private static OrderedGroup LeaderGroup(LocalCluster cluster) =>
        Members(cluster, "v").Select(n => GroupOf(cluster, n)).First(g => g.Replica.IsLeader);

    /// <summary>Of all nodes together.</summary>
    private static VotingFigures Figures(LocalCluster cluster)
    {
        var all = Members(cluster, "v").Select(n => GroupOf(cluster, n).Voting.Figures).ToList();
        return new VotingFigures
        {
            VotedReads = all.Sum(f => f.VotedReads),
            MaskedReads = all.Sum(f => f.MaskedReads),
            UndecidedReads = all.Sum(f => f.UndecidedReads),
            Dissents = all.Sum(f => f.Dissents),
        };
    }
}
