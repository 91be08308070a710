using Quorate.Replication;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>A replica whose state machine is behind what is committed.</summary>
public sealed class LagTests
{
    private const string Slow = "slow";

    [Fact]
    public void A_primary_that_is_behind_reads_when_it_has_applied_what_was_committed_before_the_read()
    {
        var world = Led();
        world.Write(world[1], 1, Slow);
        world.Stabilize();
        world[1].Status().LastApplied.ShouldBeLessThan(world[1].Status().CommitIndex);
        world[1].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Request(world[1], 2, RequestKind.Read);
        world[1].Outcomes.ShouldNotContainKey(2);
        Finish(world, world[1]);
        world[1].Outcomes[1].ShouldBe("Applied");
        world[1].Outcomes[2].ShouldBe("ReadNow");
        world[1].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_primary_that_is_behind_acknowledges_nothing_while_it_has_no_lease()
    {
        var world = PrimaryWorld.Of(2).World;
        world.TurnsOf = TurnsOf;
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1, 2]));
        world.Lease(world[1], 100);
        world.Write(world[1], 1, Slow);
        world.Stabilize();
        world[1].Status().LastApplied.ShouldBeLessThan(world[1].Status().CommitIndex);
        world.Advance(100);
        for (var i = 0; i < 20; i++) world.Step(world[1], _ => { });
        world[1].Outcomes.ShouldNotContainKey(1);
        world[1].Replica.HasMoreToDo.ShouldBeFalse("it has to wait for a lease");
        world.Lease(world[1], 1000);
        Finish(world, world[1]);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_primary_that_is_replaced_amid_an_entry_tells_its_client_that_the_outcome_is_unknown_and_has_it_in_its_state()
    {
        var world = Led();
        world.Write(world[1], 1, Slow);
        world.Stabilize();
        world.Configure(PrimaryWorld.Group(2, 2, [1, 2, 3]));
        world.Lease(world[2], 1_000_000);
        world[1].Outcomes[1].ShouldStartWith("Unknown");
        world.Settle(ticks: 20);
        world[1].Machine.Applied.ShouldBe([Slow]);
        world[2].Machine.Applied.ShouldBe([Slow]);
    }

    private static int TurnsOf(string text) => text == Slow ? 10 : 1;

    private static World Led()
    {
        var world = PrimaryWorld.Led(3);
        world.TurnsOf = TurnsOf;
        return world;
    }

    /// <summary>Turns of one node, in which nothing comes in.</summary>
    private static void Finish(World world, TestNode node)
    {
        for (var i = 0; i < 100 && node.Replica.HasMoreToDo; i++) world.Step(node, _ => { });
    }
}
