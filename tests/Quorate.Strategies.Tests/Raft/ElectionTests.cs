using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>[Raft §5.1, §5.2, §5.4.1, §9.6, §4.2.3, §6.2, fig. 2 RequestVote]</summary>
public sealed class ElectionTests
{
    [Fact]
    public void A_message_of_a_later_term_makes_a_follower_of_that_term() // [Raft §5.1]
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        var other = leader.Id.Value == 1 ? 2 : 1;
        world.Inject(other, leader.Id.Value, new AppendEntriesResponse { Term = new(9) });
        leader.Status().Role.ShouldBe(RaftRole.Follower);
        leader.Status().CurrentTerm.ShouldBe(new Term(9));
    }

    [Fact]
    public void A_message_of_an_older_term_is_refused_with_the_newer_term() // [Raft §5.1, fig. 2 AppendEntries 1]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new AppendEntries { Term = new(5) });
        world.Network.Clear();
        world.Inject(3, 1, new AppendEntries { Term = new(4), Entries = Journals.Frames(1, 4) });
        var answer = world.Sent<AppendEntriesResponse>(1, 3).ShouldHaveSingleItem();
        answer.Success.ShouldBeFalse();
        answer.Term.ShouldBe(new Term(5));
        world[1].Status().LastIndex.Value.ShouldBe(0);
    }

    [Fact]
    public void A_replica_votes_for_one_candidate_a_term_first_come_first_served() // [Raft §5.2, fig. 2 RequestVote 2]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new RequestVote { Term = new(1) });
        world.Inject(3, 1, new RequestVote { Term = new(1) });
        world.Inject(2, 1, new RequestVote { Term = new(1) });
        world.Sent<RequestVoteResponse>(1, 2).Select(r => r.Granted).ShouldBe([true, true]);
        world.Sent<RequestVoteResponse>(1, 3).Select(r => r.Granted).ShouldBe([false]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_vote_leaves_only_when_it_is_durable(bool broken) // [Raft fig. 2 "updated on stable storage before responding"]
    {
        var world = RaftWorld.Of(3, rules: broken ? new HastyVote() : null);
        world[1].SyncsAtOnce = false;
        world.Inject(2, 1, new RequestVote { Term = new(1) });
        var first = world.Sent<RequestVoteResponse>(1, 2).Count(r => r.Granted);
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world.Inject(3, 1, new RequestVote { Term = new(1) });
        world.Sync(world[1]);
        var second = world.Sent<RequestVoteResponse>(1, 3).Count(r => r.Granted);
        (first + second).ShouldBe(broken ? 2 : 1);
    }

    [Fact]
    public void A_restarted_replica_remembers_term_and_vote() // [Raft fig. 2 "persistent state"]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new RequestVote { Term = new(7) });
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world[1].Status().CurrentTerm.ShouldBe(new Term(7));
        world[1].Status().VotedFor.ShouldBe(new NodeId(2));
        world.Advance(1000);
        world.Inject(3, 1, new RequestVote { Term = new(7) });
        world.Sent<RequestVoteResponse>(1, 3).ShouldHaveSingleItem().Granted.ShouldBeFalse();
    }

    [Fact]
    public void A_candidate_leads_with_a_majority_and_not_without() // [Raft §5.2]
    {
        var world = RaftWorld.Of(5);
        world.Campaign(world[1]);
        world.Stabilize(e => e.From.Value is 1 or 2 && e.To.Value is 1 or 2);
        world[1].Replica.IsLeader.ShouldBeFalse();
        world.Campaign(world[1]);
        world.Stabilize(e => e.From.Value <= 3 && e.To.Value <= 3);
        world[1].Replica.IsLeader.ShouldBeTrue();
    }

    [Fact]
    public void A_candidate_that_hears_the_leader_of_its_term_follows_it() // [Raft §5.2]
    {
        var world = RaftWorld.Of(3, rules: new NoPreVote());
        world.Campaign(world[1]);
        world[1].Status().Role.ShouldBe(RaftRole.Candidate);
        world.Inject(2, 1, new AppendEntries { Term = world[1].Status().CurrentTerm });
        world[1].Status().Role.ShouldBe(RaftRole.Follower);
        world[1].Replica.Leader.ShouldBe(new NodeId(2));
    }

    [Fact]
    public void Election_timeouts_are_drawn_between_the_bounds() // [Raft §5.2]
    {
        var seen = new HashSet<long>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var world = RaftWorld.Of(3, seed: seed);
            var before = world.Now.Nanoseconds;
            world.Campaign(world[1]);
            seen.Add((world.Now.Nanoseconds - before) / RaftOptions.TickNanoseconds);
        }

        seen.Min().ShouldBeGreaterThanOrEqualTo(30);
        seen.Max().ShouldBeLessThanOrEqualTo(60);
        seen.Count.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Who_is_said_that_the_leader_is_dead_stands_as_soon_as_the_others_are_not_loyal_any_more() // [Raft §4.2.3, §6.4.1]
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var world = RaftWorld.Of(3, seed: seed);
            var leader = world.ElectAny();
            world.Crash(leader);
            var left = world.Nodes.Values.Where(n => n != leader).ToList();
            foreach (var node in left) world.Step(node, r => ((RaftReplica)r).Suspect(leader.Id, world.Now, node.Effects));
            var ticks = 0;
            for (; ticks < 60 && !left.Exists(n => n.Replica.IsLeader); ticks++)
            {
                world.Advance(IReplica.TickLength);
                foreach (var node in left) world.Tick(node);
                world.Stabilize();
            }

            ticks.ShouldBeInRange(20, 36); // a heartbeat may have come up to five ticks and a turn before
            left[0].Replica.IsLeader.ShouldBeTrue();
        }
    }

    [Fact]
    public void A_leader_that_is_said_to_be_dead_and_is_heard_goes_on_leading()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        foreach (var node in world.Nodes.Values)
            world.Step(node, r => ((RaftReplica)r).Suspect(leader.Id, world.Now, node.Effects));
        for (var i = 0; i < 100; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        leader.Replica.IsLeader.ShouldBeTrue();
    }

    [Theory]
    [InlineData(2, 3, 2, 3, true)]
    [InlineData(2, 2, 2, 3, false)]
    [InlineData(2, 4, 2, 3, true)]
    [InlineData(3, 1, 2, 3, true)]
    [InlineData(1, 9, 2, 3, false)]
    // [Raft §5.4.1]
    public void A_vote_goes_only_to_a_log_at_least_as_up_to_date(long term, long index, long ownTerm, long ownIndex, bool granted)
    {
        RaftRules.Paper.IsUpToDate(new(term), new(index), new(ownTerm), new(ownIndex)).ShouldBe(granted);
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 2, 1, 2, 2);
        world.StartAll();
        world.Advance(1000);
        world.Inject(2, 1, new RequestVote { Term = new(5), LastLogTerm = new(term), LastLogIndex = new(index) });
        world.Sent<RequestVoteResponse>(1, 2).ShouldHaveSingleItem().Granted.ShouldBe(granted);
    }

    [Fact]
    public void A_replica_that_was_cut_off_does_not_depose_the_leader_when_it_comes_back() // [Raft §9.6]
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        var cut = world.Nodes.Values.First(n => n != leader);
        var term = leader.Status().CurrentTerm;
        for (var i = 0; i < 300; i++)
        {
            world.TickAll();
            world.Stabilize(e => e.From != cut.Id && e.To != cut.Id);
        }

        cut.Status().CurrentTerm.ShouldBe(term);
        for (var i = 0; i < 300; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        leader.Replica.IsLeader.ShouldBeTrue();
        leader.Status().CurrentTerm.ShouldBe(term);
    }

    [Fact]
    public void Without_the_pre_vote_it_would() // [Raft §9.6]
    {
        var world = RaftWorld.Of(3, rules: new NoPreVote());
        var leader = world.ElectAny();
        var cut = world.Nodes.Values.First(n => n != leader);
        var term = leader.Status().CurrentTerm;
        for (var i = 0; i < 300; i++)
        {
            world.TickAll();
            world.Stabilize(e => e.From != cut.Id && e.To != cut.Id);
        }

        cut.Status().CurrentTerm.ShouldBeGreaterThan(term);
        for (var i = 0; i < 300; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        world.Nodes.Values.Max(n => n.Status().CurrentTerm.Value).ShouldBeGreaterThan(term.Value);
    }

    [Fact]
    public void A_pre_vote_changes_neither_term_nor_vote() // [Raft §9.6]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new RequestVote { Term = new(4), PreVote = true });
        world.Sent<RequestVoteResponse>(1, 2).ShouldHaveSingleItem().Granted.ShouldBeTrue();
        world[1].Status().CurrentTerm.ShouldBe(new Term(0));
        world[1].Status().VotedFor.ShouldBe(NodeId.None);
    }

    [Theory]
    [InlineData(299, false)]
    [InlineData(300, true)]
    public void A_follower_that_hears_its_leader_votes_for_nobody_else(int silentMilliseconds, bool granted) // [Raft §4.2.3]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new AppendEntries { Term = new(1) });
        world.Advance(silentMilliseconds);
        world.Inject(3, 1, new RequestVote { Term = new(2) });
        world.Sent<RequestVoteResponse>(1, 3).ShouldHaveSingleItem().Granted.ShouldBe(granted);
        world[1].Status().CurrentTerm.ShouldBe(new Term(granted ? 2 : 1));
    }

    [Fact]
    public void Loyalty_outlives_a_later_term_heard_of_elsewhere_and_a_restart() // [Raft §6.4.1]
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, new AppendEntries { Term = new(1) });
        world.Inject(3, 1, new AppendEntriesResponse { Term = new(5) });
        world[1].Status().CurrentTerm.ShouldBe(new Term(5));
        world.Inject(3, 1, new RequestVote { Term = new(6) });
        world.Crash(world[1]);
        world.Start(world[1]);
        world.Inject(3, 1, new RequestVote { Term = new(6) });
        world.Sent<RequestVoteResponse>(1, 3).ShouldAllBe(r => !r.Granted);
    }

    [Fact]
    public void A_leader_that_no_quorum_answers_steps_down() // [Raft §6.2]
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        for (var i = 0; i < 61; i++)
        {
            world.Advance(10);
            world.Tick(leader);
        }

        leader.Status().Role.ShouldNotBe(RaftRole.Leader);
    }

    [Fact]
    public void A_group_of_one_elects_itself_when_its_own_vote_is_durable()
    {
        var world = RaftWorld.Of(1);
        world[1].SyncsAtOnce = false;
        for (var i = 0; i < 70; i++) world.TickAll();
        world[1].Replica.IsLeader.ShouldBeFalse();
        world.Sync(world[1]);
        world[1].Replica.IsLeader.ShouldBeTrue();
        world[1].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    private sealed class HastyVote : RaftRules
    {
        public override PersistPoint VoteLeavesAfter(PersistPoint saved) => default;
    }

    private sealed class NoPreVote : RaftRules
    {
        public override bool AsksPreVote => false;
    }
}
