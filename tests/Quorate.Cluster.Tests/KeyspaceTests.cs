using Quorate.Cluster.Control;

namespace Quorate.Cluster.Tests;

/// <summary>Whole nodes with a control plane: what KEYSPACE commands do, and where the commands of a selected keyspace
/// go.</summary>
public sealed class KeyspaceTests
{
    private static readonly string[] Policies =
    [
        "STRATEGY raft REPLICAS 3", "STRATEGY chain REPLICAS 3 READS craq", "STRATEGY primary REPLICAS 3 ACK async",
        "STRATEGY primary REPLICAS 3 ACK semisync:1", "STRATEGY primary REPLICAS 3 ACK sync",
    ];

    public static TheoryData<string> EveryPolicy => [.. Policies];

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void Every_node_serves_a_keyspace_whether_it_has_a_replica_or_not(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}");
        KeyspaceCluster.Outsiders(cluster, "ks").Count.ShouldBe(2);
        foreach (var writer in cluster.Ids)
        {
            cluster.Await(cluster.Connect(writer), $"SELECT ks; SET by {writer}; INCR count; GET by; INCR count; GET count")
                .ShouldBe($"+OK +OK :{(2 * writer) - 1} $1 {writer} :{2 * writer} {Bulk(2 * writer)}");
            foreach (var reader in cluster.Ids)
                cluster.Await(cluster.Connect(reader), "SELECT ks; GET by").ShouldBe($"+OK $1 {writer}");
        }
    }

    [Fact]
    public void Keyspaces_do_not_see_each_others_keys()
    {
        var cluster = KeyspaceCluster.With(
            "a STRATEGY raft REPLICAS 5", "b STRATEGY primary REPLICAS 5 ACK sync", "c STRATEGY chain REPLICAS 5");
        var session = cluster.Connect(2);
        cluster.Await(session, "SET k numbered; SELECT a; SET k raft; SELECT b; SET k primary; SELECT c; SET k chain")
            .ShouldBe("+OK +OK +OK +OK +OK +OK +OK");
        cluster.Await(session, "SELECT 0; GET k; SELECT a; GET k; SELECT b; GET k; SELECT c; GET k; DBSIZE")
            .ShouldBe("+OK $8 numbered +OK $4 raft +OK $7 primary +OK $5 chain :1");
        cluster.Await(session, "SELECT a; FLUSHALL; DBSIZE; SELECT b; GET k; SELECT 0; GET k")
            .ShouldBe("+OK +OK :0 +OK $7 primary +OK $8 numbered");
    }

    [Fact]
    public void A_keyspace_with_a_number_is_what_the_number_selects()
    {
        var cluster = KeyspaceCluster.With();
        var session = cluster.Connect(1);
        cluster.Await(session, "SELECT 7; SET k shared").ShouldBe("+OK +OK");
        cluster.Await(session, "KEYSPACE CREATE seven DB 7 STRATEGY primary REPLICAS 3")
            .ShouldStartWith("-ERR database 7 is keyspace");
        cluster.Await(session, "KEYSPACE CREATE x DB 16 STRATEGY raft").ShouldStartWith("-ERR a database number is 0 to 15");
        cluster.Await(session, "KEYSPACE CREATE x DB y STRATEGY raft").ShouldStartWith("-ERR 'y' is not a database number");
        cluster.Await(session, "KEYSPACE DROP 7").ShouldBe("+OK");
        cluster.Run(300);
        cluster.Await(session, "GET k").ShouldBe("-ERR the selected keyspace was dropped: SELECT another");
        cluster.Await(session, "SELECT 7").ShouldStartWith("-ERR no keyspace has this number");
        cluster.Await(session, "KEYSPACE CREATE seven DB 7 STRATEGY primary REPLICAS 3").ShouldBe("+OK");
        cluster.Run(500);
        cluster.Await(session, "SELECT 7; GET k; SET k own; GET k").ShouldBe("+OK $-1 +OK $3 own");
    }

    [Theory]
    [InlineData("CREATE ks STRATEGY raft", "there is a keyspace 'ks' already")]
    [InlineData("CREATE 5 STRATEGY raft", "a keyspace's name is printable ASCII")]
    [InlineData("CREATE x STRATEGY nosuch", "")]
    [InlineData("CREATE x STRATEGY raft REPLICAS 6", "replicas 6 asks for more nodes than are up: 5")]
    [InlineData("CREATE x STRATEGY primary REPLICAS 3 ACK semisync:3", "semisync:3 waits for 3 backups")]
    [InlineData("CREATE x STRATEGY raft SPREAD zone", "spread zone with replicas 3 asks for 3 different values")]
    [InlineData("CREATE x STRATEGY pbft", "strategy pbft is not built yet")]
    [InlineData("CREATE x STRATEGY multileader READS linearizable", "multileader orders nothing across regions")]
    [InlineData("CREATE x STRATEGY multileader CONFLICTS merge:cart", "conflicts merge:cart needs the script of the rule")]
    [InlineData("CREATE x STRATEGY leaderless W 4", "w is 1 to n")]
    [InlineData("ALTER nosuch READS eventual", "there is no keyspace 'nosuch'")]
    [InlineData("ALTER ks STRATEGY chain ACK sync", "strategy primary cannot become chain")]
    [InlineData("ALTER ks READS craq", "reads craq needs strategy chain")]
    [InlineData("DROP nosuch", "there is no keyspace 'nosuch'")]
    [InlineData("SHOW nosuch", "there is no keyspace 'nosuch'")]
    [InlineData("LOST nosuch", "there is no keyspace 'nosuch'")]
    [InlineData("LOST ks ALL", "syntax error")]
    [InlineData("FAILOVER nosuch", "there is no keyspace 'nosuch'")]
    [InlineData("FAILOVER ks TO n9", "there is no node 'n9'")]
    [InlineData("FAILOVER ks AT n2", "syntax error")]
    public void What_cannot_be_is_refused_with_what_to_do(string words, string why)
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK semisync:1");
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), $"KEYSPACE {words}").ShouldStartWith($"-ERR {why}");
        cluster.Await(cluster.Connect(1), "KEYSPACE LIST").ShouldContain("ks strategy primary");
    }

    [Fact]
    public void Every_node_lists_and_shows_the_keyspaces()
    {
        var cluster = KeyspaceCluster.With("bank STRATEGY primary REPLICAS 3 ACK sync", "ledger STRATEGY raft REPLICAS 3");
        foreach (var node in cluster.Ids)
        {
            var list = cluster.Await(cluster.Connect(node), "KEYSPACE LIST");
            list.ShouldStartWith("*18 ");
            list.ShouldContain("bank strategy primary replicas 3 ack sync");
            list.ShouldContain("ledger strategy raft replicas 3");
            var shown = cluster.Await(cluster.Connect(node), "KEYSPACE SHOW bank");
            shown.ShouldContain("keyspace bank\npolicy strategy primary");
            shown.ShouldContain(
                cluster[node].View.Map!.Group(cluster[node].View.Map!.Keyspace("bank")!.Groups.Single())!.Configuration
                .ToString());
        }
    }

    [Fact]
    public void Reads_can_be_altered_while_the_keyspace_runs()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK semisync:1");
        cluster.Await(cluster.Connect(4), "SELECT ks; SET k 1").ShouldBe("+OK +OK");
        cluster.Await(cluster.Connect(4), "KEYSPACE ALTER ks READS eventual").ShouldBe("+OK");
        cluster.Run(500);
        cluster.Await(cluster.Connect(3), "KEYSPACE LIST")
            .ShouldContain("ks strategy primary replicas 3 ack semisync:1 ship log reads eventual");
        var backup = KeyspaceCluster.Members(cluster, "ks").First(n => n != KeyspaceCluster.LeaderOf(cluster, "ks"));
        cluster.Isolate(backup);
        cluster.Run(3000);
        cluster.Ask(cluster.Connect(backup), "SELECT ks; GET k")
            .ShouldBe("+OK $1 1", "a stale answer is allowed now, without asking anybody");
    }

    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void A_keyspace_dropped_while_it_is_selected_says_so_and_leaves_nothing(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy}", "other STRATEGY raft REPLICAS 3");
        var sessions = cluster.Ids.Select(cluster.Connect).ToList();
        foreach (var session in sessions) cluster.Await(session, "SELECT ks; INCR n").ShouldStartWith("+OK :");
        var group = KeyspaceCluster.GroupOf(cluster, "ks");
        cluster.Await(cluster.Connect(5), "KEYSPACE DROP ks").ShouldBe("+OK");
        cluster.Run(1000);
        foreach (var session in sessions)
        {
            cluster.Await(session, "INCR n; GET n").ShouldBe(
                "-ERR the selected keyspace was dropped: SELECT another -ERR the selected keyspace was dropped: SELECT another");
            cluster.Await(session, "SELECT ks").ShouldStartWith("-ERR");
            cluster.Await(session, "SELECT other; INCR m").ShouldStartWith("+OK :");
        }

        foreach (var node in cluster.Ids) cluster[node].Find(group).ShouldBeNull();
        cluster.Await(cluster.Connect(1), $"KEYSPACE CREATE ks {policy}").ShouldBe("+OK");
        cluster.Run(1000);
        foreach (var session in sessions) cluster.Await(session, "SELECT ks; GET n").ShouldBe("+OK $-1");
    }

    [Fact]
    public void The_numbered_databases_own_group_stays()
    {
        var cluster = KeyspaceCluster.With();
        cluster.Await(cluster.Connect(1), "KEYSPACE DROP 0")
            .ShouldStartWith("-ERR '0' holds the group that the other numbered databases share");
        cluster.Await(cluster.Connect(1), "SET k 1").ShouldBe("+OK");
    }

    [Fact]
    public void Without_a_majority_for_the_control_group_a_change_is_not_made_and_the_answer_says_so()
    {
        var cluster = KeyspaceCluster.With();
        foreach (var node in cluster.Ids) cluster.Isolate(node);
        cluster.Run(3000);
        foreach (var node in cluster.Ids)
        {
            cluster.Await(cluster.Connect(node), "KEYSPACE CREATE x STRATEGY raft").ShouldStartWith("-TRYAGAIN");
            cluster.Await(cluster.Connect(node), "KEYSPACE LIST")
                .ShouldStartWith("*16 ", Case.Sensitive, "what is known can still be read");
        }

        cluster.Cut.Clear();
        cluster.Run(3000);
        cluster.Await(cluster.Connect(1), "KEYSPACE LIST").ShouldNotContain("x strategy");
    }

    [Fact]
    public void A_question_whose_answer_does_not_come_is_uncertain()
    {
        var cluster = KeyspaceCluster.With();
        var asker = cluster.Ids.First(n => !cluster[n].Control!.Replica.IsLeader);
        var leader = cluster.Ids.First(n => cluster[n].Control!.Replica.IsLeader);
        var session = cluster.Connect(asker);
        cluster.Cut.Add((asker, leader));
        cluster.Await(session, "KEYSPACE CREATE x STRATEGY raft; PING")
            .ShouldStartWith("-UNCERTAIN the control group did not answer in time");
    }

    [Fact]
    public void A_node_that_has_just_been_started_says_that_it_does_not_know_the_keyspaces_yet()
    {
        var cluster = new LocalCluster(3, control: new ControlOptions());
        foreach (var words in new[] { "SELECT ledger", "SELECT 3", "KEYSPACE LIST", "KEYSPACE CREATE x STRATEGY raft" })
            cluster.Ask(cluster.Connect(1), words).ShouldBe("-LOADING this node does not know the keyspaces yet");
        cluster.Ask(cluster.Connect(1), "SELECT 0").ShouldBe("+OK");
        var early = cluster.Connect(1);
        cluster.Send(early, "SET k 1");
        cluster.ElectSomebody();
        cluster.Until(() => early.PendingCount == 0, "the early write is answered");
        LocalCluster.Take(early).ShouldBe("+OK");
    }

    /// <summary>What can only be meant as a number is answered in Redis's words, which clients know.</summary>
    [Theory]
    [InlineData("nowhere", "-ERR there is no keyspace 'nowhere': KEYSPACE LIST names all keyspaces")]
    [InlineData("1x", "-ERR there is no keyspace '1x': KEYSPACE LIST names all keyspaces")]
    [InlineData("-", "-ERR there is no keyspace '-': KEYSPACE LIST names all keyspaces")]
    [InlineData("-1", "-ERR DB index is out of range")]
    [InlineData("99", "-ERR DB index is out of range")]
    [InlineData("99999999999", "-ERR value is not an integer or out of range")]
    [InlineData("99999999999999999999999", "-ERR value is not an integer or out of range")]
    [InlineData("-99999999999", "-ERR value is not an integer or out of range")]
    [InlineData("+1", "-ERR value is not an integer or out of range")]
    [InlineData("01", "-ERR value is not an integer or out of range")]
    public void What_is_no_keyspace_cannot_be_selected(string name, string error)
    {
        var cluster = KeyspaceCluster.With();
        var session = cluster.Connect(1);
        cluster.Await(session, "SELECT 3; SET k 1").ShouldBe("+OK +OK");
        cluster.Await(session, $"SELECT {name}; GET k").ShouldBe($"{error} $1 1", "the selection stays");
    }

    [Fact]
    public void Without_a_control_plane_there_are_the_numbered_databases()
    {
        var cluster = new LocalCluster(3);
        cluster.ElectSomebody();
        cluster.Ask(cluster.Connect(1), "KEYSPACE LIST").ShouldStartWith("-ERR this node runs without a control plane");
        cluster.Ask(cluster.Connect(1), "SELECT ledger").ShouldBe("-ERR value is not an integer or out of range");
    }

    private static string Bulk(int number) =>
        $"${number.ToString(System.Globalization.CultureInfo.InvariantCulture).Length} {number}";
}
