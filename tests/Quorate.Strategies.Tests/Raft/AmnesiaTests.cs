using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary><c>durability memory</c>: replicas that forget.</summary>
public sealed class AmnesiaTests
{
    private static readonly RaftOptions Memory = new() { Durable = false };

    [Fact]
    public void Entries_are_not_journaled_but_votes_are()
    {
        var world = RaftWorld.Of(3, Memory);
        var leader = world.ElectAny();
        var records = leader.Disk.Records.Count;
        for (var i = 1; i <= 20; i++) world.Write(leader, i, "x");
        world.Stabilize();
        leader.Outcomes[20].ShouldBe("Applied");
        leader.Disk.Records.Count.ShouldBe(records);
        leader.Disk.Records.ShouldContain(r => r.Record[0] == (byte)RecordKind.HardState);
    }

    [Fact]
    public void One_that_forgot_helps_nobody_to_lead_without_the_acknowledged_write()
    {
        var world = RaftWorld.Of(3, Memory);
        var leader = world.ElectAny();
        var helper = world.Nodes.Values.First(n => n != leader);
        var empty = world.Nodes.Values.Last(n => n != leader);
        world.Write(leader, 1, "x");
        world.Stabilize(e => e.To != empty.Id);
        leader.Outcomes[1].ShouldBe("Applied");

        // The helper forgets; the leader is gone; the empty one asks for its vote.
        world.Crash(helper);
        world.Start(helper);
        helper.Status().HasAmnesia.ShouldBeTrue();
        world.Crash(leader);
        for (var i = 0; i < 300; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        world.Nodes.Values.ShouldAllBe(n => !n.IsUp || !n.Replica.IsLeader);
    }

    [Fact]
    public void It_ends_when_the_log_is_what_the_leader_had_after_hearing_of_this_life()
    {
        var world = RaftWorld.Of(3, Memory);
        var leader = world.ElectAny();
        for (var i = 1; i <= 5; i++) world.Write(leader, i, $"x{i}");
        world.Stabilize();
        var other = world.Nodes.Values.First(n => n != leader);
        world.Crash(other);
        world.Start(other);
        other.Status().HasAmnesia.ShouldBeTrue();
        for (var i = 0; i < 40; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        other.Status().HasAmnesia.ShouldBeFalse();
        other.Machine.Applied.Count.ShouldBe(5);
        leader.Replica.IsLeader.ShouldBeTrue();
    }

    [Fact]
    public void A_report_by_a_leader_that_has_not_heard_of_this_life_ends_nothing()
    {
        var amnesia = new Amnesia<Term>(incarnation: 3);
        amnesia.OnMemoryMode(2);
        amnesia.OnLeaderReport(new(1), known: 2, new(0));
        amnesia.TryEnd(new(1), new(100)).ShouldBeFalse();
        amnesia.OnLeaderReport(new(1), known: 3, new(7));
        amnesia.TryEnd(new(1), new(6)).ShouldBeFalse();
        amnesia.TryEnd(new(2), new(9)).ShouldBeFalse();
        amnesia.TryEnd(new(1), new(7)).ShouldBeTrue();
        amnesia.IsPresent.ShouldBeFalse();
    }

    [Fact]
    public void A_group_that_was_restarted_whole_comes_back()
    {
        var world = RaftWorld.Of(3, Memory);
        var leader = world.ElectAny();
        world.Write(leader, 1, "x");
        world.Stabilize();
        foreach (var node in world.Nodes.Values) world.Crash(node);
        foreach (var node in world.Nodes.Values) world.Start(node);
        world.Nodes.Values.ShouldAllBe(n => n.Status().HasAmnesia);
        var next = world.ElectAny();
        world.Write(next, 2, "y");
        world.Stabilize();
        next.Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void When_one_still_remembers_it_is_the_one_who_leads()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var world = RaftWorld.Of(3, Memory, seed: seed);
            var leader = world.ElectAny();
            world.Write(leader, 1, "x");
            world.Stabilize();
            var remembers = world.Nodes.Values.First(n => n != leader);
            world.TickAll(5);
            world.Stabilize();
            foreach (var node in world.Nodes.Values.Where(n => n != remembers))
            {
                world.Crash(node);
                world.Start(node);
            }

            world.ElectAny(3000).ShouldBe(remembers);
            remembers.Machine.Applied.ShouldContain("x");
        }
    }

    [Fact]
    public void It_is_remembered_across_a_compaction_of_the_journal()
    {
        var world = RaftWorld.Of(3, Memory with { MaxLagBytes = 100 });
        var leader = world.ElectAny();
        var other = world.Nodes.Values.First(n => n != leader);
        world.Crash(other);
        for (var i = 1; i <= 30; i++) world.Write(leader, i, $"value {i}");
        world.Stabilize();
        world.Start(other);
        for (var i = 0; i < 60; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        other.Disk.Sealed.ShouldNotBeNull();
        world.Crash(other);
        world.Start(other);
        other.Status().HasAmnesia.ShouldBeTrue();
    }
}
