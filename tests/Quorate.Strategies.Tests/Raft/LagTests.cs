using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>A replica whose state machine is behind what is committed.</summary>
public sealed class LagTests
{
    private const string Slow = "slow";

    [Fact]
    public void A_leader_that_is_behind_reads_when_it_has_applied_what_was_committed_before_the_read()
    {
        var (world, leader) = Elected();
        world.Write(leader, 1, Slow);
        world.Write(leader, 2, "b");
        world.Stabilize();
        var status = leader.Status();
        status.LastApplied.ShouldBeLessThan(status.CommitIndex);
        leader.Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Request(leader, 3, RequestKind.Read);
        leader.Outcomes.ShouldNotContainKey(3);

        Finish(world, leader);
        leader.Outcomes[1].ShouldBe("Applied");
        leader.Outcomes[3].ShouldBe("ReadNow");
        leader.Machine.Applied.ShouldBe([Slow, "b"]);
        leader.Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_leader_that_is_behind_tells_a_follower_what_is_committed_all_the_same()
    {
        var (world, leader) = Elected();
        var follower = world.Nodes.Values.First(n => n != leader);
        leader.TurnsOf = _ => 1_000_000;
        world.Write(leader, 1, Slow);
        world.Stabilize();
        world.TickAll(6);
        world.Stabilize();
        Finish(world, follower);
        world.Request(follower, 2, RequestKind.Read);
        world.Stabilize();
        follower.Outcomes[2].ShouldBe("ReadNow");
        follower.Machine.Applied.ShouldBe([Slow]);
        leader.Machine.Applied.ShouldBeEmpty();
    }

    [Fact]
    public void A_follower_that_is_behind_reads_when_it_has_applied_the_leaders_commit_index()
    {
        var (world, leader) = Elected();
        var follower = world.Nodes.Values.First(n => n != leader);
        world.Write(leader, 1, Slow);
        world.Stabilize();
        world.Request(follower, 2, RequestKind.Read);
        world.Stabilize();
        follower.Outcomes.ShouldNotContainKey(2);
        Finish(world, follower);
        follower.Outcomes[2].ShouldBe("ReadNow");
        follower.Machine.Applied.ShouldBe([Slow]);
    }

    [Fact]
    public void A_change_of_members_goes_on_when_its_entry_is_applied_and_its_client_hears_of_the_end()
    {
        var world = new World(new RaftProtocol(new Configuration(RaftProtocol.Ids(3), [new NodeId(4)])), 4) { TurnsOf = TurnsOf };
        world.StartAll();
        var leader = world.ElectAny();
        for (var i = 0; i < 10; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        world.Write(leader, 1, Slow);
        world.Request(leader, 2, RequestKind.ChangeMembership, new Configuration(RaftProtocol.Ids(4)).Encode());
        world.Stabilize();
        leader.Status().Configuration.IsJoint.ShouldBeTrue();
        leader.Outcomes.ShouldNotContainKey(2);
        for (var i = 0; i < 20; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        leader.Outcomes[2].ShouldBe("Done");
        leader.Status().Configuration.ShouldBe(new Configuration(RaftProtocol.Ids(4)));
    }

    [Fact]
    public void A_state_that_is_replaced_amid_an_entry_holds_that_entry_once()
    {
        var (world, leader) = Elected();
        var follower = world.Nodes.Values.First(n => n != leader);
        world.Write(leader, 1, Slow);
        world.Stabilize();
        world.TickAll(6);
        world.Stabilize();
        follower.Raft().Applier.IsUnfinished.ShouldBeTrue();
        follower.TurnsOf = _ => 1;
        world.Step(follower, r => ((RaftReplica)r).TryQuarantine(world.Now, follower.Effects).ShouldBeTrue());
        for (var i = 0; i < 60 && follower.Raft().IsQuarantined; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        follower.Raft().IsQuarantined.ShouldBeFalse();
        follower.Raft().Applier.IsUnfinished.ShouldBeFalse();
        world.Write(leader, 2, "b");
        for (var i = 0; i < 10; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        follower.Machine.Applied.ShouldBe([Slow, "b"]);
    }

    [Fact]
    public void A_replica_that_has_put_work_off_says_so_until_it_is_done()
    {
        var (world, leader) = Elected();
        leader.Replica.HasMoreToDo.ShouldBeFalse();
        world.Write(leader, 1, Slow);
        world.Stabilize();
        leader.Replica.HasMoreToDo.ShouldBeTrue();
        Finish(world, leader);
        leader.Replica.HasMoreToDo.ShouldBeFalse();
    }

    private static int TurnsOf(string text) => text == Slow ? 10 : 1;

    private static (World World, TestNode Leader) Elected()
    {
        var world = new World(new RaftProtocol(3), 3) { TurnsOf = TurnsOf };
        world.StartAll();
        var leader = world.ElectAny();
        world.Stabilize();
        return (world, leader);
    }

    /// <summary>Turns of one node, in which nothing comes in.</summary>
    private static void Finish(World world, TestNode node)
    {
        for (var i = 0; i < 100 && node.Replica.HasMoreToDo; i++) world.Step(node, _ => { });
    }
}
