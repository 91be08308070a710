using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>[Raft §6.4 read index, §6.4.1 leases, §3.10 leadership transfer]</summary>
public sealed class ReadTests
{
    [Fact]
    public void A_leader_reads_nothing_before_an_entry_of_its_term_is_committed() // [Raft §6.4 step 1]
    {
        var world = RaftWorld.Of(3);
        world.Campaign(world[1]);
        world.Stabilize(e => e.Kind != AppendEntries.WireKind || e.From.Value != 1);
        world[1].Replica.IsLeader.ShouldBeTrue();
        world.Request(world[1], 1, RequestKind.Read);
        // Heartbeats only: they confirm the leader, but its no-op is not committed.
        foreach (var node in new[] { 2, 3 })
        {
            world.Inject(
                node, 1,
                new AppendEntriesResponse
                {
                    Term = world[1].Status().CurrentTerm,
                    Success = true,
                    Round = 99,
                    SentAt = world.Now.Nanoseconds,
                    Incarnation = 1,
                });
        }

        world[1].Outcomes.ShouldNotContainKey(1);
        world[1].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Network.Clear();
        for (var i = 0; i < 10; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        world[1].Outcomes[1].ShouldBe("ReadNow");
    }

    [Fact]
    public void Without_a_lease_a_quorum_confirms_the_leader_after_the_read_came() // [Raft §6.4 step 3]
    {
        var (world, leader) = Elected();
        world.TickAll(5);
        var early = world.Network.ToList();
        world.Network.Clear();
        world.Advance(280);
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Request(leader, 1, RequestKind.Read);
        var confirming = world.Network.ToList();
        world.Network.Clear();

        // Answers to what was sent before the read say nothing about now.
        foreach (var envelope in early) world.Deliver(envelope);
        world.Stabilize();
        leader.Outcomes.ShouldNotContainKey(1);
        foreach (var envelope in confirming) world.Deliver(envelope);
        world.Stabilize();
        leader.Outcomes[1].ShouldBe("ReadNow");
    }

    [Fact]
    public void Reads_gather_behind_the_round_in_flight()
    {
        var (world, leader) = Elected();
        world.Advance(280);
        world.Request(leader, 1, RequestKind.Read);
        var sent = world.Network.Count;
        for (var i = 2; i <= 20; i++) world.Request(leader, i, RequestKind.Read);
        world.Network.Count.ShouldBe(sent);
        world.Stabilize();
        leader.Outcomes.Values.Count(o => o == "ReadNow").ShouldBe(20);
    }

    [Theory]
    [InlineData(269, true)]
    [InlineData(270, false)]
    public void A_lease_lasts_from_the_sending_less_the_margin(int milliseconds, bool valid) // [Raft §6.4.1]
    {
        var (world, leader) = Elected();
        Renew(world, leader);
        world.Advance(milliseconds);
        leader.Replica.MayReadLocally(world.Now).ShouldBe(valid);
        world.Request(leader, 1, RequestKind.Read);
        leader.Outcomes.ContainsKey(1).ShouldBe(valid);
    }

    [Fact]
    public void A_lease_counts_from_the_sending_not_from_the_answer() // [Raft §6.4.1]
    {
        var (world, leader) = Elected();
        Renew(world, leader);
        world.TickAll(5);
        world.Advance(250);
        world.Stabilize();
        world.Advance(20);
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_leader_that_slept_reads_nothing_from_the_past(bool broken) // [Raft §6.4.1]
    {
        var world = RaftWorld.Of(3, rules: broken ? new NoLease() : null);
        var old = world.ElectAny();
        Renew(world, old);
        var next = ElectWithout(world, old);
        world.Write(next, 1, "new");
        world.Stabilize(e => e.To != old.Id && e.From != old.Id);
        next.Outcomes[1].ShouldBe("Applied");
        old.Machine.Applied.ShouldNotContain("new");
        old.Replica.MayReadLocally(world.Now).ShouldBe(broken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_deposed_leader_that_does_not_know_it_confirms_nothing(bool broken) // [Raft §6.4 step 3]
    {
        var world = RaftWorld.Of(3, rules: broken ? new NoConfirmation() : null);
        var old = world.ElectAny();
        Renew(world, old);
        var next = ElectWithout(world, old);
        world.Write(next, 1, "new");
        world.Request(old, 2, RequestKind.Read);
        world.Stabilize(e => e.To != old.Id && e.From != old.Id);
        next.Outcomes[1].ShouldBe("Applied");
        old.Machine.Applied.ShouldNotContain("new");
        old.Outcomes.ContainsKey(2).ShouldBe(broken);
    }

    [Fact]
    public void A_follower_reads_when_it_has_applied_what_the_leader_had_committed() // [Raft §6.4, last paragraphs]
    {
        var (world, leader) = Elected();
        var follower = world.Nodes.Values.First(n => n != leader);
        var other = world.Nodes.Values.Last(n => n != leader);
        world.Write(leader, 1, "x");
        world.Stabilize(e => e.To != follower.Id && e.From != follower.Id);
        leader.Outcomes[1].ShouldBe("Applied");
        world.Request(follower, 2, RequestKind.Read);
        world.Request(follower, 3, RequestKind.Read);
        world.Stabilize(e => e.To == other.Id || e.Kind is ReadIndex.WireKind or ReadIndexResponse.WireKind);
        follower.Outcomes.ShouldNotContainKey(2);
        for (var i = 0; i < 15; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        follower.Machine.Applied.ShouldContain("x");
        follower.Outcomes[2].ShouldBe("ReadNow");
        follower.Outcomes[3].ShouldBe("ReadNow");
    }

    [Fact]
    public void A_follower_without_a_leader_answers_at_once()
    {
        var world = RaftWorld.Of(3);
        world.Request(world[1], 1, RequestKind.Read);
        world.Write(world[1], 2, "x");
        world[1].Outcomes[1].ShouldBe("NotLeader hint none");
        world[1].Outcomes[2].ShouldBe("NotLeader hint none");
    }

    [Fact]
    public void Leadership_goes_to_the_chosen_follower() // [Raft §3.10]
    {
        var (world, leader) = Elected();
        var target = world.Nodes.Values.First(n => n != leader);
        world.Request(leader, 1, RequestKind.TransferLeadership, target: target.Id);
        world.Stabilize();
        target.Replica.IsLeader.ShouldBeTrue();
        leader.Outcomes[1].ShouldBe("Done");
    }

    [Fact]
    public void During_a_transfer_no_write_is_taken_and_no_lease_read_done() // [Raft §3.10]
    {
        var (world, leader) = Elected();
        Renew(world, leader);
        var target = world.Nodes.Values.First(n => n != leader);
        world.Request(leader, 1, RequestKind.TransferLeadership, target: target.Id);
        world.Write(leader, 2, "x");
        leader.Outcomes[2].ShouldBe($"NotLeader hint {target.Id}");
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();
    }

    [Fact]
    public void A_transfer_that_fails_is_given_up_and_the_lease_with_it() // [Raft §3.10]
    {
        var (world, leader) = Elected();
        var target = world.Nodes.Values.First(n => n != leader);
        world.Request(leader, 1, RequestKind.TransferLeadership, target: target.Id);
        var timeoutNow = world.Network.Single(e => e.Kind == TimeoutNow.WireKind);
        world.Network.Remove(timeoutNow);
        for (var i = 0; i < 31; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        leader.Outcomes[1].ShouldStartWith("Unknown");
        world.Write(leader, 2, "x");
        world.Stabilize();
        leader.Outcomes[2].ShouldBe("Applied");
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();

        // The delayed message may still call an election that nobody's loyalty stops.
        world.Deliver(timeoutNow);
        world.Stabilize(e => e.To != leader.Id);
        target.Replica.IsLeader.ShouldBeTrue();
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();
    }

    private static (World World, TestNode Leader) Elected()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        world.Network.Clear();
        return (world, leader);
    }

    /// <summary>A round of heartbeats is answered at this very moment.</summary>
    private static void Renew(World world, TestNode leader)
    {
        for (var i = 0; i < 5; i++) world.Tick(leader);
        world.Stabilize();
    }

    /// <summary>The others elect one of themselves while nothing reaches the old leader and no time passes for it.</summary>
    private static TestNode ElectWithout(World world, TestNode old)
    {
        var others = world.Nodes.Values.Where(n => n != old).ToList();
        TestNode? next = null;
        for (var i = 0; i < 300 && next is null; i++)
        {
            world.Advance(10);
            foreach (var node in others) world.Tick(node);
            world.Stabilize(e => e.To != old.Id && e.From != old.Id);
            next = others.Find(n => n.Replica.IsLeader);
        }

        return next.ShouldNotBeNull();
    }

    private sealed class NoConfirmation : RaftRules
    {
        public override bool IsReadIndexConfirmed(long quorumRound, long readRound) => true;
    }

    private sealed class NoLease : RaftRules
    {
        public override bool IsLeaseValid(long quorumSentAtNanoseconds, long nowNanoseconds, long leaseNanoseconds) => true;
    }
}
