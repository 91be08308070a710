using Quorate.Replication;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>When a client is told that its write is done.</summary>
public sealed class AckTests
{
    private static string RegionOf(NodeId node) => node.Value <= 3 ? "eu" : "us";

    private static MultiLeaderWorld Of(Ack ack, int backups = 1) =>
        MultiLeaderWorld.Of(
            5, new MultiLeaderOptions { Ack = ack, AckBackups = backups, RegionOf = RegionOf, AckTimeoutTicks = 50 });

    [Fact]
    public void An_asynchronous_write_is_done_when_it_is_durable_here()
    {
        var world = Of(Ack.Async);
        world.Do(1, "SET k v").ShouldBe("OK");
    }

    /// <summary>As after a restart, before the node has heard where the others are.</summary>
    [Fact]
    public void While_it_is_not_known_who_is_of_the_region_a_write_that_waits_for_them_is_refused()
    {
        var isKnown = false;
        var world = MultiLeaderWorld.Of(
            3, new MultiLeaderOptions { Ack = Ack.SemiSync, RegionOf = n => isKnown ? RegionOf(n) : null });
        world.Settle(30);
        world.Do(1, "SET k v")!.ShouldStartWith("Unavailable");
        isKnown = true;
        world.Settle(30);
        var request = world.Ask(1, "SET k v");
        world.Settle(30);
        world.Answer(1, request).ShouldBe("OK");
        isKnown = false;
        world.Settle(30);
        world.Do(1, "SET k w")!.ShouldStartWith("Unavailable");
        world.Do(1, "GET k").ShouldBe("v");
    }

    [Theory]
    [InlineData(Ack.SemiSync, 1, 1)]
    [InlineData(Ack.SemiSync, 2, 2)]
    [InlineData(Ack.SemiSync, 4, 2)]
    [InlineData(Ack.Majority, 1, 1)]
    [InlineData(Ack.Sync, 1, 2)]
    public void A_write_waits_for_members_of_its_own_region_that_have_it_durably(Ack ack, int backups, int needed)
    {
        var world = Of(ack, backups: backups);
        world[2].SyncsAtOnce = world[3].SyncsAtOnce = false;
        var request = world.Ask(1, "SET k v");
        // The other region has it at once, which counts for nothing.
        world.Settle(10);
        world.Peek(4, "GET k").ShouldBe("v");
        world.Answer(1, request).ShouldBeNull();
        for (var node = 2; node <= 3; node++)
        {
            world.World.Sync(world[node]);
            world.Settle();
            if (node - 1 < needed) world.Answer(1, request).ShouldBeNull();
        }

        world.Answer(1, request).ShouldBe("OK");
    }

    [Fact]
    public void A_write_is_refused_while_too_few_of_the_region_answer_and_nothing_of_it_happens()
    {
        var world = Of(Ack.SemiSync, backups: 2);
        world.Settle(200, MultiLeaderWorld.Without(3));
        world.Do(1, "SET k v")!.ShouldStartWith("Unavailable");
        world.Do(1, "GET k").ShouldBe("(null)");
        world.Do(4, "SET k v").ShouldBeNull();
        world.Settle(30, MultiLeaderWorld.Without(3));
        world.Peek(1, "GET k").ShouldBe("v");
    }

    [Fact]
    public void A_write_that_is_not_confirmed_in_time_ends_as_unknown()
    {
        var world = Of(Ack.SemiSync);
        world[2].SyncsAtOnce = world[3].SyncsAtOnce = false;
        var request = world.Ask(1, "INCR c");
        world.Settle(60);
        world.Answer(1, request)!.ShouldStartWith("Unknown");
        world.Peek(1, "GET c").ShouldBe("1");
    }

    [Fact]
    public void Writes_that_wait_are_bounded()
    {
        var world = MultiLeaderWorld.Of(2, new MultiLeaderOptions { Ack = Ack.Sync, MaxWaitingWrites = 10 });
        world[2].SyncsAtOnce = false;
        var requests = Enumerable.Range(0, 20).Select(_ => world.Ask(1, "INCR c")).ToList();
        requests.Count(r => world.Answer(1, r)?.StartsWith("Unavailable", StringComparison.Ordinal) == true).ShouldBe(10);
        world.Status(1).Statistics.WaitingWrites.ShouldBe(10);
    }

    [Fact]
    public void What_needs_an_order_is_refused_and_nothing_is_acknowledged_for_it()
    {
        var world = Of(Ack.Async);
        world.Do(1, "LPUSH l x")!.ShouldContain("ERR");
        world.Status(1).Statistics.OwnDeltas.ShouldBe(0);
        var id = world.Ask(1, "GET k");
        world.Answer(1, id).ShouldBe("(null)");
    }
}
