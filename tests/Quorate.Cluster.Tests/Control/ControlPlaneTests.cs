using System.Buffers;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Control;

/// <summary>What a node does with the control leader's word, and with its own leadership, when messages cross or are
/// lost.</summary>
public sealed class ControlPlaneTests
{
    /// <summary>
    /// <list type="number">
    /// <item>The control leader answers a heartbeat; the answer assigns a replica. It is delayed.</item>
    /// <item>The keyspace is dropped, a newer answer says so, and the node drops its replica.</item>
    /// <item>The delayed answer arrives: carried out, it would bring back a replica of a group that is no more.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void An_answer_overtaken_by_one_of_a_newer_map_brings_no_replica_back()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        var group = KeyspaceCluster.GroupOf(cluster, "ks");
        var node = KeyspaceCluster.Members(cluster, "ks").First(n => !cluster[n].Control!.Replica.IsLeader);
        var map = cluster[node].View.Map!;
        var entry = map.Group(group)!;
        var late = new HeartbeatReply
        {
            Incarnation = cluster[node].Options.Incarnation,
            SentAt = cluster.Now.Nanoseconds,
            LeaseMilliseconds = 1000,
            MapVersion = map.Version,
            Assignments = [new GroupAssignment(group, entry.Policy, entry.Configuration)],
        };
        cluster.Await(cluster.Connect(node), "KEYSPACE DROP ks").ShouldBe("+OK");
        cluster.Until(() => cluster[node].Find(group) is null or { IsAbsent: true }, "the replica is dropped");
        cluster.Run(500);
        var body = new ArrayBufferWriter<byte>();
        late.Encode(body);
        cluster[node].Control!.OnMessage(cluster[node].Control!.Leader, HeartbeatReply.WireKind, body.WrittenMemory, cluster.Now)
            .ShouldBeTrue();
        (cluster[node].Find(group) is null or { IsAbsent: true }).ShouldBeTrue("the group is no more");
    }

    /// <summary>A voter without the log counts for commits that it cannot help to keep, so raft refuses it; a wish that is not
    /// divided into learning and voting never comes true. [Raft §4.2.1]</summary>
    [Fact]
    public void A_node_that_is_new_to_a_raft_group_learns_before_it_votes()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY raft REPLICAS 3");
        var group = KeyspaceCluster.GroupOf(cluster, "ks");
        var leader = KeyspaceCluster.AwaitLeader(cluster, "ks");
        cluster.Await(cluster.Connect(leader), "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        var newcomer = new NodeId(KeyspaceCluster.Outsiders(cluster, "ks")[0]);
        var here = cluster[leader].Find(group)!;
        var before = here.Electing!.Members;
        NodeId[] voters = [.. before.Voters.Where(n => n.Value != leader).Skip(1), new NodeId(leader), newcomer];
        var wish = new GroupConfiguration(here.Epoch.Next, default, voters, []);
        cluster[leader].Holdings.Assign(new GroupAssignment(group, here.Policy!, wish), cluster.Now);
        var members = here.Electing!.Members;
        members.Voters.ShouldBe(before.Voters);
        members.OutgoingVoters.ShouldBeEmpty();
        members.Learners.ShouldBe([newcomer]);
        here.IsWishTrue.ShouldBeFalse("it is asked for again when the newcomer has learnt");
    }

    /// <summary>
    /// <list type="number">
    /// <item>The control leader asks another node to take over; that message ends the leader's lease for the rest of the term,
    /// and is lost.</item>
    /// <item>The followers hear the leader as ever, so none of them stands for election.</item>
    /// <item>A leader without a lease decides nothing. It must ask again until another node leads.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_control_leader_whose_heir_did_not_take_over_hands_over_again()
    {
        var cluster = KeyspaceCluster.With();
        var leader = cluster.Ids.Single(n => cluster[n].Control!.Replica.IsLeader);
        var control = cluster[leader].Control!;
        var electing = (IElectingReplica)control.Replica;
        var heir = electing.Voters.First(n => n.Value != leader);
        cluster.Drops = (from, to, _) => to == heir.Value && from == leader;
        electing.OnRequest(
            new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = heir },
            cluster.Now, control.Hosting.Effects);
        cluster.Settle();
        cluster.Drops = null;
        electing.HasEndedLease.ShouldBeFalse("the transfer is under way");
        electing.IsLeader.ShouldBeTrue();
        cluster.Run(5000);
        cluster.Await(cluster.Connect(leader), "KEYSPACE CREATE late STRATEGY primary REPLICAS 3").ShouldBe("+OK");
    }

    /// <summary>
    /// <list type="number">
    /// <item>A member of a group whose writes wait for others of its region is restarted.</item>
    /// <item>Before it hears the map it does not know where the others are. Were they taken to be elsewhere, or nowhere, a write
    /// would wait for no copy at all.</item>
    /// </list>
    /// A multi-leader replica refuses such a write as long as a region is not known.
    /// </summary>
    [Fact]
    public void While_a_node_does_not_know_the_map_it_knows_no_nodes_region()
    {
        var cluster = new LocalCluster(
            3, control: new ControlOptions(),
            adjust: options => options with { Labels = new NodeLabels("p", $"r{options.Self}", "z") });
        var setup = cluster[1].Turns.SetupOf(new GroupId(9), PolicyDefaults.For(Strategy.MultiLeader), [], isDurable: true);
        setup.RegionOf(new NodeId(1)).ShouldBeNull();
        setup.RegionOf(new NodeId(2)).ShouldBeNull();
        cluster.ElectSomebody();
        cluster.Until(() => cluster[1].View.Map!.Nodes.Count(n => n.Labels.Region is not null) == 3, "the map is known");
        setup.RegionOf(new NodeId(2)).ShouldBe("p/rn2");
        setup.RegionOf(new NodeId(9)).ShouldBeNull("no such node");
    }
}
