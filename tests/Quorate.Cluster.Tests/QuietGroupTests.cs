using Quorate.Cluster.Control;
using Quorate.Cluster.Peers;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster.Tests;

/// <summary>Groups in which nothing happens cost nothing, and are there when they are needed.</summary>
public sealed class QuietGroupTests
{
    private static readonly RaftOptions Soon = new() { QuietAfterTicks = 20 };

    private readonly LocalCluster _cluster = new(3, raft: Soon);

    [Fact]
    public void A_group_in_which_nothing_happens_falls_quiet_on_every_node()
    {
        FallQuiet();
        var frames = Frames();
        _cluster.Run(1_000);
        // Nodes say that they live, 20 times a second to each of two others, and nothing else.
        (Frames() - frames).ShouldBeLessThan(20 * 3 * 2 * 40);
        AllQuiet().ShouldBeTrue();
    }

    [Fact]
    public void It_answers_at_once_when_somebody_asks_on_any_node()
    {
        var session = _cluster.Connect(FallQuiet());
        _cluster.Ask(session, "set a 1").ShouldBe("+OK");
        foreach (var id in _cluster.Ids)
        {
            Until(AllQuiet);
            _cluster.Await(_cluster.Connect(id), "get a").ShouldBe("$1 1");
            Until(AllQuiet);
            _cluster.Await(_cluster.Connect(id), $"incr n{id}").ShouldBe(":1");
        }
    }

    [Fact]
    public void When_the_leaders_node_falls_silent_the_others_elect_about_as_soon_as_ever()
    {
        var leader = FallQuiet();
        var term = _cluster[leader].Raft!.CurrentTerm;
        var others = _cluster.Ids.Where(i => i != leader).ToList();
        _cluster.Kill(leader);
        var ticks = 0;
        for (; !others.Any(i => _cluster[i].Raft!.IsLeader) && ticks < 200; ticks++) _cluster.Tick();
        ticks.ShouldBeLessThan(2 * Soon.MaxElectionTimeoutTicks);
        others.Max(i => _cluster[i].Raft!.CurrentTerm.Value).ShouldBeGreaterThan(term.Value);
    }

    [Fact]
    public void A_leader_cut_off_while_quiet_steps_down()
    {
        var leader = FallQuiet();
        _cluster.Isolate(leader);
        Until(() => !_cluster[leader].Raft!.IsLeader);
        _cluster.Cut.Clear();
        Until(AllQuiet);
    }

    [Fact]
    public void A_member_that_was_away_for_a_moment_does_not_depose_the_leader()
    {
        var leader = FallQuiet();
        var term = _cluster[leader].Raft!.CurrentTerm;
        var other = _cluster.Ids.First(i => i != leader);
        _cluster.Kill(other);
        _cluster.Run(100);
        _cluster.Restart(other);
        _cluster.Run(2_000);
        _cluster[leader].Raft!.CurrentTerm.ShouldBe(term);
        AllQuiet().ShouldBeTrue();
    }

    [Fact]
    public void No_group_is_quiet_while_a_member_is_away_or_keys_run_out()
    {
        var leader = FallQuiet();
        var session = _cluster.Connect(leader);
        _cluster.Ask(session, "set a 1 px 1500").ShouldBe("+OK");
        _cluster.Run(1_000);
        _cluster[leader].Raft!.IsQuiet.ShouldBeFalse();
        _cluster.Run(3_000);
        AllQuiet().ShouldBeTrue();
        _cluster.Ask(session, "dbsize").ShouldBe(":0");
        _cluster.Kill(_cluster.Ids.First(i => i != leader));
        _cluster.Run(2_000);
        _cluster[leader].Raft!.IsQuiet.ShouldBeFalse();
    }

    [Fact]
    public void What_a_group_came_to_before_it_fell_quiet_reaches_the_control_leader()
    {
        var atOnce = Soon with { QuietAfterTicks = 1 };
        var cluster = KeyspaceCluster.With(
            new ControlOptions { HeartbeatMilliseconds = 400 }, o => o with { Settings = o.Settings.With(atOnce) },
            "ks STRATEGY raft REPLICAS 3");
        var id = KeyspaceCluster.GroupOf(cluster, "ks");
        var members = KeyspaceCluster.Members(cluster, "ks").Select(n => (Node: n, Group: cluster[n].Find(id)!)).ToList();
        for (var i = 0; i < 5; i++)
        {
            cluster.Await(cluster.Connect(1), $"SELECT ks; SET k {i}").ShouldBe("+OK +OK");
            cluster.Until(() => members.All(m => !m.Group.Hosting.IsTicking), "it is quiet");
            cluster.Run(900 + (i * 30)); // two heartbeats
            var leader = cluster.Ids.Select(n => cluster[n].Control!).First(c => c.Replica.IsLeader);
            foreach (var (node, group) in members)
            {
                var told = leader.Supervisor.BeatOf(new(node), id).ShouldNotBeNull();
                told.Report.CommitIndex.ShouldBe(group.Electing!.CommitIndex, $"n{node} in round {i}");
                told.Report.CommitIndex.Value.ShouldBeGreaterThan(i);
                told.Leads.ShouldBe(group.Electing.IsLeader);
            }
        }
    }

    [Fact]
    public void Nodes_ping_each_other_only_where_nothing_else_goes()
    {
        var cluster = KeyspaceCluster.With(
            new ControlOptions(), o => o with { Settings = o.Settings.With(Soon) }, "a STRATEGY raft REPLICAS 3",
            "b STRATEGY raft REPLICAS 3", "c STRATEGY raft REPLICAS 3");
        cluster.Until(() => cluster.Up.All(n => cluster[n].Ticking.Count == 1), "all groups but the control group are quiet");
        var pings = new List<(int From, int To)>();
        cluster.Drops = (from, to, kind) =>
        {
            if (kind == PeerPing.WireKind) pings.Add((from, to));
            return false;
        };
        cluster.Run(1000);
        var leader = cluster.Ids.First(n => cluster[n].Control!.Replica.IsLeader);
        pings.ShouldAllBe(p => p.From != leader && p.To != leader, "the control group's heartbeats and their answers go there");
        var elsewhere = ((string[])["a", "b", "c"]).First(k => KeyspaceCluster.RaftLeaderOf(cluster, k) != leader);
        var (lead, others) = (
            KeyspaceCluster.RaftLeaderOf(cluster, elsewhere),
            KeyspaceCluster.Members(cluster, elsewhere).Where(n => n != leader));
        foreach (var other in others.Where(n => n != lead)) pings.Count(p => p == (lead, other)).ShouldBeInRange(18, 20);
    }

    private int FallQuiet()
    {
        _cluster.ElectSomebody();
        Until(AllQuiet);
        return _cluster.Leader;
    }

    private bool AllQuiet() => _cluster.Up.All(i => _cluster[i].Raft!.IsQuiet);

    private long Frames() => _cluster.Up.Sum(i => _cluster[i].Statistics.PeerInputBytes);

    private void Until(Func<bool> condition) => _cluster.Until(condition, "the group does what it should");
}
