using Quorate.Strategies.Raft;

namespace Quorate.Cluster.Tests;

public sealed class SessionTests
{
    private static LocalCluster Elected(int nodes = 3)
    {
        var cluster = new LocalCluster(nodes);
        cluster.ElectSomebody();
        return cluster;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_node_takes_a_write_and_any_node_reads_it(int writer)
    {
        var cluster = Elected();
        cluster.Ask(cluster.Connect(writer), "SET a 1").ShouldBe("+OK");
        for (var reader = 1; reader <= 3; reader++) cluster.Ask(cluster.Connect(reader), "GET a").ShouldBe("$1 1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pipeline_is_answered_in_order_and_a_read_sees_just_the_writes_before_it(bool onLeader)
    {
        var cluster = Elected();
        var session = cluster.Connect(onLeader ? cluster.Leader : cluster.Follower);
        cluster.Ask(session, "SET a 1; GET a; SET a 2; PING; GET a; INCR a; GET a; NOSUCH; SET a; GET a")
            .ShouldBe("+OK $1 1 +OK +PONG $1 2 :3 $1 3 -ERR unknown command 'NOSUCH', with args beginning with: "
                + " -ERR wrong number of arguments for 'set' command $1 3");
        session.PendingCount.ShouldBe(0);
    }

    [Fact]
    public void Select_takes_effect_for_the_commands_behind_it_only()
    {
        var cluster = Elected();
        var session = cluster.Connect(cluster.Leader);
        cluster.Ask(session, "SET a zero; SELECT 1; SET a one; GET a; SELECT 0; GET a")
            .ShouldBe("+OK +OK +OK $3 one +OK $4 zero");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_key_whose_time_has_run_out_is_gone_everywhere_once_anybody_saw_it_gone(bool onLeader)
    {
        var cluster = Elected();
        var session = cluster.Connect(onLeader ? cluster.Leader : cluster.Follower);
        cluster.Ask(session, "SET a 1 PX 100").ShouldBe("+OK");
        cluster.Tick(50);
        cluster.Ask(session, "GET a").ShouldBe("$1 1");
        cluster.Tick(60);
        cluster.Tick();
        cluster.Ask(session, "GET a").ShouldBe("$-1");
        for (var node = 1; node <= 3; node++) cluster.Ask(cluster.Connect(node), "GET a; DBSIZE").ShouldBe("$-1 :0");
    }

    [Fact]
    public void A_leader_cut_off_from_the_majority_does_not_answer_a_write_until_the_outcome_is_known()
    {
        var cluster = Elected();
        var old = cluster.Leader;
        foreach (var other in new[] { 1, 2, 3 }.Where(n => n != old))
        {
            cluster.Cut.Add((old, other));
            cluster.Cut.Add((other, old));
        }

        var session = cluster.Connect(old);
        cluster.Ask(session, "SET a lost").ShouldBe("");
        for (var i = 0; i < 600; i++) cluster.Tick();
        LocalCluster.Take(session).ShouldStartWith("-UNCERTAIN");
        var elsewhere = cluster.Connect(new[] { 1, 2, 3 }.First(n => n != old));
        cluster.Ask(elsewhere, "GET a").ShouldBe("$-1");
    }

    [Fact]
    public void Without_a_leader_a_command_is_refused_as_certainly_not_executed()
    {
        var cluster = Elected();
        foreach (var (a, b) in new[] { (1, 2), (1, 3), (2, 3), (2, 1), (3, 1), (3, 2) }) cluster.Cut.Add((a, b));
        for (var i = 0; i < 200; i++) cluster.Tick();
        var session = cluster.Connect(1);
        cluster.Ask(session, "INCR n; GET n").ShouldBe("");
        for (var i = 0; i < 1200; i++) cluster.Tick();
        LocalCluster.Take(session).ShouldMatch("^-CLUSTERDOWN .* -CLUSTERDOWN .*$");
        cluster.Cut.Clear();
        cluster.ElectSomebody();
        cluster.Ask(session, "GET n").ShouldBe("$-1");
    }

    [Fact]
    public void Without_a_leader_a_command_that_needs_none_is_answered_behind_those_that_are_refused()
    {
        var cluster = Elected();
        foreach (var (a, b) in new[] { (1, 2), (1, 3), (2, 3), (2, 1), (3, 1), (3, 2) }) cluster.Cut.Add((a, b));
        for (var i = 0; i < 200; i++) cluster.Tick();
        var session = cluster.Connect(1);
        cluster.Ask(session, "INCR n; ECHO x; GET n; ECHO y; ECHO z").ShouldBe("");
        for (var i = 0; i < 1200; i++) cluster.Tick();
        LocalCluster.Take(session).ShouldMatch(@"^-CLUSTERDOWN .* \$1 x -CLUSTERDOWN .* \$1 y \$1 z$");
        cluster.Ask(session, "ECHO still").ShouldBe("$5 still");
    }

    [Fact]
    public void A_forwarded_write_whose_answer_was_lost_is_asked_for_again_and_takes_effect_once()
    {
        var cluster = Elected();
        var (leader, follower) = (cluster.Leader, cluster.Follower);
        var session = cluster.Connect(follower);
        cluster.Ask(session, "INCR n").ShouldBe(":1");
        cluster.Send(session, "INCR n; INCR n");
        cluster.Cut.Add((leader, follower));
        cluster.Settle();
        LocalCluster.Take(session).ShouldBe("");
        cluster.Cut.Clear();
        for (var i = 0; i < 60; i++) cluster.Tick();
        LocalCluster.Take(session).ShouldBe(":2 :3");
        cluster.Ask(session, "GET n").ShouldBe("$1 3");
    }

    [Fact]
    public void Forwarded_writes_that_an_overloaded_leader_refuses_wait_and_take_effect_once_each_in_order()
    {
        var cluster = new LocalCluster(3, raft: new RaftOptions { MaxUncommittedBytes = 150 });
        cluster.ElectSomebody();
        var session = cluster.Connect(cluster.Follower);
        cluster.Send(session, string.Concat(Enumerable.Repeat("INCR n;", 20)));
        cluster.Settle();
        var atOnce = LocalCluster.Take(session);
        atOnce.ShouldStartWith(":1");
        atOnce.ShouldNotContain(":20");
        for (var i = 0; i < 400; i++) cluster.Tick();
        (atOnce + " " + LocalCluster.Take(session)).ShouldBe(string.Join(' ', Enumerable.Range(1, 20).Select(i => $":{i}")));
    }
}
