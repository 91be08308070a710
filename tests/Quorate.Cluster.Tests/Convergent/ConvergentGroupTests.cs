using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;
using Quorate.Strategies;

namespace Quorate.Cluster.Tests.Convergent;

/// <summary>What the node does for a group whose data merges, whatever the strategy: five nodes, three of them with a replica
/// of a keyspace 'cart' that a stand-in runs.</summary>
public sealed class ConvergentGroupTests
{
    private readonly List<GossipReplica> _replicas = [];

    [Fact]
    public void Every_node_takes_every_command_and_all_come_to_the_same()
    {
        var cluster = Start();
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), $"SELECT cart; SADD s n{node}; INCR n").ShouldStartWith("+OK :1 :");
        cluster.Run(100);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT cart; SCARD s; GET n; DBSIZE").ShouldBe("+OK :5 $1 5 :2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pipeline_keeps_its_order(bool isMember)
    {
        var cluster = Start();
        var session = cluster.Connect(isMember ? Member(cluster) : Outsider(cluster));
        cluster.Await(
            session, "SELECT cart; SET k 1; GET k; SET k 2; GET k; INCRBY n 5; DECR n; GET n; DEL k; EXISTS k; PING; GET n")
            .ShouldBe("+OK +OK $1 1 +OK $1 2 :5 :4 $1 4 :1 :0 +PONG $1 4");
    }

    [Fact]
    public void What_is_queued_behind_select_means_what_it_means_there()
    {
        var cluster = Start();
        var session = cluster.Connect(Outsider(cluster));
        cluster.Await(
            session,
            "SET k 1; APPEND k 2; SELECT cart; SET k 3; APPEND k 4; SIBLINGS k; SELECT 0; APPEND k 5; GET k; SIBLINGS k; "
                + "SELECT cart; GET k")
            .ShouldMatch(
                @"^\+OK :2 \+OK \+OK -ERR 'append' needs one order of all writes.* \*2 \$\d+ \S+ \*1 \*2 \$6 string \$1 3 \+OK :3 \$3 125 -ERR 'siblings' is about concurrent values.* \+OK \$1 3$");
    }

    [Fact]
    public void Both_sides_of_a_partition_go_on_and_nothing_of_either_is_lost()
    {
        var cluster = Start();
        var (one, two) = (_replicas[0].Self.Value, _replicas[1].Self.Value);
        cluster.Isolate(one);
        cluster.Run(5000);
        cluster.Await(cluster.Connect(one), "SELECT cart; SADD s here; SET k here; SIBLINGS k").ShouldStartWith("+OK :1 +OK *2");
        cluster.Await(cluster.Connect(two), "SELECT cart; SADD s there; SET k there").ShouldBe("+OK :1 +OK");
        cluster.Cut.Clear();
        cluster.Run(1000);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SELECT cart; SCARD s; CONFLICTS LIST; CONFLICTS COUNT")
                .ShouldBe("+OK :2 *1 $1 k *2 :1 :1");
    }

    [Fact]
    public void Nobody_is_sealed_replaced_or_given_a_lease()
    {
        var cluster = Start();
        var before = Entry(cluster);
        foreach (var member in before.Configuration.InSync) cluster.Kill(member.Value);
        cluster.Run(120_000);
        cluster.Restart(before.Configuration.InSync[0].Value);
        cluster.Restart(before.Configuration.InSync[1].Value);
        cluster.Run(5000);
        Entry(cluster).ShouldBe(before);
        cluster.Await(cluster.Connect(1), "KEYSPACE FAILOVER cart").ShouldContain("elects none and needs no fail-over");
    }

    [Fact]
    public void What_was_acknowledged_is_there_after_a_restart()
    {
        var cluster = Start();
        var member = Member(cluster);
        cluster.Await(cluster.Connect(member), "SELECT cart; SADD s a b; INCR n").ShouldBe("+OK :2 :1");
        cluster.Kill(member);
        cluster.Restart(member);
        cluster.Run(2000);
        cluster.Await(cluster.Connect(member), "SELECT cart; SCARD s; INCR n").ShouldBe("+OK :2 :2");
    }

    [Fact]
    public void A_drained_node_is_replaced_by_one_that_has_asked_to_be_counted()
    {
        var cluster = Start();
        var member = _replicas.Select(r => r.Self.Value).First(n => n != cluster.Leader && !cluster[n].Control!.Replica.IsLeader);
        cluster.Await(cluster.Connect(member), "NODE DRAIN n" + member).ShouldBe("+OK");
        cluster.Run(3000);
        var after = Entry(cluster).Configuration;
        after.InSync.Count.ShouldBe(3);
        after.Learners.ShouldBeEmpty();
        after.Contains(new NodeId(member)).ShouldBeFalse();
        cluster.Await(cluster.Connect(member), "SELECT cart; SADD s late").ShouldBe("+OK :1", "forwarded now");
    }

    [Fact]
    public void A_write_whose_forwarded_reply_does_not_come_is_uncertain_and_a_read_is_asked_again()
    {
        var cluster = Start();
        var outsider = Outsider(cluster);
        var session = cluster.Connect(outsider);
        cluster.Await(session, "SELECT cart; INCR n").ShouldBe("+OK :1");
        cluster.Run(100);
        var asked = _replicas.Single(r => r.Asked.Count > 0).Self.Value;
        cluster.Cut.Add((asked, outsider)); // the command arrives, its reply does not
        cluster.Await(session, "INCR n").ShouldStartWith(
            "-UNCERTAIN the write may or may not take effect: the replica that it was sent to did not answer in time");
        cluster.Await(session, "GET n").ShouldBe("$1 2", "from another replica");
        var reader = Start();
        var other = reader.Connect(Outsider(reader));
        reader.Await(other, "SELECT cart; INCR n").ShouldBe("+OK :1");
        reader.Run(100);
        asked = _replicas.Single(r => r.Asked.Count > 0).Self.Value;
        reader.Cut.Add((asked, Outsider(reader)));
        reader.Await(other, "GET n").ShouldBe("$1 1");
    }

    [Fact]
    public void Every_way_to_end_has_the_answer_that_is_true_of_it()
    {
        var cluster = Start();
        var member = Member(cluster);
        var replica = _replicas.Single(r => r.Self.Value == member);
        foreach (var node in new[] { member, Outsider(cluster) })
        {
            foreach (var other in _replicas)
                other.Refusal = Outcome.Unavailable("NOREPLICAS fewer than w replicas can be reached");
            cluster.Await(cluster.Connect(node), "SELECT cart; INCR n; GET n").ShouldBe(
                "+OK -NOREPLICAS fewer than w replicas can be reached -NOREPLICAS fewer than w replicas can be reached");
            foreach (var other in _replicas) other.Refusal = Outcome.Unavailable("too many wait");
            cluster.Await(cluster.Connect(node), "SELECT cart; INCR n")
                .ShouldBe("+OK -TRYAGAIN too many wait; the command was not executed");
            foreach (var other in _replicas) other.Refusal = Outcome.Unknown("1 of 2 answered");
            cluster.Await(cluster.Connect(node), "SELECT cart; INCR n; GET n")
                .ShouldBe("+OK -UNCERTAIN the write may or may not take effect: 1 of 2 answered -TRYAGAIN 1 of 2 answered; "
                    + "the command was not executed");
        }

        replica.Refusal = Outcome.Done; // says nothing
        cluster.Await(cluster.Connect(member), "SELECT cart; INCR n; GET n")
            .ShouldBe("+OK -UNCERTAIN the write may or may not take effect: not enough replicas answered in time -CLUSTERDOWN "
                + "no replica could be reached in time; the command was not executed");
    }

    [Fact]
    public void A_command_about_one_key_says_so()
    {
        var cluster = Start();
        var member = Member(cluster);
        cluster.Await(
            cluster.Connect(member),
            "SELECT cart; SET k 1; GET k; MGET k; MGET k l; MSET a 1; MSET a 1 b 2; DEL a; DEL a b; SIBLINGS k; DBSIZE; "
                + "CONFLICTS LIST");
        _replicas.Single(r => r.Self.Value == member).Asked
            .ShouldBe([
                "Write True", "Read True", "Read True", "Read False", "Write True", "Write False", "Write True", "Write False",
                "Read True", "Read False", "Read False"]);
    }

    [Fact]
    public void Wrong_words_are_answered_as_redis_does_and_the_keyspace_can_be_dropped()
    {
        var cluster = Start();
        var session = cluster.Connect(Member(cluster));
        cluster.Await(session, "SELECT cart; GET; CONFLICTS NOSUCH; NOSUCH a; SET k 1 NX; LPUSH l 1").ShouldMatch(
            @"^\+OK -ERR wrong number of arguments for 'get' command -ERR unknown subcommand 'NOSUCH'. Try CONFLICTS HELP. -ERR unknown command 'NOSUCH'.* -ERR 'set nx' needs one order.* -ERR 'lpush' is a command of Redis that this version does not have$");
        cluster.Await(cluster.Connect(1), "KEYSPACE DROP cart").ShouldBe("+OK");
        cluster.Run(1000);
        cluster.Await(session, "GET k").ShouldStartWith("-ERR the selected keyspace was dropped");
        foreach (var node in cluster.Ids) cluster[node].Groups.ShouldAllBe(g => !g.Commands.HandsOnReads);
    }

    private LocalCluster Start()
    {
        _replicas.Clear();
        LocalCluster? cluster = null;
        cluster = new LocalCluster(5, control: new ControlOptions(), adjust: options => options with
        {
            Strategies = new StrategySet(
                StrategyTable.Raft,
                new GossipEntry(setup => new GossipReplica(cluster!, setup.Self, setup.MergeMachine(0), _replicas))),
        });
        cluster.ElectSomebody();
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.Count == 5), "all know the map");
        cluster.Run(300);
        var policy = PolicyDefaults.For(Strategy.MultiLeader);
        cluster[1].View.AskControl(new CreateKeyspace("cart", -1, policy, [[new NodeId(1), new NodeId(2), new NodeId(3)]]));
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Keyspaces.Count == 17), "all know the keyspace");
        cluster.Run(300);
        return cluster;
    }

    private int Member(LocalCluster cluster) => Entry(cluster).Configuration.InSync[0].Value;

    private static int Outsider(LocalCluster cluster) =>
        cluster.Ids.First(n => !Entry(cluster).Configuration.Contains(new NodeId(n)));

    private static GroupEntry Entry(LocalCluster cluster)
    {
        var map = cluster.Up.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!;
        return map.Group(map.Keyspace("cart")!.Groups.Single())!;
    }
}
