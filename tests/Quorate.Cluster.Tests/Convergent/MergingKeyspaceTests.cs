using Quorate.Cluster.Control;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Convergent;

/// <summary>Keyspaces without one order of all writes on whole nodes: five of them, in three regions.</summary>
public sealed class MergingKeyspaceTests
{
    private static readonly string[] Regions = ["eu", "us", "ap", "eu", "us"];

    public static TheoryData<string> EveryStrategy =>
        [
            "STRATEGY multileader SPREAD region", "STRATEGY leaderless", "STRATEGY leaderless READS linearizable",
            "STRATEGY leaderless CONSENSUS on"];

    [Theory]
    [InlineData("STRATEGY multileader SPREAD region")]
    [InlineData("STRATEGY multileader SPREAD region TOPOLOGY ring")]
    [InlineData("STRATEGY multileader SPREAD region TOPOLOGY star")]
    [InlineData("STRATEGY multileader SPREAD region SHIP state")]
    [InlineData("STRATEGY leaderless SPREAD region R 1 W 1 SLOPPY on")]
    public void Written_in_every_region_while_one_is_cut_off_all_is_there_once_it_is_back(string policy)
    {
        var cluster = With($"shop {policy}");
        int[] members = [.. KeyspaceCluster.Members(cluster, "shop")];
        foreach (var node in members)
            cluster.Await(cluster.Connect(node), "SELECT shop; SADD cart base; HSET profile name x").ShouldStartWith("+OK");
        cluster.Run(1000);
        cluster.Isolate(members[2]);
        foreach (var node in members)
        {
            cluster.Await(
                cluster.Connect(node),
                $"SELECT shop; SADD cart item{node} gone{node}; SREM cart gone{node}; INCRBY visits {Ten(node)}; HSET profile "
                    + $"field{node} {node}; SET note from{node}")
                .ShouldMatch(@"^\+OK :2 :1 :\d+ :1 \+OK$", $"n{node}");
        }

        cluster.Run(3000);
        cluster.Cut.Clear();
        var words = "SELECT shop; SCARD cart; GET visits; HGETALL profile; GET note; CONFLICTS LIST; SIBLINGS note";
        cluster.Until(
            () => members.Select(n => cluster.Await(cluster.Connect(n), words)).Distinct().Count() == 1, "all answer the same");
        var answer = cluster.Await(cluster.Connect(members[0]), words);
        var visits = Text(members.Sum(Ten));
        answer.ShouldStartWith($"+OK :4 ${visits.Length} {visits} *8 ");
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), words).ShouldBe(answer);
        foreach (var node in members)
            cluster.Await(cluster.Connect(1), $"SELECT shop; SISMEMBER cart item{node}; SISMEMBER cart gone{node}")
                .ShouldBe("+OK :1 :0");
        answer.ShouldContain("*1 $4 note", Case.Sensitive, "the note was written on both sides");
        cluster.Await(cluster.Connect(members[1]), "SELECT shop; SET note agreed; CONFLICTS LIST").ShouldEndWith("+OK *0");
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void Every_node_reads_what_another_has_written(string policy)
    {
        var cluster = With($"ks {policy}");
        foreach (var node in cluster.Ids)
        {
            cluster.Await(cluster.Connect(node), $"SELECT ks; SET k{node} v{node}; GET k{node}; INCR n")
                .ShouldStartWith($"+OK +OK $2 v{node} :");
            cluster.Run(500);
            foreach (var other in cluster.Ids)
                cluster.Await(cluster.Connect(other), $"SELECT ks; GET k{node}; MGET k{node} k0; GET n")
                    .ShouldBe($"+OK $2 v{node} *2 $2 v{node} $-1 $1 {node}");
        }
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void What_was_acknowledged_is_there_after_all_nodes_were_restarted(string policy)
    {
        var cluster = With($"ks {policy}");
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), $"SELECT ks; SET k{node} v{node}; INCR n").ShouldStartWith("+OK +OK :");
        foreach (var node in cluster.Ids) cluster.Kill(node);
        foreach (var node in cluster.Ids) cluster.Restart(node);
        cluster.Run(5000);
        foreach (var node in cluster.Ids)
        {
            cluster.Await(cluster.Connect(node), "SELECT ks; GET n").ShouldBe("+OK $1 5");
            foreach (var other in cluster.Ids)
                cluster.Await(cluster.Connect(node), $"SELECT ks; GET k{other}").ShouldBe($"+OK $2 v{other}");
        }

        cluster.Await(cluster.Connect(1), "SELECT ks; INCR n").ShouldBe("+OK :6");
    }

    [Theory]
    [InlineData("STRATEGY multileader SPREAD region")]
    [InlineData("STRATEGY leaderless")]
    [InlineData("STRATEGY leaderless READS linearizable")]
    public void A_drained_node_gives_its_replica_to_another_and_nothing_is_lost(string policy)
    {
        var cluster = With($"ks {policy}");
        var member = KeyspaceCluster.Members(cluster, "ks")
            .First(n => n <= 3 && !cluster[n].Control!.Replica.IsLeader && Regions[n - 1] != "ap");
        for (var i = 0; i < 20; i++)
            cluster.Await(cluster.Connect(member), $"SELECT ks; SET k{i} v; INCR n").ShouldBe($"+OK +OK :{i + 1}");
        cluster.Await(cluster.Connect(member), "NODE DRAIN n" + Text(member)).ShouldBe("+OK");
        cluster.Until(
            () => !KeyspaceCluster.Members(cluster, "ks").Contains(member) && KeyspaceCluster.IsSettled(cluster, "ks"),
            "the replica has moved");
        cluster.Run(1000);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT ks; GET n; EXISTS k0 k7 k19").ShouldBe("+OK $2 20 :3");
        cluster.Await(cluster.Connect(member), "SELECT ks; INCR n").ShouldBe("+OK :21");
    }

    [Theory]
    [InlineData("STRATEGY multileader SPREAD region")]
    [InlineData("STRATEGY leaderless SPREAD region")]
    [InlineData("STRATEGY leaderless SPREAD region READS linearizable DURABILITY memory")]
    public void A_replica_that_left_a_node_and_came_back_gives_no_number_twice(string policy)
    {
        var cluster = With($"ks {policy}");
        var member = KeyspaceCluster.Members(cluster, "ks")
            .First(n => !cluster[n].Control!.Replica.IsLeader && Regions[n - 1] != "ap");
        var asked = cluster.Ids.First(n => n != member);
        for (var i = 0; i < 10; i++)
            cluster.Await(cluster.Connect(member), $"SELECT ks; SADD s before{i}; INCR n").ShouldBe($"+OK :1 :{i + 1}");
        var stead = cluster.Ids.First(n => n != member && Regions[n - 1] == Regions[member - 1]);
        Move(cluster, asked, member);
        cluster.Await(cluster.Connect(asked), "NODE UNDRAIN n" + Text(member)).ShouldBe("+OK");
        Move(cluster, asked, stead);
        KeyspaceCluster.Members(cluster, "ks").ShouldContain(member);
        // As many as before, so that every number that was given could be given again.
        for (var i = 0; i < 10; i++)
            cluster.Await(cluster.Connect(member), $"SELECT ks; SADD s after{i}; INCR n").ShouldBe($"+OK :1 :{i + 11}");
        cluster.Kill(member);
        cluster.Restart(member);
        cluster.Run(2000);
        for (var i = 0; i < 10; i++)
            cluster.Await(cluster.Connect(member), $"SELECT ks; SADD s restarted{i}; INCR n").ShouldBe($"+OK :1 :{i + 21}");
        cluster.Run(2000);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT ks; SCARD s; GET n").ShouldBe("+OK :30 $2 30");
    }

    [Fact]
    public void A_region_is_added_and_another_removed_while_all_are_written_in()
    {
        var cluster = With("ks STRATEGY multileader REPLICAS 2 SPREAD region");
        var written = 0;
        void WriteEverywhere()
        {
            foreach (var node in cluster.Ids)
                cluster.Await(cluster.Connect(node), $"SELECT ks; SADD s {++written}; INCR n").ShouldMatch(@"^\+OK :1 :\d+$");
        }

        WriteEverywhere();
        cluster.Run(500);
        var before = KeyspaceCluster.Members(cluster, "ks");
        cluster.Await(cluster.Connect(1), "KEYSPACE ALTER ks REPLICAS 3").ShouldStartWith("+OK");
        for (var i = 0; i < 10; i++) WriteEverywhere();
        cluster.Until(
            () => KeyspaceCluster.Members(cluster, "ks").Count == 3 && KeyspaceCluster.IsSettled(cluster, "ks"),
            "there are three");
        var members = KeyspaceCluster.Members(cluster, "ks");
        members.Select(n => Regions[n - 1]).Distinct().Count().ShouldBe(3);
        cluster.Until(
            () =>
                members.All(n => cluster
                    .Await(
                        cluster.Connect(n), "SELECT ks; SCARD s; GET n") == $"+OK :{written} ${Text(written).Length} {written}"),
            "the new region has all");
        cluster.Await(cluster.Connect(1), "KEYSPACE ALTER ks REPLICAS 2").ShouldStartWith("+OK");
        cluster.Await(cluster.Connect(1), "NODE DRAIN n" + Text(before[0])).ShouldBe("+OK");
        for (var i = 0; i < 10; i++) WriteEverywhere();
        cluster.Until(
            () => KeyspaceCluster.Members(cluster, "ks").Count == 2 && KeyspaceCluster.IsSettled(cluster, "ks"),
            "there are two again");
        KeyspaceCluster.Members(cluster, "ks").ShouldNotContain(before[0]);
        WriteEverywhere();
        cluster.Run(1000);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT ks; SCARD s; GET n")
                .ShouldBe($"+OK :{written} ${Text(written).Length} {written}");
    }

    [Fact]
    public void The_replicas_that_agree_on_keys_stay_those_of_the_beginning()
    {
        var cluster = With("ks STRATEGY leaderless CONSENSUS on");
        var members = KeyspaceCluster.Members(cluster, "ks");
        cluster.Await(cluster.Connect(1), "SELECT ks; INCR n").ShouldBe("+OK :1");
        cluster.Await(cluster.Connect(1), "NODE DRAIN n" + Text(members[0])).ShouldBe("+OK");
        cluster.Run(30_000);
        KeyspaceCluster.Members(cluster, "ks").ShouldBe(members);
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "SELECT ks; INCR n").ShouldBe($"+OK :{node + 1}");
    }

    [Fact]
    public void A_leaderless_keyspace_goes_on_without_a_gap_when_a_node_dies()
    {
        var cluster = With("ks STRATEGY leaderless", "agreed STRATEGY leaderless CONSENSUS on");
        var dead = cluster.Ids.First(n => KeyspaceCluster.Members(cluster, "ks").Contains(n)
            && KeyspaceCluster.Members(cluster, "agreed").Contains(n));
        cluster.Kill(dead);
        var asked = cluster.Ids.First(n => n != dead && KeyspaceCluster.Members(cluster, "ks").Contains(n));
        cluster.Ask(cluster.Connect(asked), "SELECT ks; SET k 1; GET k").ShouldStartWith("+OK", Case.Sensitive, "no time passes");
        foreach (var node in cluster.Up)
            cluster.Await(cluster.Connect(node), "SELECT ks; INCR n; SELECT agreed; INCR n").ShouldMatch(@"^\+OK :\d \+OK :\d$");
        foreach (var node in cluster.Up)
            cluster.Await(cluster.Connect(node), "SELECT ks; GET n; SELECT agreed; GET n").ShouldBe("+OK $1 4 +OK $1 4");
    }

    [Fact]
    public void Fewer_replicas_than_asked_for_refuse_or_leave_it_open()
    {
        var cluster = With("ks STRATEGY leaderless", "agreed STRATEGY leaderless CONSENSUS on");
        var members = KeyspaceCluster.Members(cluster, "ks");
        var session = cluster.Connect(members[0]);
        cluster.Await(session, "SELECT ks; SET k 1").ShouldBe("+OK +OK");
        cluster.Isolate(members[0]);
        cluster.Run(2000);
        cluster.Await(session, "SET k 2").ShouldMatch("^-(UNCERTAIN|NOREPLICAS|TRYAGAIN) ");
        cluster.Await(session, "GET k").ShouldMatch("^-(NOREPLICAS|TRYAGAIN|CLUSTERDOWN) ");
        cluster.Await(session, "QUORUM R 1 W 1 SET k 3; QUORUM R 1 GET k; QUORUM W 9 SET k 1; QUORUM GET k; QUORUM R 1 NOSUCH k")
            .ShouldMatch(@"^\+OK \$1 3 -ERR QUORUM \[R <n>\].* -ERR wrong number .* -ERR unknown command 'NOSUCH'");
        cluster.Await(cluster.Connect(members[0]), "SELECT agreed; SET k 2")
            .ShouldMatch(@"^\+OK -(UNCERTAIN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN) ");
    }

    [Fact]
    public void What_depends_on_the_value_works_by_consensus_and_is_refused_where_data_merges()
    {
        var cluster = With("agreed STRATEGY leaderless CONSENSUS on", "ks STRATEGY leaderless");
        cluster.Await(
            cluster.Connect(4),
            "SELECT agreed; SET lock me NX; SET lock you NX; GETSET k 1; CAS k 1 2; CAS k 1 3; GET k; APPEND k x; SIBLINGS k")
            .ShouldMatch(
                @"^\+OK \+OK \$-1 \$-1 :1 :0 \$1 2 :2 -ERR 'siblings' is about concurrent values.*: multileader, leaderless$");
        cluster.Await(cluster.Connect(4), "SELECT ks; SET lock me NX; GETSET k 1; CAS k 1 2").ShouldMatch(
            @"^\+OK -ERR 'set nx' needs one order.*: leaderless with consensus on, raft, primary, chain -ERR 'getset' needs .*: leaderless with consensus on, raft, primary, chain -ERR 'cas' needs one order .*: leaderless with consensus on$");
    }

    [Fact]
    public void Concurrent_increments_by_consensus_are_exact()
    {
        var cluster = With("agreed STRATEGY leaderless CONSENSUS on");
        var sessions = cluster.Ids.Select(cluster.Connect).ToList();
        foreach (var session in sessions) cluster.Await(session, "SELECT agreed").ShouldBe("+OK");
        for (var i = 0; i < 10; i++)
        {
            foreach (var session in sessions) cluster.Send(session, "INCR n");
        }

        cluster.Until(() => sessions.All(s => s.PendingCount == 0), "all are answered");
        foreach (var session in sessions) LocalCluster.Take(session).Split(' ').ShouldAllBe(r => r.StartsWith(':'));
        cluster.Await(cluster.Connect(1), "SELECT agreed; GET n").ShouldBe("+OK $2 50");
    }

    [Fact]
    public void Losing_strings_of_the_last_writer_are_kept_for_a_while()
    {
        var cluster = With("ks STRATEGY multileader CONFLICTS lww KEEP-LOSERS 90s");
        var members = KeyspaceCluster.Members(cluster, "ks");
        cluster.Isolate(members[0]);
        cluster.Await(cluster.Connect(members[0]), "SELECT ks; SET k first").ShouldBe("+OK +OK");
        cluster.Run(50);
        cluster.Await(cluster.Connect(members[1]), "SELECT ks; SET k second").ShouldBe("+OK +OK");
        cluster.Cut.Clear();
        cluster.Run(5000);
        foreach (var node in members)
        {
            cluster.Await(cluster.Connect(node), "SELECT ks; GET k; CONFLICTS LIST").ShouldBe("+OK $6 second *0");
            cluster.Await(cluster.Connect(node), "SELECT ks; LOSSES COUNT 5")
                .ShouldMatch(@"^\+OK \*1 \*5 :\d+ \$1 k \$0 +\$5 first \$\d+ \S+$");
        }

        cluster.Run(80_000);
        foreach (var node in members) cluster.Await(cluster.Connect(node), "SELECT ks; LOSSES").ShouldStartWith("+OK *1");
        cluster.Run(10_000);
        foreach (var node in members) cluster.Await(cluster.Connect(node), "SELECT ks; LOSSES").ShouldBe("+OK *0");
    }

    internal static LocalCluster With(params string[] keyspaces)
    {
        var cluster = new LocalCluster(
            5, control: new ControlOptions(),
            adjust: options => options with { Labels = new NodeLabels("p", Regions[options.Self.Value - 1], "z") });
        cluster.ElectSomebody();
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.Count(e => e.Labels.Region is not null) == 5),
            "all know the map");
        cluster.Run(300);
        foreach (var keyspace in keyspaces) cluster.Await(cluster.Connect(1), $"KEYSPACE CREATE {keyspace}").ShouldBe("+OK");
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].View.Map!.Keyspaces.Count == 16 + keyspaces.Length), "all know the keyspaces");
        cluster.Run(500);
        return cluster;
    }

    private static void Move(LocalCluster cluster, int asked, int from)
    {
        cluster.Await(cluster.Connect(asked), "NODE DRAIN n" + Text(from)).ShouldBe("+OK");
        cluster.Until(
            () => !KeyspaceCluster.Members(cluster, "ks").Contains(from) && KeyspaceCluster.IsSettled(cluster, "ks"),
            "the replica has moved");
        cluster.Run(1000);
    }

    private static int Ten(int node) => (int)Math.Pow(10, node);

    [Fact]
    public void Who_listens_hears_of_every_key_that_comes_into_conflict()
    {
        var cluster = With("ks STRATEGY multileader");
        var members = KeyspaceCluster.Members(cluster, "ks");
        var listener = cluster.Connect(members[1]);
        cluster.Await(listener, "SUBSCRIBE __conflicts__:ks").ShouldStartWith("*3 $9 subscribe");
        var watcher = cluster.Connect(members[1]);
        cluster.Await(watcher, "CONFLICTS WATCH").ShouldStartWith("-ERR 'conflicts' is about concurrent values");
        cluster.Await(watcher, "SELECT ks; CONFLICTS WATCH").ShouldStartWith("+OK *3 $9 subscribe $16 __conflicts__:ks");
        cluster.Isolate(members[0]);
        foreach (var node in members.Take(2))
            cluster.Await(cluster.Connect(node), $"SELECT ks; SET k {node}; SET own{node} 1").ShouldBe("+OK +OK +OK");
        cluster.Cut.Clear();
        cluster.Run(5000);
        LocalCluster.Take(listener).ShouldBe("*3 $7 message $16 __conflicts__:ks $1 k");
        LocalCluster.Take(watcher).ShouldBe("*3 $7 message $16 __conflicts__:ks $1 k");
        cluster.Await(cluster.Connect(members[1]), "INFO conflicts")
            .ShouldContain("conflict_keys:1 conflicts_seen:1 conflict_losses:0 merge_rule_failures:0");
    }

    [Fact]
    public void How_old_the_last_repair_is_can_be_asked()
    {
        var cluster = With("ks STRATEGY leaderless");
        var node = cluster.Connect(KeyspaceCluster.Members(cluster, "ks")[0]);
        cluster.Run(60_000);
        var told = cluster.Await(node, "INFO conflicts");
        told.ShouldContain("stamps_refused:0 hints_kept:0 unrepaired_age_ms:");
        told.ShouldNotContain("unrepaired_age_ms:-1", customMessage: "all holders were compared within a minute");
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
