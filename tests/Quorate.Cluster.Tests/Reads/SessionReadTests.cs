namespace Quorate.Cluster.Tests.Reads;

/// <summary>Whole nodes: a session sees what it has written and read, wherever it goes on.</summary>
public sealed class SessionReadTests
{
    public static TheoryData<string> EveryPolicy => BoundedReadTests.EveryPolicy;

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_session_goes_on_at_every_other_node_by_its_token(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        var token = "none";
        for (var round = 0; round < 3; round++)
        {
            foreach (var node in cluster.Ids)
            {
                var session = cluster.Connect(node);
                var before = cluster.Await(session, $"SELECT ks; READS AFTER {token}; GET n; INCR n; GET n; READS TOKEN")
                    .Split(' ');
                var count = (5 * round) + node;
                before[2..^2].ShouldBe([.. Bulk(count - 1), $":{count}", .. Bulk(count)]);
                token = before[^1];
                token.ShouldStartWith("g");
            }
        }
    }

    [Fact]
    public void A_replica_that_has_not_come_as_far_as_the_token_says_so()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY raft REPLICAS 3 READS session");
        var leader = KeyspaceCluster.AwaitLeader(cluster, "ks");
        var follower = KeyspaceCluster.Members(cluster, "ks").First(n => n != leader);
        var writer = cluster.Connect(leader);
        cluster.Await(writer, "SELECT ks; SET k 1").ShouldBe("+OK +OK");
        cluster.Run(300);
        cluster.Isolate(follower);
        var token = cluster.Await(writer, "SET k 2; READS TOKEN").Split(' ')[^1];
        var reader = cluster.Connect(follower);
        cluster.Await(reader, "SELECT ks; GET k").ShouldBe("+OK $1 1", "this session has seen nothing yet");
        cluster.Await(reader, $"READS AFTER {token}; GET k")
            .ShouldBe("+OK -MASTERDOWN no replica in reach has everything that this connection has seen");
        cluster.Cut.Clear();
        cluster.Run(2000);
        cluster.Await(reader, "GET k").ShouldBe("$1 2");
    }

    [Fact]
    public void A_session_that_only_read_never_goes_back()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY raft REPLICAS 3");
        var leader = KeyspaceCluster.AwaitLeader(cluster, "ks");
        var follower = KeyspaceCluster.Members(cluster, "ks").First(n => n != leader);
        cluster.Await(cluster.Connect(leader), "SELECT ks; SET k 1").ShouldBe("+OK +OK");
        cluster.Run(300);
        cluster.Isolate(follower);
        cluster.Await(cluster.Connect(leader), "SELECT ks; SET k 2").ShouldBe("+OK +OK");
        var token = cluster.Await(cluster.Connect(leader), "SELECT ks; READS session GET k; READS TOKEN").Split(' ')[^1];
        cluster.Await(cluster.Connect(follower), $"SELECT ks; READS eventual GET k; READS AFTER {token}; GET k")
            .ShouldBe("+OK $1 1 +OK -MASTERDOWN no replica in reach has everything that this connection has seen");
    }

    [Fact]
    public void What_a_failover_cut_off_is_told_and_not_hidden()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK async READS session");
        var old = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a shipped; GET a").ShouldBe("+OK +OK $7 shipped");
        cluster.Run(200);
        cluster.Isolate(old);
        var token = cluster.Ask(session, "SET b unshipped; READS TOKEN").Split(' ')[^1];
        cluster.Until(() => KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var now && now != old, "another leads");
        const string lost =
            "-LOST a fail-over cut off writes that this connection had made or seen; READS FORGET begins a new session";
        foreach (var node in cluster.Ids.Where(n => n != old))
        {
            var moved = cluster.Connect(node);
            cluster.Await(moved, $"SELECT ks; READS AFTER {token}; GET a; SET c {node}; GET c")
                .ShouldBe($"+OK +OK {lost} +OK {lost}", "a later write does not make up for it");
            cluster.Await(moved, "READS linearizable GET a; READS FORGET; GET a").ShouldBe("$7 shipped +OK $7 shipped");
        }

        cluster.Cut.Clear();
        cluster.Run(3000);
        cluster.Await(session, "GET a; READS FORGET; GET a; GET b").ShouldBe($"{lost} +OK $7 shipped $-1");
    }

    [Fact]
    public void A_token_of_a_keyspace_that_was_dropped_says_so()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY raft REPLICAS 3 READS session");
        var session = cluster.Connect(1);
        var token = cluster.Await(session, "SELECT ks; SET k 1; READS TOKEN").Split(' ')[^1];
        cluster.Await(cluster.Connect(1), "KEYSPACE DROP ks").ShouldBe("+OK");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE ks STRATEGY raft REPLICAS 3 READS session").ShouldBe("+OK");
        cluster.Run(1000);
        cluster.Await(cluster.Connect(2), $"SELECT ks; READS AFTER {token}")
            .ShouldBe("+OK -LOST the token belongs to a keyspace that was dropped");
    }

    [Fact]
    public void A_replica_that_holds_what_is_not_committed_shows_it_to_weak_reads_alone()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK sync SHIP state");
        var primary = KeyspaceCluster.LeaderOf(cluster, "ks");
        var session = cluster.Connect(primary);
        cluster.Await(session, "SELECT ks; SET k committed").ShouldBe("+OK +OK");
        cluster.Isolate(primary);
        cluster.Ask(session, "SET k not-yet").ShouldBe("");
        var reader = cluster.Connect(primary);
        cluster.Ask(reader, "SELECT ks; READS weak GET k").ShouldBe("+OK $7 not-yet");
        cluster.Ask(reader, "READS eventual GET k")
            .ShouldBe("", "it waits until the state is committed, or another replica answers");
        cluster.Cut.Clear();
        cluster.Until(() => reader.PendingCount == 0, "it is answered");
        LocalCluster.Take(reader).ShouldBeOneOf("$9 committed", "$7 not-yet");
    }

    private static string[] Bulk(int number) =>
        number == 0
            ? ["$-1"]
            : [
                $"${number.ToString(System.Globalization.CultureInfo.InvariantCulture).Length}",
                number.ToString(System.Globalization.CultureInfo.InvariantCulture)];
}
