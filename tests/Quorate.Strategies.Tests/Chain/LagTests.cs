using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>A replica whose state machine is behind what is committed.</summary>
public sealed class LagTests
{
    private const string Slow = "slow=1";

    [Fact]
    public void A_key_stays_dirty_until_the_entry_that_writes_it_is_finished()
    {
        var world = Led(craq: true);
        world.Write(world[1], 1, Slow);
        world.Settle(ticks: 1);
        world[2].Status().LastApplied.ShouldBeLessThan(world[2].Status().CommitIndex);
        Read(world, 2, 11, "slow");
        Read(world, 2, 12, "y");
        world[2].Outcomes.ShouldNotContainKey(11);
        world[2].Outcomes[12].ShouldBe("ReadNow");
        world.Settle(ticks: 20);
        world[2].Outcomes[11].ShouldBe("ReadNow");
        world[2].Machine.Applied.ShouldBe([Slow]);
        world[2].Status().Dirty.ShouldBe(0);
    }

    [Fact]
    public void A_tail_that_is_behind_reads_when_it_has_applied_what_it_has_committed()
    {
        var world = Led(craq: false);
        world[1].TurnsOf = _ => 1;
        world.Write(world[1], 1, Slow);
        world.Stabilize();
        // The head has acknowledged it: others see it.
        for (var i = 0; i < 5; i++) world.Step(world[1], _ => { });
        world[1].Outcomes[1].ShouldBe("Applied");
        world[3].Status().LastApplied.ShouldBeLessThan(world[3].Status().CommitIndex);
        world[3].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        Read(world, 3, 11, "slow");
        world[3].Outcomes.ShouldNotContainKey(11);
        Finish(world, world[3]);
        world[3].Outcomes[11].ShouldBe("ReadNow");
        world[3].Machine.Applied.ShouldBe([Slow]);
    }

    [Fact]
    public void A_head_that_is_behind_acknowledges_nothing_while_it_has_no_lease()
    {
        var world = Led(craq: true, out var control);
        world[2].TurnsOf = world[3].TurnsOf = _ => 1;
        world.Write(world[1], 1, Slow);
        world.Stabilize();
        world[1].Status().LastApplied.ShouldBeLessThan(world[1].Status().CommitIndex);
        world.Advance(control.LeaseMilliseconds);
        for (var i = 0; i < 20; i++) world.Step(world[1], _ => { });
        world[1].Outcomes.ShouldNotContainKey(1);
        world[1].Replica.HasMoreToDo.ShouldBeFalse("it has to wait for a lease");
        control.GrantAll();
        Finish(world, world[1]);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    private static World Led(bool craq) => Led(craq, out _);

    private static World Led(bool craq, out ChainControl control)
    {
        (var world, control) = ChainWorld.Of(3, options: new ChainOptions { Craq = craq });
        world.TurnsOf = text => text == Slow ? 10 : 1;
        return world;
    }

    private static void Read(World world, int node, long id, string key) =>
        world.Request(world[node], id, RequestKind.Read, keyHash: World.KeyHash(key + "="));

    /// <summary>Turns of one node, in which nothing comes in.</summary>
    private static void Finish(World world, TestNode node)
    {
        for (var i = 0; i < 100 && node.Replica.HasMoreToDo; i++) world.Step(node, _ => { });
    }
}
