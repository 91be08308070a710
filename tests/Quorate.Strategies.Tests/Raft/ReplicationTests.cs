using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>[Raft §5.3, §5.4, §10.2.1, fig. 2 AppendEntries, fig. 8]</summary>
public sealed class ReplicationTests
{
    [Fact]
    public void Entries_are_refused_when_the_one_before_is_missing_or_differs() // [Raft §5.3, fig. 2 AppendEntries 2]
    {
        var world = With(1, 1, 1);
        world.Inject(2, 1, Append(3, prev: 5, prevTerm: 1, 3));
        world.Inject(2, 1, Append(3, prev: 3, prevTerm: 2, 3));
        world.Sent<AppendEntriesResponse>(1, 2).ShouldAllBe(r => !r.Success);
        Journals.Terms(world[1]).ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void A_conflicting_entry_goes_and_all_that_follow_it() // [Raft §5.3, fig. 2 AppendEntries 3]
    {
        var world = With(1, 1, 2, 2, 2);
        world.Inject(2, 1, Append(3, prev: 2, prevTerm: 1, 3));
        Journals.Terms(world[1]).ShouldBe([1, 1, 3]);
        world.Crash(world[1]);
        world.Start(world[1]);
        Journals.Terms(world[1]).ShouldBe([1, 1, 3]);
    }

    [Fact]
    public void A_delayed_shorter_append_removes_nothing() // [Raft §5.3, fig. 2 AppendEntries 3 "if"]
    {
        var world = With(1, 1, 1, 1);
        world.Inject(2, 1, Append(3, prev: 1, prevTerm: 1, 1));
        Journals.Terms(world[1]).ShouldBe([1, 1, 1, 1]);
        world.Sent<AppendEntriesResponse>(1, 2).ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void A_follower_commits_no_further_than_the_entries_it_has_checked() // [Raft fig. 2 AppendEntries 5]
    {
        var world = With(1, 1, 1, 1);
        var heartbeat = Append(3, prev: 2, prevTerm: 1);
        heartbeat.LeaderCommit = new(4);
        world.Inject(2, 1, heartbeat);
        world[1].Status().CommitIndex.ShouldBe(new LogIndex(2));
        world[1].Machine.Applied.ShouldBe(["1.1", "1.2"]);
    }

    [Fact]
    public void A_follower_acknowledges_entries_only_when_they_are_durable() // [Raft fig. 2 "stable storage"]
    {
        var world = RaftWorld.Of(3);
        world[1].SyncsAtOnce = false;
        world.Inject(2, 1, Append(1, prev: 0, prevTerm: 0, 1));
        world.Sent<AppendEntriesResponse>(1, 2).ShouldBeEmpty();
        world.Sync(world[1]);
        world.Sent<AppendEntriesResponse>(1, 2).ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void A_heartbeat_is_answered_at_once_but_vouches_for_durable_entries_only()
    {
        var world = RaftWorld.Of(3);
        world.Inject(2, 1, Append(1, prev: 0, prevTerm: 0));
        world[1].SyncsAtOnce = false;
        world.Inject(2, 1, Append(1, prev: 0, prevTerm: 0, 1));
        world.Inject(2, 1, Append(1, prev: 1, prevTerm: 1));
        var answer = world.Sent<AppendEntriesResponse>(1, 2)[^1];
        answer.Success.ShouldBeTrue();
        answer.MatchIndex.ShouldBe(new LogIndex(0));
        answer.LastIndex.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void The_leader_counts_its_own_log_only_when_durable_and_commits_without_it() // [Raft §10.2.1]
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        leader.SyncsAtOnce = false;
        world.Write(leader, 1, "x");
        var one = world.Nodes.Values.First(n => n != leader);
        world.Stabilize(e => e.To == one.Id || e.From == one.Id);
        leader.Outcomes.ShouldNotContainKey(1);
        world.Sync(leader);
        leader.Outcomes[1].ShouldBe("Applied");
        leader.SyncsAtOnce = false;
        world.TickAll(5);
        world.Stabilize();
        world.Write(leader, 2, "y");
        world.Stabilize();
        leader.Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void A_hint_takes_the_leader_back_over_a_whole_term_at_once() // [Raft §5.3, the optimisation]
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 5, [1, 1, .. Enumerable.Repeat(4L, 30)]);
        Journals.Write(world[2], 5, [1, 1, .. Enumerable.Repeat(2L, 20), .. Enumerable.Repeat(3L, 20)]);
        Journals.Write(world[3], 5, [1, 1, .. Enumerable.Repeat(4L, 30)]);
        world.StartAll();
        world.Campaign(world[1]);
        world.Stabilize(e => e.To.Value != 2 && e.From.Value != 2);
        world[1].Replica.IsLeader.ShouldBeTrue();
        var refusals = 0;
        for (var i = 0; i < 10; i++)
        {
            world.TickAll();
            world.Stabilize(e =>
            {
                if (e.Text.Contains("refused", StringComparison.Ordinal) && e.Text.StartsWith("Append", StringComparison.Ordinal))
                    refusals++;
                return true;
            });
        }

        Journals.Terms(world[2]).ShouldBe(Journals.Terms(world[1]));
        refusals.ShouldBeInRange(1, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_entry_of_an_older_term_is_not_committed_by_counting(bool broken) // [Raft §5.4.2, fig. 8]
    {
        var rules = broken ? new CommitsOldTerms() : null;
        var world = new World(new RaftProtocol(5, new RaftOptions { MaxBatchBytes = 1 }, rules), 5);
        Journals.Write(world[1], 3, 1, 2);
        Journals.Write(world[2], 3, 1, 2);
        Journals.Write(world[3], 3, 1);
        Journals.Write(world[4], 3, 1);
        Journals.Write(world[5], 3, 1, 3);
        world.StartAll();

        // (c) S1 leads term 4 by the votes of S2, S3, S4 and brings index 2 of term 2 to S3, not its own entry.
        world.Campaign(world[1]);
        while (world.Network.Count > 0)
        {
            var envelope = world.Network[0];
            var passes = envelope.To.Value != 5 && envelope.From.Value != 5;
            if (RaftCodec.TryDecode(envelope.Kind, envelope.Body, out var message) && message is AppendEntries append)
            {
                var carriesTerm4 = !append.Entries.IsEmpty && EntryFrame.StampOf<Term>(append.Entries.Span).Value == 4;
                passes &= envelope.To.Value != 4 && !(carriesTerm4 && Journals.Terms(world[3]).Count > 1);
            }

            if (passes) world.Deliver(envelope);
            else world.Network.Remove(envelope);
        }

        Journals.Terms(world[3]).ShouldBe([1, 2]);
        world[1].Status().CommitIndex.Value.ShouldBe(broken ? 2 : 0);
        if (broken) return;

        // (d) S5 can still win and overwrite it.
        world.Crash(world[1]);
        world.Advance(1000);
        world.Campaign(world[5]);
        world.Stabilize();
        world.Campaign(world[5]);
        world.Stabilize();
        world[5].Replica.IsLeader.ShouldBeTrue();
        world.TickAll(6);
        world.Stabilize();
        Journals.Terms(world[3]).Take(2).ShouldBe([1, 3]);
    }

    [Fact]
    public void An_entry_of_the_leaders_own_term_commits_all_before_it() // [Raft §5.4.2, fig. 8 (e)]
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 3, 1, 2);
        Journals.Write(world[2], 3, 1);
        Journals.Write(world[3], 3, 1);
        world.StartAll();
        world.Campaign(world[1]);
        world.Stabilize();
        world[1].Status().CommitIndex.Value.ShouldBe(3);
        world[1].Machine.Applied.ShouldBe(["1.1", "2.2"]);
    }

    [Fact]
    public void One_round_is_in_flight_and_the_rest_gathers_behind_it()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        world.Network.Clear();
        for (var i = 1; i <= 10; i++) world.Write(leader, i, $"x{i}");
        var to = world.Nodes.Values.First(n => n != leader).Id.Value;
        world.Sent<AppendEntries>(leader.Id.Value, to).Count.ShouldBe(1);
        world.Deliver(world.Network.First(e => e.To.Value == to));
        world.Deliver(world.Network.First(e => e.From.Value == to));
        var second = world.Sent<AppendEntries>(leader.Id.Value, to).ShouldHaveSingleItem();
        second.ToString().ShouldContain("9 entries");
    }

    [Fact]
    public void A_full_batch_does_not_wait_for_the_round_in_flight()
    {
        var world = RaftWorld.Of(3, new RaftOptions { MaxBatchBytes = 100, MaxInflight = 3 });
        var leader = world.ElectAny();
        world.Network.Clear();
        for (var i = 1; i <= 50; i++) world.Write(leader, i, $"a command of some length {i}");
        var to = world.Nodes.Values.First(n => n != leader).Id.Value;
        world.Sent<AppendEntries>(leader.Id.Value, to).Count.ShouldBe(3);
        world.Stabilize();
        leader.Outcomes.Count(o => o.Value == "Applied").ShouldBe(50);
    }

    [Fact]
    public void A_follower_that_is_far_behind_is_not_sent_all_it_lacks_at_once()
    {
        var world = RaftWorld.Of(3, new RaftOptions { MaxBatchBytes = 100, MaxInflightBytes = 250 });
        var leader = world.ElectAny();
        world.Network.Clear();
        for (var i = 1; i <= 50; i++) world.Write(leader, i, $"a command of some length {i}");
        var to = world.Nodes.Values.First(n => n != leader).Id.Value;
        var sent = world.Sent<AppendEntries>(leader.Id.Value, to);
        sent.Sum(m => m.Entries.Length).ShouldBeInRange(250, 350);
        world.Stabilize();
        leader.Outcomes.Count(o => o.Value == "Applied").ShouldBe(50);
    }

    [Fact]
    public void A_lost_append_is_noticed_by_the_next_heartbeat_and_sent_again()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        world.Write(leader, 1, "x");
        world.Network.Clear();
        for (var i = 0; i < 12; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        leader.Outcomes[1].ShouldBe("Applied");
    }

    private static World With(params long[] terms)
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 2, terms);
        world.StartAll();
        return world;
    }

    private static AppendEntries Append(long term, long prev, long prevTerm, params long[] entryTerms) => new()
    {
        Term = new(term),
        PrevLogIndex = new(prev),
        PrevLogTerm = new(prevTerm),
        Entries = entryTerms.Length == 0 ? default : Journals.Frames(prev + 1, entryTerms),
    };

    private sealed class CommitsOldTerms : RaftRules
    {
        public override bool MayCommitByCounting(Term entryTerm, Term currentTerm) => true;
    }
}
