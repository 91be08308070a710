using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>What a replica says to somebody who has seen a point of the history.</summary>
public sealed class EpochHistoryTests
{
    private static Standing Of(TestNode node, HistoryPoint point) => node.Replica.History!.Of(point);

    [Fact]
    public void A_point_that_was_shipped_is_contained_everywhere_and_one_that_was_cut_off_is_lost()
    {
        var (world, _) = PrimaryWorld.Of(2, new PrimaryOptions { Ack = Ack.Async });
        world.Lead();
        world.Write(world[1], 1, "both");
        world.Settle(ticks: 12);
        var shipped = world[1].Replica.History!.Reached;
        Of(world[2], shipped).ShouldBe(Standing.Contains);
        world.Write(world[1], 2, "only n1");
        world.Network.Clear();
        var unshipped = world[1].Replica.History!.Reached;
        unshipped.Index.ShouldBe(shipped.Index.Next);
        Of(world[1], unshipped).ShouldBe(Standing.Contains);
        Of(world[2], unshipped).ShouldBe(Standing.Behind);

        world.Configure(PrimaryWorld.Group(2, 0, [1, 2]), world[2]);
        world.Configure(PrimaryWorld.Group(3, 2, [1, 2]), world[2]);
        world.Lease(world[2], 10_000);
        world.Write(world[2], 3, "new");
        world.Settle(ticks: 12);
        foreach (var node in new[] { world[1], world[2] })
        {
            node.Replica.History!.HasState.ShouldBeTrue();
            Of(node, shipped).ShouldBe(Standing.Contains);
            Of(node, unshipped).ShouldBe(Standing.Lost, "the index is reached, the entry there is another");
            Of(node, world[2].Replica.History!.Reached).ShouldBe(Standing.Contains);
        }
    }

    [Fact]
    public void A_primary_that_ships_state_has_reached_only_what_is_committed()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Ack = Ack.Sync, Ship = Ship.State });
        world.Settle(ticks: 12);
        var before = world[1].Replica.History!.Reached;
        world[1].Replica.History!.IsCommitted.ShouldBeTrue();
        world.Write(world[1], 1, "a");
        world[1].Replica.History!.IsCommitted.ShouldBeFalse();
        world[1].Replica.History!.Reached.ShouldBe(before);
        world.Settle(ticks: 12);
        world[1].Replica.History!.IsCommitted.ShouldBeTrue();
        world[1].Replica.History!.Reached.Index.ShouldBe(before.Index.Next);
    }
}
