using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>Policies that are altered while their keyspaces serve.</summary>
public sealed class KeyspaceAlterTests
{
    [Fact]
    public void A_stricter_ack_takes_effect_and_a_looser_one_too_also_after_restarts()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK async");
        Alter(cluster, "ks ACK sync MIN-IN-SYNC 3");
        var backup = KeyspaceCluster.Members(cluster, "ks").First(n => n != KeyspaceCluster.LeaderOf(cluster, "ks"));
        var via = KeyspaceCluster.LeaderOf(cluster, "ks");
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Isolate(backup);
        cluster.Run(3000);
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 2").ShouldContain("NOREPLICAS");
        cluster.Cut.Clear();
        cluster.Run(1000);
        cluster.Until(() => KeyspaceCluster.IsSettled(cluster, "ks"), "it is back");
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 3").ShouldBe("+OK +OK");

        // The rule is in the journals: the nodes act by it before they have heard of the map again.
        foreach (var node in cluster.Ids) cluster.Kill(node);
        foreach (var node in cluster.Ids) cluster.Restart(node);
        cluster.Until(
            () =>
                cluster.Ids.All(n => cluster[n].View.Map!.Keyspace("ks") is not null)
                    && KeyspaceCluster.LeaderOf(cluster, "ks") > 0,
            "all are back");
        cluster.Until(() => KeyspaceCluster.IsSettled(cluster, "ks"), "all are in sync");
        via = KeyspaceCluster.LeaderOf(cluster, "ks");
        backup = KeyspaceCluster.Members(cluster, "ks").First(n => n != via);
        cluster.Isolate(backup);
        cluster.Run(3000);
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 4").ShouldContain("NOREPLICAS");
        cluster.Await(cluster.Connect(via), "KEYSPACE ALTER ks ACK async").ShouldBe("+OK");
        cluster.Run(1000);
        cluster.Await(cluster.Connect(via), "SELECT ks; SET a 5; GET a").ShouldBe("+OK +OK $1 5");
    }

    [Fact]
    public void Every_ack_becomes_every_other_under_writes_and_nothing_is_lost()
    {
        string[] acks = ["async", "semisync:1", "majority", "sync", "semisync:2"];
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK sync");
        var session = cluster.Connect(1);
        cluster.Await(session, "SELECT ks").ShouldBe("+OK");
        var count = 0;
        foreach (var from in acks)
        {
            foreach (var to in acks.Where(a => a != from))
            {
                foreach (var ack in (string[])[from, to])
                {
                    cluster.Await(cluster.Connect(2), $"KEYSPACE ALTER ks ACK {ack}")
                        .ShouldBeOneOf("+OK", "-ERR the policy is that already");
                    for (var i = 0; i < 5; i++) cluster.Await(session, "INCR n").ShouldBe($":{++count}");
                }
            }
        }

        cluster.Until(
            () => Entry(cluster).Policy.Ack == Ack.SemiSync || Entry(cluster).Policy.Ack == Ack.Sync, "the last is in force");
        cluster.Run(500);
        cluster.Kill(KeyspaceCluster.LeaderOf(cluster, "ks"));
        cluster.Await(cluster.Connect(cluster.Up.First()), "SELECT ks; GET n")
            .ShouldBe($"+OK ${count.ToString(System.Globalization.CultureInfo.InvariantCulture).Length} {count}");
    }

    [Theory]
    [InlineData("STRATEGY raft")]
    [InlineData("STRATEGY primary ACK sync")]
    [InlineData("STRATEGY primary ACK majority")]
    [InlineData("STRATEGY primary ACK semisync:1")]
    [InlineData("STRATEGY chain")]
    public void Replicas_become_more_and_fewer(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy} REPLICAS 3");
        var session = cluster.Connect(1);
        cluster.Await(session, "SELECT ks; INCR n").ShouldBe("+OK :1");
        var count = 1;
        foreach (var replicas in (int[])[5, 2, 4, 3])
        {
            cluster.Await(cluster.Connect(3), $"KEYSPACE ALTER ks REPLICAS {replicas}").ShouldBe("+OK");
            cluster.Await(session, "INCR n").ShouldBe($":{++count}");
            cluster.Until(
                () => Entry(cluster).Policy.Replicas == replicas && Entry(cluster).Configuration.InSync.Count == replicas,
                $"{replicas} hold it");
            cluster.Until(
                () => cluster.Ids.Count(n => cluster[n].Find(Entry(cluster).Id) is { IsAbsent: false }) == replicas,
                $"{replicas} have a replica");
            cluster.Await(session, "INCR n").ShouldBe($":{++count}");
        }

        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "SELECT ks; GET n").ShouldBe($"+OK $1 {count}");
        cluster.Await(cluster.Connect(1), "KEYSPACE ALTER ks REPLICAS 6").ShouldContain("more nodes than are up");
    }

    [Fact]
    public void A_chain_begins_to_answer_at_every_replica_and_stops_again()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY chain REPLICAS 3");
        cluster.Await(cluster.Connect(1), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(500);
        var head = KeyspaceCluster.LeaderOf(cluster, "ks");
        bool AnswersItself() => cluster[head].Find(KeyspaceCluster.GroupOf(cluster, "ks"))!.Replica.MayReadLocally(cluster.Now);
        AnswersItself().ShouldBeFalse("the tail is asked");
        Alter(cluster, "ks READS craq");
        cluster.Run(300);
        AnswersItself().ShouldBeTrue("it has no unfinished write");
        Alter(cluster, "ks READS tail");
        cluster.Run(300);
        AnswersItself().ShouldBeFalse("the tail is asked again");
    }

    [Fact]
    public void What_cannot_be_altered_is_refused_with_what_to_do_instead()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        void Refused(string words, string because) =>
            cluster.Await(cluster.Connect(1), "KEYSPACE ALTER " + words).ShouldContain(because);
        Refused("ks STRATEGY raft", "create a second keyspace");
        Refused("ks SHIP state", "copy the keys");
        Refused("ks DURABILITY memory", "copy the keys");
        Refused("ks SPREAD zone", "are not spread over zone now");
        Refused("ks ACK semisync:3", "has 2 beside the primary");
        Refused("ks ACK sync", "the policy is that already");
        Refused("0 REPLICAS 4", "NODE VOTERS");
        Refused("3 DURABILITY written", "shares its group");
    }

    private static void Alter(LocalCluster cluster, string words)
    {
        cluster.Await(cluster.Connect(1), $"KEYSPACE ALTER {words}").ShouldBe("+OK");
        cluster.Until(() => Entry(cluster).Policy == cluster[1].View.Map!.Keyspace("ks")!.Policy, "it is in force");
        cluster.Run(300);
    }

    private static GroupEntry Entry(LocalCluster cluster) =>
        cluster.Up.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!.Group(KeyspaceCluster.GroupOf(cluster, "ks"))!;
}
