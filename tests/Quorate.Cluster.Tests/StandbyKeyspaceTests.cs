using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>Keyspaces with delayed and cascaded replicas, on whole nodes.</summary>
public sealed class StandbyKeyspaceTests
{
    [Fact]
    public void A_mistake_can_be_read_back_at_the_delayed_replica_and_nowhere_else()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 DELAY 1:20s");
        var late = Standby(cluster).Delayed[0].Value;
        var here = cluster.Connect(late);
        cluster.Await(here, "SELECT ks; SET a 1; SET b 2").ShouldBe("+OK +OK +OK");
        cluster.Await(here, "READS weak GET a").ShouldBe("$-1", "it is held and not applied");
        cluster.Run(21_000);
        cluster.Await(here, "READS weak GET a").ShouldBe("$1 1");
        cluster.Await(cluster.Connect(1), "SELECT ks; FLUSHALL").ShouldBe("+OK +OK");
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "SELECT ks; GET a").ShouldBe("+OK $-1");
        foreach (var rule in (string[])["linearizable", "session", "eventual", "bounded 1000"])
            cluster.Await(here, $"READS {rule} GET a").ShouldBe("$-1", rule);
        cluster.Await(here, "READS weak GET a; READS weak DBSIZE").ShouldBe("$1 1 :2");
        cluster.Await(here, "READS weak; GET b; SET c 3; GET c").ShouldBe("+OK $1 2 +OK $-1");
        foreach (var node in cluster.Ids.Where(n => n != late))
            cluster.Await(cluster.Connect(node), "SELECT ks; READS weak GET a").ShouldBe("+OK $-1");
        cluster.Run(21_000);
        cluster.Await(here, "READS weak GET a; GET c").ShouldBe("$-1 $1 3");
    }

    /// <summary>Who does not say so reads nothing old, also where the keyspace's own reads are weak.</summary>
    [Fact]
    public void A_keyspace_whose_reads_are_weak_is_not_read_there_by_itself()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 READS weak DELAY 1:20s");
        var here = cluster.Connect(Standby(cluster).Delayed[0].Value);
        cluster.Await(here, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(200);
        cluster.Await(here, "GET a").ShouldBe("$1 1");
        cluster.Await(here, "READS weak GET a").ShouldBe("$-1");
    }

    [Fact]
    public void No_acknowledgement_counts_them_and_no_fail_over_names_them()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 2 ACK sync MIN-IN-SYNC 2 DELAY 1:5s CASCADE 1");
        var via = KeyspaceCluster.LeaderOf(cluster, "ks");
        var backup = Entry(cluster).Configuration.InSync.First(n => n.Value != via).Value;
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(500);
        cluster.Await(cluster.Connect(via), "SELECT ks; WAIT 3 100").ShouldBe("+OK :1", "the backup alone");
        cluster.Kill(backup);
        cluster.Run(1500);
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 2").ShouldContain("NOREPLICAS");
        cluster.Kill(via);
        cluster.Run(6000);
        Entry(cluster).IsSealed.ShouldBeTrue("those that are left may not lead");
        cluster.Restart(backup);
        cluster.Until(() => KeyspaceCluster.LeaderOf(cluster, "ks") == backup, "the backup takes over");
        cluster.Restart(via);
        cluster.Until(() => Entry(cluster).Configuration.InSync.Count == 2, "both are in sync");
        cluster.Run(500);
        cluster.Await(cluster.Connect(backup), "SELECT ks; SET a 3; GET a").ShouldBe("+OK +OK $1 3");
        cluster.Await(cluster.Connect(backup), $"KEYSPACE FAILOVER ks TO n{Standby(cluster).Delayed[0].Value}")
            .ShouldContain("not in sync");
    }

    [Fact]
    public void A_cascaded_replica_is_fed_by_a_backup_and_by_another_when_that_dies()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK semisync:1 CASCADE 1");
        var feed = Standby(cluster).Feeds[0];
        var via = KeyspaceCluster.LeaderOf(cluster, "ks");
        feed.Source.Value.ShouldNotBe(via);
        var client = cluster.Connect(via);
        cluster.Await(client, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(500);
        cluster.Await(cluster.Connect(feed.Replica.Value), "SELECT ks; READS weak GET a; GET a").ShouldBe("+OK $1 1 $1 1");
        Followers(cluster, via).ShouldNotContain(feed.Replica);
        Followers(cluster, feed.Source.Value).ShouldBe([feed.Replica]);
        var info = cluster.Await(cluster.Connect(feed.Replica.Value), "SELECT ks; INFO replication");
        info.ShouldContain("role:slave");
        info.ShouldContain($"master_port:{feed.Source.Value}");
        cluster.Await(cluster.Connect(feed.Replica.Value), "QUORATE STATUS").ShouldContain($"fed_by={feed.Source}");

        cluster.Kill(feed.Source.Value);
        cluster.Await(client, "SET a 2").ShouldBe("+OK");
        cluster.Until(
            () => Standby(cluster).Feeds[0].Source is { IsNone: false } source && source != feed.Source, "another is its source");
        Standby(cluster).Feeds[0].Replica.ShouldBe(feed.Replica);
        cluster.Run(500);
        cluster.Await(cluster.Connect(feed.Replica.Value), "SELECT ks; READS weak GET a").ShouldBe("+OK $1 2");

        // And when the primary dies too, it follows who takes over.
        cluster.Kill(via);
        cluster.Until(
            () => KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var leader && leader != via, "the last backup takes over");
        KeyspaceCluster.LeaderOf(cluster, "ks").ShouldNotBe(feed.Replica.Value);
        cluster.Restart(feed.Source.Value);
        cluster.Restart(via);
        cluster.Until(() => Entry(cluster).Configuration.InSync.Count > 1, "there is a backup again");
        cluster.Run(500);
        cluster.Await(cluster.Connect(feed.Replica.Value), "SELECT ks; SET a 3; GET a").ShouldBe("+OK +OK $1 3");
    }

    [Fact]
    public void They_are_shown_for_what_they_are()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 DELAY 1:1h CASCADE 1");
        var standby = Standby(cluster);
        var late = standby.Delayed[0];
        var via = cluster.Connect(KeyspaceCluster.LeaderOf(cluster, "ks"));
        cluster.Await(via, "SELECT ks").ShouldBe("+OK");
        cluster.Run(500);
        cluster.Await(via, "KEYSPACE SHOW ks")
            .ShouldContain($"delayed=[{late}] fed=[{standby.Feeds[0].Replica}<{standby.Feeds[0].Source}]");
        cluster.Await(via, "KEYSPACE SHOW ks").ShouldContain("applies it 1h later");
        cluster.Await(via, "KEYSPACE LIST").ShouldContain("delay 1:1h cascade 1");
        cluster.Await(via, "INFO replication").ShouldContain(",delay=3600");
        cluster.Await(via, "QUORATE STATUS").ShouldContain($" delayed={late} ");
        var there = cluster.Connect(late.Value);
        cluster.Await(there, "SELECT ks; INFO replication").ShouldContain("slave_delay_seconds:3600");
        foreach (var node in Entry(cluster).Configuration.Members.Where(n => n.Value != KeyspaceCluster.LeaderOf(cluster, "ks")))
            cluster.Await(cluster.Connect(node.Value), "SELECT ks; INFO replication")
                .ShouldContain($" slave_priority:{(standby.Contains(node) ? 0 : 100)} ");
        cluster.Await(there, "QUORATE STATUS").ShouldContain("delay_s=3600");
        cluster.Await(via, "SENTINEL REPLICAS ks").ShouldNotContain($"n{late.Value} ");
    }

    [Fact]
    public void They_come_while_it_serves_and_a_restart_keeps_them()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        var client = cluster.Connect(1);
        cluster.Await(client, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Await(client, "KEYSPACE ALTER ks DELAY 2:1h CASCADE 1").ShouldContain("delay 2:1h cascade 1 asks for 6 nodes");
        cluster.Await(client, "KEYSPACE ALTER ks DELAY 1h CASCADE 1").ShouldBe("+OK");
        cluster.Until(() => Standby(cluster) is { Delayed.Count: 1, Feeds.Count: 1 }, "both have come");
        var late = Standby(cluster).Delayed[0].Value;
        cluster.Until(
            () => cluster.Await(cluster.Connect(late), "SELECT ks; READS weak GET a") == "+OK $1 1",
            "it began with the state of then");
        cluster.Await(client, "SET a 2").ShouldBe("+OK");
        cluster.Run(1000);
        foreach (var node in cluster.Ids) cluster.Kill(node);
        foreach (var node in cluster.Ids) cluster.Restart(node);
        cluster.Until(
            () =>
                cluster.Ids.All(n => cluster[n].View.Map!.Keyspace("ks") is not null)
                    && KeyspaceCluster.LeaderOf(cluster, "ks") > 0,
            "all are back");
        cluster.Run(2000);
        cluster.Await(cluster.Connect(late), "SELECT ks; GET a; READS weak GET a").ShouldBe("+OK $1 2 $1 1");
        cluster.Await(cluster.Connect(1), "KEYSPACE ALTER ks DELAY none CASCADE 0").ShouldBe("+OK");
        cluster.Until(() => Entry(cluster).Configuration.Learners.Count == 0, "they have gone");
        cluster.Await(cluster.Connect(late), "SELECT ks; GET a").ShouldBe("+OK $1 2");
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_reason()
    {
        var cluster = KeyspaceCluster.With();
        void Refused(string words, string because) =>
            cluster.Await(cluster.Connect(1), "KEYSPACE CREATE ks " + words).ShouldContain(because);
        Refused("STRATEGY raft DELAY 1:1h", "delay needs strategy primary");
        Refused("STRATEGY chain CASCADE 1", "cascade needs strategy primary");
        Refused(
            "STRATEGY primary REPLICAS 3 DELAY 2:1h CASCADE 1",
            "asks for 6 nodes, more nodes than are up (5): each replica stands on one of its own");
        Refused("STRATEGY primary DELAY soon", "as in 1:1h");
    }

    private static GroupEntry Entry(LocalCluster cluster) =>
        cluster.Up.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!.Group(KeyspaceCluster.GroupOf(cluster, "ks"))!;

    private static Standby Standby(LocalCluster cluster) => Entry(cluster).Configuration.Standby;

    private static IEnumerable<NodeId> Followers(LocalCluster cluster, int node) =>
        cluster[node].View.Groups.First(g => g.Group == KeyspaceCluster.GroupOf(cluster, "ks")).Followers.Select(f => f.Node);
}
