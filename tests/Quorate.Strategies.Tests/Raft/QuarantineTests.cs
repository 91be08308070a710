using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>A replica whose state machine is not to be used keeps its log, and gets its state anew.</summary>
public sealed class QuarantineTests
{
    [Fact]
    public void In_quarantine_it_acknowledges_and_applies_nothing_until_the_leaders_state_is_there()
    {
        var (world, leader, bad, other) = OneWrong();
        world.Crash(other); // so that nothing is committed without the one in quarantine
        world.Write(leader, 10, "meanwhile");
        for (var i = 0; i < 20; i++) TickWithout(world, e => e.Kind == InstallSnapshot.WireKind);
        leader.Machine.Applied[^1].ShouldBe("meanwhile");
        bad.Machine.Applied.ShouldBe(["wrong", "b"]);
        bad.Raft().IsQuarantined.ShouldBeTrue();
        Settle(world);
        bad.Raft().IsQuarantined.ShouldBeFalse();
        bad.Machine.Applied.ShouldBe(leader.Machine.Applied);
    }

    [Fact]
    public void A_restart_does_not_end_it()
    {
        var (world, leader, bad, _) = OneWrong();
        world.Crash(bad);
        world.Start(bad);
        bad.Raft().IsQuarantined.ShouldBeTrue();
        Settle(world);
        bad.Raft().IsQuarantined.ShouldBeFalse();
        world.Write(leader, 10, "after");
        Settle(world);
        bad.Machine.Applied.ShouldBe(leader.Machine.Applied);
        world.Crash(bad);
        world.Start(bad);
        bad.Raft().IsQuarantined.ShouldBeFalse();
        Settle(world);
        bad.Machine.Applied.ShouldBe(leader.Machine.Applied);
    }

    [Fact]
    public void A_leader_is_not_quarantined_before_it_has_handed_over()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        leader.Raft().TryQuarantine(world.NowOf(leader), leader.Effects).ShouldBeFalse();
        leader.Raft().IsQuarantined.ShouldBeFalse();
    }

    /// <summary>1. The leader and the one in quarantine commit a write that the third lacks. 2. The leader is gone. 3. The third
    /// cannot win, for its log is behind; without the other's log the write would be gone with the leader.</summary>
    [Fact]
    public void When_nobody_else_has_the_log_it_leads_for_as_long_as_it_takes_to_hand_it_on()
    {
        var (world, leader, bad, other) = OneWrong();
        world.Write(leader, 10, "meanwhile");
        for (var i = 0; i < 10; i++)
            TickWithout(world, e => e.Kind == InstallSnapshot.WireKind || e.To == other.Id || e.From == other.Id);
        leader.Machine.Applied[^1].ShouldBe("meanwhile");
        bad.Raft().IsQuarantined.ShouldBeTrue();
        world.Crash(leader);
        for (var i = 0; i < 4000 && !other.Raft().IsLeader; i++)
        {
            TickWithout(world, e => e.Kind == InstallSnapshot.WireKind);
            if (bad.Raft().IsLeader) bad.Raft().MayReadLocally(world.NowOf(bad)).ShouldBeFalse();
        }

        other.Raft().IsLeader.ShouldBeTrue();
        Settle(world, 60);
        other.Machine.Applied.ShouldBe(["a", "b", "meanwhile"]);
        bad.Machine.Applied.ShouldBe(other.Machine.Applied);
        bad.Raft().IsQuarantined.ShouldBeFalse();
    }

    private static (World World, TestNode Leader, TestNode Bad, TestNode Other) OneWrong()
    {
        var world = RaftWorld.Of(3);
        var leader = world.ElectAny();
        world.Write(leader, 1, "a");
        world.Write(leader, 2, "b");
        Settle(world);
        var others = world.Nodes.Values.Where(n => n != leader).ToArray();
        others[0].Machine.Applied.ShouldBe(["a", "b"]);
        others[0].Machine.Applied[0] = "wrong";
        world.Do(others[0], r => ((RaftReplica)r).TryQuarantine(world.NowOf(others[0]), others[0].Effects).ShouldBeTrue());
        return (world, leader, others[0], others[1]);
    }

    private static void TickWithout(World world, Func<Envelope, bool> lost)
    {
        world.TickAll();
        world.Stabilize(e => !lost(e));
    }

    private static void Settle(World world, int ticks = 30)
    {
        for (var i = 0; i < ticks; i++)
        {
            world.TickAll();
            world.Stabilize();
        }
    }
}
