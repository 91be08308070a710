using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>What clients are told, and that it is true.</summary>
public sealed class RequestTests
{
    [Fact]
    public void A_request_outlives_the_leadership_it_began_under()
    {
        var world = RaftWorld.Of(3);
        var old = world.ElectAny();
        world.Write(old, 1, "x");
        foreach (var envelope in world.Network.ToList()) world.Deliver(envelope);
        world.Network.Clear();

        // Its followers have the entry, it does not know; it steps down and hears of the commit from the next leader.
        var next = world.Nodes.Values.First(n => n != old);
        world.Advance(1000);
        world.Campaign(next);
        world.Stabilize();
        next.Replica.IsLeader.ShouldBeTrue();
        world.TickAll(6);
        world.Stabilize();
        old.Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_request_whose_entry_lost_is_told_so_when_another_is_committed_in_its_place()
    {
        var world = RaftWorld.Of(3);
        var old = world.ElectAny();
        world.Write(old, 1, "lost");
        world.Network.Clear();
        var next = world.Nodes.Values.First(n => n != old);
        world.Advance(1000);
        world.Campaign(next);
        world.Stabilize(e => e.To != old.Id);
        world.TickAll(6);
        world.Stabilize();
        old.Outcomes[1].ShouldBe($"NotLeader hint {next.Id}");
        next.Machine.Applied.ShouldNotContain("lost");
    }

    [Fact]
    public void A_truncated_entry_may_come_back_and_its_client_is_not_lied_to()
    {
        // 1. n1 leads and gives (i2, its term) to n2 only.
        var world = RaftWorld.Of(5);
        world.Campaign(world[1]);
        world.Stabilize();
        world.TickAll(5);
        world.Stabilize();
        world.Write(world[1], 1, "x");
        world.Stabilize(e => e.To.Value == 2);
        world.Network.Clear();

        // 2. n5 leads without it and overwrites it on n1, then crashes.
        world.Advance(1000);
        world.Campaign(world[5]);
        world.Stabilize(e => e.To.Value is 3 or 4 or 5 && e.From.Value is 3 or 4 or 5 && e.Kind != AppendEntries.WireKind);
        world[5].Replica.IsLeader.ShouldBeTrue();
        world.TickAll(5);
        world.Stabilize(e => (e.To.Value, e.From.Value) is (1, 5) or (5, 1));
        world[1].Status().LastIndex.ShouldBe(world[5].Status().LastIndex);
        world.Crash(world[5]);
        world[1].Outcomes.ShouldNotContainKey(1);

        // 3. n2 leads a later term and commits it after all.
        world.Advance(1000);
        world.Campaign(world[2]);
        for (var i = 0; i < 100 && !world[2].Replica.IsLeader; i++)
        {
            world.Advance(10);
            world.Tick(world[2]);
            world.Stabilize(e => e.To.Value is 2 or 3 or 4 && e.From.Value is 2 or 3 or 4);
        }

        world[2].Replica.IsLeader.ShouldBeTrue();
        for (var i = 0; i < 20; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        world[2].Machine.Applied.ShouldContain("x");
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_snapshot_that_jumps_over_an_entry_leaves_its_outcome_unknown()
    {
        var replies = new List<string>();
        var pending = new WaitingRequests<Term>();
        var log = new FrameLog<Term>();
        for (var i = 1; i <= 4; i++) pending.Add(log.Append(new(2), EntryKind.Command, [1]), new RequestId(i));
        pending.KeepFrom(new(3), log);
        pending.JumpTo(new(3), new(3), new Recorder(replies), default);
        replies.ShouldBe(["r1 Unknown", "r2 Unknown", "r3 Unknown", "r4 NotLeader"]);
        pending.IsEmpty.ShouldBeTrue();
        pending.TruncatedCount.ShouldBe(0);
    }

    [Fact]
    public void A_leader_whose_followers_do_not_keep_up_refuses_more_than_it_may_hold_until_they_do()
    {
        var world = RaftWorld.Of(3, new RaftOptions { MaxUncommittedBytes = 1000 });
        var leader = world.ElectAny();
        var id = 0;
        while (leader.Outcomes.Count == 0 && id < 100) world.Write(leader, ++id, new string('x', 100));
        leader.Outcomes[id].ShouldStartWith("Unavailable");
        id.ShouldBeInRange(9, 11);

        world.Stabilize();
        for (var i = 1; i < id; i++) leader.Outcomes[i].ShouldBe("Applied");
        world.Write(leader, ++id, "y");
        world.Stabilize();
        leader.Outcomes[id].ShouldBe("Applied");
    }

    [Fact]
    public void A_leader_whose_own_disk_does_not_keep_up_refuses_more_than_it_may_hold_although_the_others_commit()
    {
        var world = RaftWorld.Of(3, new RaftOptions { MaxUncommittedBytes = 1000 });
        var leader = world.ElectAny();
        leader.SyncsAtOnce = false;
        var id = 0;
        while (!leader.Outcomes.Values.Any(o => o.StartsWith("Unavailable", StringComparison.Ordinal)) && id < 100)
        {
            world.Write(leader, ++id, new string('x', 100));
            world.Stabilize();
        }

        leader.Outcomes[id].ShouldStartWith("Unavailable");
        for (var i = 1; i < id; i++) leader.Outcomes[i].ShouldBe("Applied");
        world.Sync(leader);
        world.Write(leader, ++id, "y");
        world.Stabilize();
        leader.Outcomes[id].ShouldBe("Applied");
    }

    private sealed class Recorder(List<string> replies) : Effects
    {
        public override PersistPoint Append(ReadOnlySpan<byte> record) => default;

        public override void Send(NodeId to, Message message, PersistPoint after = default)
        {
        }

        public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default) =>
            replies.Add($"{request} {outcome.Kind}");

        public override void Release(PersistPoint point)
        {
        }
    }
}
