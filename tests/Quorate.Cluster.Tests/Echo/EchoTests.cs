using Quorate.Cluster.Control;
using Quorate.Replication.Rows;
using Quorate.Strategies;

namespace Quorate.Cluster.Tests.Echo;

/// <summary>A strategy that no other project knows of, added by one folder and one row.</summary>
public sealed class EchoTests
{
    private static readonly StrategySet WithEcho = new([.. StrategyTable.All.Entries, new EchoEntry()]);

    [Fact]
    public void A_keyspace_of_a_strategy_that_was_added_by_a_row_serves_and_outlives_a_restart()
    {
        var cluster = KeyspaceCluster.With(new ControlOptions(), o => o with { Strategies = WithEcho }, "loud STRATEGY echo");
        var holder = KeyspaceCluster.Members(cluster, "loud").ShouldHaveSingleItem();
        cluster.Until(
            () => cluster[holder].Find(KeyspaceCluster.GroupOf(cluster, "loud")) is { Replica.IsLeader: true }, "it is named");
        var here = cluster.Connect(holder);
        cluster.Await(here, "SELECT loud; SET a 1; SET b 2; INCR a; GET a; DEL b; GET b").ShouldBe("+OK +OK +OK :2 $1 2 :1 $-1");
        var elsewhere = cluster.Connect(cluster.Ids.First(n => n != holder));
        cluster.Await(elsewhere, "SELECT loud; GET a; SET c 3; GET c").ShouldBe("+OK $1 2 +OK $1 3");

        cluster.Kill(holder);
        cluster.Run(200);
        cluster.Restart(holder);
        cluster.Until(
            () => cluster[holder].Find(KeyspaceCluster.GroupOf(cluster, "loud")) is { Replica.IsLeader: true }, "it leads again");
        cluster.Until(() => cluster[holder].View.Map!.Keyspace("loud") is not null, "it has read the map again");
        cluster.Await(cluster.Connect(holder), "SELECT loud; GET a; GET b; GET c; SET c 4; GET c")
            .ShouldBe("+OK $1 2 $-1 $1 3 +OK $1 4");
    }

    [Fact]
    public void It_is_shown_as_any_other()
    {
        var cluster = KeyspaceCluster.With(new ControlOptions(), o => o with { Strategies = WithEcho }, "loud STRATEGY echo");
        var holder = KeyspaceCluster.Members(cluster, "loud").Single();
        cluster.Await(cluster.Connect(1), "KEYSPACE SHOW loud").ShouldContain("policy strategy echo replicas 1 ");
        cluster.Await(cluster.Connect(1), "KEYSPACE LIST").ShouldContain("loud strategy echo replicas 1 ");
        cluster.Await(cluster.Connect(holder), "SELECT loud; QUORATE STATUS").ShouldContain("strategy=echo");
    }

    [Fact]
    public void Its_row_says_which_policies_there_are()
    {
        var cluster = KeyspaceCluster.With(new ControlOptions(), o => o with { Strategies = WithEcho });
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE loud STRATEGY echo REPLICAS 3")
            .ShouldContain("echo has one replica, not 3");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE loud STRATEGY echo ACK async")
            .ShouldContain("an echo has no other ack");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE loud STRATEGY echo DELAY 1:1h")
            .ShouldContain("delay needs strategy primary; an echo has no replica to feed");
    }

    [Fact]
    public void Its_row_says_what_it_promises()
    {
        var cluster = KeyspaceCluster.With(new ControlOptions(), o => o with { Strategies = WithEcho }, "loud STRATEGY echo");
        var shown = cluster.Await(cluster.Connect(1), "KEYSPACE SHOW loud");
        shown.ShouldContain("A write is acknowledged when it is on stable storage of the one replica that echoes.");
        shown.ShouldContain("returns what was called into the echo last.");
        shown.ShouldContain("An echo answers as long as its node is up.");
        shown.ShouldContain("Nothing takes over from an echo.");
    }

    [Fact]
    public void Without_its_row_it_is_refused_with_the_strategies_that_there_are()
    {
        var cluster = KeyspaceCluster.With();
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE loud STRATEGY echo")
            .ShouldBe("-ERR strategy is one of raft|primary|chain|multileader|leaderless, not 'echo'");
    }
}
