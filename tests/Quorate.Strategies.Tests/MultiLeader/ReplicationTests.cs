using Quorate.Replication;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>What the strategy promises about where an update goes and when.</summary>
public sealed class ReplicationTests
{
    [Fact]
    public void Every_member_takes_writes_and_every_other_gets_them()
    {
        var world = MultiLeaderWorld.Of(3);
        world.Do(1, "INCR c").ShouldBe("1");
        world.Do(2, "INCR c").ShouldBe("1");
        world.Settle(30);
        for (var node = 1; node <= 3; node++) world.Peek(node, "GET c").ShouldBe("2");
    }

    [Theory]
    [InlineData(Topology.All)]
    [InlineData(Topology.Ring)]
    [InlineData(Topology.Star)]
    public void Every_topology_brings_everything_to_everybody_and_then_is_quiet(Topology topology)
    {
        var world = MultiLeaderWorld.Of(5, new MultiLeaderOptions { Topology = topology });
        world.Settle(5);
        for (var node = 1; node <= 5; node++)
            for (var i = 0; i < 3; i++) world.Do(node, $"SADD s e{node}{i}").ShouldBe("1");
        world.Settle(60);
        for (var node = 1; node <= 5; node++) world.Peek(node, "SMEMBERS s").Split(", ").Length.ShouldBe(15);
        var sent = Enumerable.Range(1, 5).Sum(n => world.Status(n).Statistics.BytesShipped);
        world.Settle(600);
        Enumerable.Range(1, 5).Sum(n => world.Status(n).Statistics.BytesShipped).ShouldBe(sent);
        world.Status(1).Statistics.BacklogDeltas.ShouldBe(0);
    }

    [Fact]
    public void A_member_that_cannot_be_reached_directly_is_helped_by_another()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { RelayTicks = 50 });
        world.Do(1, "SET k v");
        // Between n1 and n2 nothing passes; n3 hears both.
        world.Settle(200, e => e.From.Value + e.To.Value != 3);
        world.Peek(2, "GET k").ShouldBe("v");
    }

    [Fact]
    public void An_answer_is_not_shown_before_the_question()
    {
        var world = MultiLeaderWorld.Of(3);
        world.Do(1, "SET question why");
        // n3 does not hear n1 yet.
        world.Settle(0, e => !(e.From.Value == 1 && e.To.Value == 3));
        world.Peek(2, "GET question").ShouldBe("why");
        world.Do(2, "SET answer because");
        world.Settle(0, e => !(e.From.Value == 1 && e.To.Value == 3));
        world.Peek(3, "GET answer").ShouldBe("(null)");
        world.Status(3).Statistics.HeldDeltas.ShouldBe(1);
        world.Settle(100);
        world.Peek(3, "GET answer").ShouldBe("because");
        world.Peek(3, "GET question").ShouldBe("why");
        world.Status(3).Statistics.HeldDeltas.ShouldBe(0);
    }

    [Fact]
    public void Deltas_of_one_origin_are_shown_in_their_order()
    {
        var world = MultiLeaderWorld.Of(2);
        world.Do(1, "SADD a x");
        var first = world.World.Network.Single(e => e.Text.StartsWith("Deltas", StringComparison.Ordinal));
        world.World.Network.Remove(first);
        world.Do(1, "SADD b x");
        world.World.Stabilize();
        world.Peek(2, "SMEMBERS b").ShouldBe("[]");
        world.World.Deliver(first);
        world.Peek(2, "SMEMBERS b").ShouldBe("[x]");
    }

    [Fact]
    public void What_is_held_back_is_bounded_and_comes_again()
    {
        var world = MultiLeaderWorld.Of(2, new MultiLeaderOptions { MaxHeldBytes = 200 });
        world.Do(1, "SADD a x0");
        world.World.Network.RemoveAll(e => e.Text.StartsWith("Deltas", StringComparison.Ordinal));
        for (var i = 1; i < 20; i++) world.Do(1, $"SADD a x{i}");
        world.World.Stabilize();
        world.Status(2).Statistics.DeltasDropped.ShouldBeGreaterThan(0);
        world.Settle(400);
        world.Peek(2, "SMEMBERS a").Split(", ").Length.ShouldBe(20);
    }

    [Fact]
    public void A_lost_message_is_sent_again_and_a_doubled_one_changes_nothing()
    {
        var world = MultiLeaderWorld.Of(2);
        world.Do(1, "INCR c");
        world.World.Network.Clear();
        world.Settle(100);
        world.Peek(2, "GET c").ShouldBe("1");
        world.Do(1, "INCR c");
        var delta = world.World.Network.Single(e => e.Text.StartsWith("Deltas", StringComparison.Ordinal));
        world.Settle(5);
        world.World.Deliver(delta with { });
        world.Peek(2, "GET c").ShouldBe("2");
        world.Status(2).Statistics.DeltasKnown.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_delta_leaves_when_it_is_durable_and_not_before()
    {
        var world = MultiLeaderWorld.Of(2);
        world[1].SyncsAtOnce = false;
        var request = world.Ask(1, "SET k v");
        world.Settle(30);
        world.Answer(1, request).ShouldBeNull();
        world.Peek(2, "GET k").ShouldBe("(null)");
        world[1].SyncsAtOnce = true;
        world.World.Sync(world[1]);
        world.Answer(1, request).ShouldBe("OK");
        world.Settle();
        world.Peek(2, "GET k").ShouldBe("v");
    }

    [Fact]
    public void A_read_waits_for_what_it_shows_and_for_nothing_else()
    {
        var world = MultiLeaderWorld.Of(2);
        world.Do(1, "SET old v").ShouldBe("OK");
        world[1].SyncsAtOnce = false;
        world.Ask(1, "SET new v");
        world.Do(1, "GET old").ShouldBe("v");
        var read = world.Ask(1, "GET new");
        world.Answer(1, read).ShouldBeNull();
        world.World.Sync(world[1]);
        world.Answer(1, read).ShouldBe("v");
    }

    [Fact]
    public void With_shipped_state_a_member_that_is_behind_gets_the_last_state_of_each_key_once()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { Ship = Ship.State });
        for (var i = 1; i <= 50; i++) world.Do(1, "INCR c");
        world.Do(1, "SADD s x");
        world.Settle(0, MultiLeaderWorld.Without(3));
        world.Settle(30, MultiLeaderWorld.Without(3));
        world.Peek(2, "GET c").ShouldBe("50");
        world.Settle(30);
        world.Peek(3, "GET c").ShouldBe("50");
        world.Peek(3, "SMEMBERS s").ShouldBe("[x]");
        world.Status(1).Statistics.BytesShipped.ShouldBe(0);
        world.Status(3).Statistics.DeltasMerged.ShouldBe(0);
        world.Status(1).Statistics.BytesOfState.ShouldBeLessThan(2000);
        world.Status(1).Statistics.BacklogDeltas.ShouldBe(0);
    }

    [Theory]
    [InlineData(Topology.Ring)]
    [InlineData(Topology.Star)]
    public void Shipped_state_is_told_on(Topology topology)
    {
        var world = MultiLeaderWorld.Of(4, new MultiLeaderOptions { Ship = Ship.State, Topology = topology });
        world.Settle(5);
        for (var node = 1; node <= 4; node++) world.Do(node, "INCR c").ShouldBe("1");
        world.Settle(100);
        for (var node = 1; node <= 4; node++) world.Peek(node, "GET c").ShouldBe("4");
        Enumerable.Range(1, 4).Sum(n => world.Status(n).Statistics.Pulls).ShouldBe(0);
    }
}
