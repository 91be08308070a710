using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>Nodes that join a running cluster, take over, and leave it.</summary>
public sealed class MembershipTests
{
    [Fact]
    public void A_node_that_joins_learns_the_map_and_serves_everything_from_any_place()
    {
        var cluster = Three();
        cluster.Await(cluster.Connect(1), "SET before 1").ShouldBe("+OK");
        var id = cluster.Join("n4", via: 2);
        id.ShouldBe(4);
        cluster.Until(() => IsUp(cluster, id), "it is heard and admitted");
        cluster.Until(() => cluster[id].View.Map!.Version == Newest(cluster).Version, "it knows the map");
        cluster.Await(cluster.Connect(id), "GET before; SET after 2; GET after").ShouldBe("$1 1 +OK $1 2");
        cluster[id].Raft.ShouldBeNull("it holds no replica of the numbered databases");
        Newest(cluster).Group(ControlMachine.ControlGroup)!.Configuration.InSync.ShouldNotContain(new NodeId(id));
        cluster.Await(cluster.Connect(id), "KEYSPACE CREATE ks STRATEGY primary REPLICAS 4").ShouldBe("+OK");
        cluster.Await(cluster.Connect(id), "SELECT ks; SET a 1; GET a").ShouldBe("+OK +OK $1 1");
    }

    [Fact]
    public void The_same_name_said_twice_is_the_same_node_until_it_is_heard_and_refused_after()
    {
        var cluster = Three();
        cluster.Await(cluster.Connect(1), "NODE ADD n4 p:n4").ShouldContain("node 4 n4");
        cluster.Await(cluster.Connect(3), "NODE ADD n4 p:n4").ShouldContain("node 4 n4");
        cluster.Await(cluster.Connect(3), "NODE ADD n4 p:other").ShouldContain("there is a node 'n4' already");
        cluster.Await(cluster.Connect(3), "NODE ADD n5 p:n4").ShouldContain("reach 'n4' at p:n4");
        cluster.Join("n4");
        cluster.Until(() => IsUp(cluster, 4), "it is admitted");
        cluster.Await(cluster.Connect(1), "NODE ADD n4 p:n4").ShouldContain("there is a node 'n4' already");
    }

    [Fact]
    public void A_founder_that_is_drained_gives_its_place_and_its_votes_to_one_that_joined()
    {
        var cluster = Three();
        cluster.Await(cluster.Connect(1), "SET a 1").ShouldBe("+OK");
        var id = cluster.Join("n4");
        cluster.Until(() => IsUp(cluster, id), "it is admitted");
        var victim = cluster.Leader;
        var via = cluster.Ids.First(n => n != victim);
        cluster.Await(cluster.Connect(via), $"NODE REMOVE n{victim}").ShouldContain("drain it");
        cluster.Await(cluster.Connect(via), $"NODE DRAIN n{victim}").ShouldBe("+OK");
        cluster.Until(() => !Newest(cluster).Groups.Any(g => g.Needs(new NodeId(victim))), "nothing needs it");
        Retry(cluster, via, $"NODE REMOVE n{victim}");
        cluster.Until(
            () => cluster[id].Raft is { } raft && raft.Status.Configuration.IsVoter(new NodeId(id)), "the new one votes");
        cluster.Kill(victim);
        cluster.Await(cluster.Connect(id), "SET a 2; GET a").ShouldBe("+OK $1 2");
        Newest(cluster).Group(ControlMachine.ControlGroup)!.Configuration.InSync.ShouldBe(
            cluster.Up.Select(n => new NodeId(n)), ignoreOrder: true);

        // Two of the three that are left are a majority, the new one among them.
        var other = cluster.Up.First(n => n != id);
        cluster.Kill(other);
        cluster.Until(() => cluster.Leader is > 0 and var now && now != other, "somebody leads");
        cluster.Await(cluster.Connect(id), "GET a; SET a 3").ShouldBe("$1 2 +OK");
        Retry(cluster, id, "KEYSPACE CREATE ks REPLICAS 2");
    }

    [Fact]
    public void A_node_that_joined_comes_back_with_what_its_folder_holds()
    {
        var cluster = Three();
        var id = cluster.Join("n4");
        cluster.Until(() => IsUp(cluster, id), "it is admitted");
        cluster.Run(300);
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE ks STRATEGY primary REPLICAS 4 ACK sync MIN-IN-SYNC 4")
            .ShouldBe("+OK");
        cluster.Await(cluster.Connect(1), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Kill(id);
        cluster.Run(300);
        cluster.Restart(id);
        cluster.Until(
            () => cluster[id].View.Map!.Keyspace("ks") is not null && KeyspaceCluster.IsSettled(cluster, "ks"),
            "it is in sync again");
        cluster.Await(cluster.Connect(id), "SELECT ks; GET a").ShouldBe("+OK $1 1");
    }

    [Fact]
    public void More_voters_are_taken_from_those_that_joined_and_fewer_let_them_go()
    {
        var cluster = Three();
        cluster.Join("n4");
        cluster.Join("n5");
        cluster.Until(() => IsUp(cluster, 4) && IsUp(cluster, 5), "they are admitted");
        cluster.Run(300);
        cluster.Await(cluster.Connect(1), "NODE VOTERS; NODE VOTERS 6; NODE VOTERS 5")
            .ShouldBe(":3 -ERR 6 voters are more than the nodes there are: 5 +OK");
        cluster.Until(
            () => Voters(cluster, ControlMachine.ControlGroup) == 5 && Voters(cluster, ControlMachine.DefaultGroup) == 5,
            "five vote");
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].Raft is { } raft && raft.Status.Configuration.Voters.Count == 5),
            "and hold the numbered databases");
        cluster.Await(cluster.Connect(5), "SET a 1").ShouldBe("+OK");
        cluster.Await(cluster.Connect(2), "NODE VOTERS 3").ShouldBe("+OK");
        cluster.Until(() => cluster.Ids.Count(n => cluster[n].Raft is not null) == 3, "two have given up their replicas");
        foreach (var node in cluster.Ids) cluster.Await(cluster.Connect(node), "GET a; INCR n").ShouldStartWith("$1 1 :");
    }

    [Fact]
    public void A_removed_id_is_never_given_again()
    {
        var cluster = Three();
        cluster.Await(cluster.Connect(1), "NODE ADD n4 p:n4; NODE REMOVE n4").ShouldEndWith("+OK");
        cluster.Join("n4").ShouldBe(5);
        cluster.Until(() => IsUp(cluster, 5), "it is admitted");
    }

    private static LocalCluster Three()
    {
        var cluster = new LocalCluster(3, control: new ControlOptions());
        cluster.ElectSomebody();
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.Count == 3), "all know the map");
        cluster.Run(300);
        return cluster;
    }

    /// <summary>Until it is done: what is on its way is waited for.</summary>
    private static void Retry(LocalCluster cluster, int node, string command)
    {
        var answer = "";
        for (var i = 0; i < 300 && answer != "+OK"; i++)
        {
            cluster.Run(100);
            answer = cluster.Await(cluster.Connect(node), command);
        }

        answer.ShouldBe("+OK");
    }

    private static bool IsUp(LocalCluster cluster, int node) => Newest(cluster).Node(new NodeId(node)) is { State: NodeState.Up };

    private static int Voters(LocalCluster cluster, GroupId group) => Newest(cluster).Group(group)!.Configuration.InSync.Count;

    private static ClusterMap Newest(LocalCluster cluster) => cluster.Up.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!;
}
