namespace Quorate.Cluster.Tests.Reads;

/// <summary>Whole nodes: a bounded read is answered where the age is known, or refused.</summary>
public sealed class BoundedReadTests
{
    private static readonly string[] Policies =
    [
        "STRATEGY raft REPLICAS 3",
        "STRATEGY chain REPLICAS 3 READS craq", "STRATEGY chain REPLICAS 3 READS tail", "STRATEGY primary REPLICAS 3 ACK async",
        "STRATEGY primary REPLICAS 3 ACK sync", "STRATEGY primary REPLICAS 3 ACK majority SHIP state",
    ];

    public static TheoryData<string> EveryPolicy => [.. Policies];

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_replica_that_is_cut_off_answers_within_the_bound_and_then_refuses(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        var replica = KeyspaceCluster.Members(cluster, "ks").Last(n => n != KeyspaceCluster.AwaitLeader(cluster, "ks"));
        var session = cluster.Connect(replica);
        cluster.Await(session, "SELECT ks; SET k 1; READS bounded 1000; GET k").ShouldBe("+OK +OK +OK $1 1");
        cluster.Run(2000);
        cluster.Await(session, "GET k").ShouldBe("$1 1", "asked anew");
        cluster.Isolate(replica);
        cluster.Run(500);
        cluster.Ask(session, "GET k").ShouldBe("$1 1", "half the bound is over");
        cluster.Run(4000); // a replica of a chain knows that it has the newest as long as its lease runs
        cluster.Ask(session, "GET k").ShouldBe("", "nobody can tell how old it is");
        cluster.Until(() => session.PendingCount == 0, "it is refused");
        LocalCluster.Take(session).ShouldBe("-MASTERDOWN no replica in reach can prove that its state is at most 1000 ms old");
        cluster[replica].Statistics.Reads.Refused.ShouldBe(1);
        cluster[replica].Statistics.Reads.BoundMissed.ShouldBeGreaterThan(0);
        cluster.Ask(session, "READS eventual GET k").ShouldBe("$1 1");
        cluster.Cut.Clear();
        cluster.Run(4000);
        cluster.Await(session, "GET k").ShouldBe("$1 1");
    }

    /// <summary>A stopped process must not, when it goes on, answer with what it had.</summary>
    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_replica_that_was_stopped_does_not_answer_from_before(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        var replica = KeyspaceCluster.Members(cluster, "ks").Last(n => n != KeyspaceCluster.AwaitLeader(cluster, "ks"));
        var session = cluster.Connect(replica);
        cluster.Await(session, "SELECT ks; SET k old; READS bounded 500; GET k").ShouldBe("+OK +OK +OK $3 old");
        cluster.Pause(replica);
        cluster.Run(4000);
        var other = cluster.Connect(cluster.Ids.First(n => n != replica));
        cluster.Await(other, "SELECT ks; SET k new").ShouldBe("+OK +OK");
        cluster.Run(4000);
        cluster.Resume(replica);
        cluster.Send(session, "GET k"); // before anything that came meanwhile
        cluster.Until(() => session.PendingCount == 0, "the read is answered or refused");
        LocalCluster.Take(session)
            .ShouldBeOneOf("$3 new", "-MASTERDOWN no replica in reach can prove that its state is at most 500 ms old");
    }

    [Fact]
    public void A_replica_without_a_way_to_the_leader_has_another_one_answer()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY raft REPLICAS 3 READS bounded:200");
        var leader = KeyspaceCluster.AwaitLeader(cluster, "ks");
        var followers = KeyspaceCluster.Members(cluster, "ks").Where(n => n != leader).ToList();
        var session = cluster.Connect(followers[0]);
        cluster.Await(session, "SELECT ks; SET k 1; GET k").ShouldBe("+OK +OK $1 1");
        cluster.Cut.Add((followers[0], leader));
        cluster.Cut.Add((leader, followers[0]));
        for (var i = 0; i < 10; i++)
        {
            cluster.Run(300);
            cluster.Await(session, "GET k").ShouldBe("$1 1");
        }

        (cluster[followers[0]].Statistics.Reads.Elsewhere + (cluster[followers[0]].Find(KeyspaceCluster.GroupOf(cluster,
            "ks"))!.Replica.IsLeader ? 10 : 0)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_node_without_replica_gets_bounded_reads_answered()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK sync READS bounded:300");
        var outsider = cluster.Connect(KeyspaceCluster.Outsiders(cluster, "ks")[0]);
        for (var i = 0; i < 30; i++)
        {
            cluster.Await(outsider, $"SELECT ks; SET k {i}; GET k").ShouldBe(
                $"+OK +OK ${i.ToString(System.Globalization.CultureInfo.InvariantCulture).Length} {i}",
                "its own writes are never missing");
            cluster.Run(50);
        }
    }
}
