using Quorate.Replication;
using Quorate.Strategies.Leaderless;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>[Dynamo §4.5] Writes.</summary>
public sealed class WriteTests
{
    [Fact]
    public void A_write_is_acknowledged_when_W_holders_have_it_durably()
    {
        var world = new LeaderlessWorld(3);
        world[2].SyncsAtOnce = world[3].SyncsAtOnce = false;
        var id = world.Ask(1, "SET x 1");
        world.World.Stabilize();
        world.Answer(1, id).ShouldBe("waits");
        world.World.Sync(world[3]);
        world.World.Stabilize();
        world.Answer(1, id).ShouldBe("OK");
        world.Machine(2).Show("GET x").ShouldBe("1");
    }

    [Fact]
    public void The_coordinators_own_copy_counts_when_it_is_durable_and_nothing_leaves_before()
    {
        var world = new LeaderlessWorld(3);
        world[1].SyncsAtOnce = false;
        var id = world.Ask(1, "SET x 1", w: 1);
        world.World.Stabilize();
        world.Answer(1, id).ShouldBe("waits");
        world.Machine(2).Show("GET x").ShouldBe("(null)");
        world.World.Sync(world[1]);
        world.Answer(1, id).ShouldBe("OK");
    }

    [Fact]
    public void Any_member_takes_a_request_and_a_holder_coordinates_it()
    {
        var world = new LeaderlessWorld(5, new LeaderlessOptions { Partitions = 8 });
        for (var node = 1; node <= 5; node++)
        {
            world.Do(node, $"SET key{node} v{node}").ShouldBe("OK");
            for (var reader = 1; reader <= 5; reader++) world.Do(reader, $"GET key{node}").ShouldBe($"v{node}");
        }

        world.World.Nodes.Values.Sum(n => n.Leaderless().Statistics.Passed).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_passed_request_is_executed_once_however_often_it_arrives()
    {
        var world = new LeaderlessWorld(4, new LeaderlessOptions { Partitions = 1 });
        var outsider = Enumerable.Range(1, 4).Single(n => !world.Protocol.Machines.ContainsKey((new NodeId(n), 0)));
        world.Ask(outsider, "INCR x");
        var passed = world.World.Network.Single(e => e.Kind == Coordinate.WireKind);
        world.World.Network.Add(passed with { });
        world.World.Network.Add(passed with { });
        world.World.Stabilize();
        world.Do(outsider, "GET x").ShouldBe("1");
    }

    [Fact]
    public void A_passed_write_of_which_nothing_is_heard_is_unknown_and_a_read_goes_to_another()
    {
        var world = new LeaderlessWorld(4, new LeaderlessOptions { Partitions = 1 });
        var outsider = Enumerable.Range(1, 4).Single(n => !world.Protocol.Machines.ContainsKey((new NodeId(n), 0)));
        var write = world.Ask(outsider, "SET x 1");
        var receiver = world.World.Network.Single(e => e.Kind == Coordinate.WireKind).To.Value;
        world.World.Network.Clear();
        world.World.Crash(world[receiver]);
        world.Settle(60);
        world.Answer(outsider, write).ShouldStartWith("Unknown");
        world.World.Start(world[receiver]);
        world.Settle(20);
        var read = world.Ask(outsider, "GET x");
        world.World.Network.Clear();
        world.World.Crash(world[receiver]);
        world.Settle(60);
        world.Answer(outsider, read).ShouldBe("(null)");
    }

    [Fact]
    public void With_fewer_than_W_holders_up_a_write_is_refused_before_it_is_executed()
    {
        var world = new LeaderlessWorld(3);
        world.World.Crash(world[2]);
        world.World.Crash(world[3]);
        world.Settle(40);
        world.Do(1, "SET x 1").ShouldStartWith("Unavailable: fewer than 2 holders");
        world.Machine(1).Show("GET x").ShouldBe("(null)");
        world.Do(1, "SET x 1", w: 1).ShouldBe("OK");
    }

    [Fact]
    public void A_write_that_fewer_than_W_confirm_in_time_is_unknown()
    {
        var world = new LeaderlessWorld(3);
        var id = world.Ask(1, "SET x 1");
        for (var i = 0; i < 250; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind is Ping.WireKind);
        }

        world.Answer(1, id).ShouldStartWith("Unknown: fewer than 2 holders have confirmed");
        world.Settle(40);
        world.Machine(2).Show("GET x").ShouldBe("1", "comparisons bring what was lost");
    }

    [Fact]
    public void A_lost_update_is_sent_again()
    {
        var world = new LeaderlessWorld(3);
        var id = world.Ask(1, "SET x 1");
        world.World.Network.Clear();
        world.Settle(12);
        world.Answer(1, id).ShouldBe("OK");
    }

    [Fact]
    public void A_request_chooses_its_own_R_and_W()
    {
        var world = new LeaderlessWorld(3);
        world.World.Crash(world[3]);
        world.Settle(40);
        world.Do(1, "SET x 1", w: 3).ShouldStartWith("Unavailable");
        world.Do(1, "SET x 1").ShouldBe("OK");
        world.Do(1, "GET x", r: 3).ShouldStartWith("Unavailable");
        world.Do(1, "GET x", r: 1).ShouldBe("1");
    }

    [Fact]
    public void Requests_and_unconfirmed_bytes_are_bounded()
    {
        var world = new LeaderlessWorld(3, new LeaderlessOptions { Partitions = 1, MaxRequests = 3, MaxUnconfirmedBytes = 400 });
        for (var i = 0; i < 3; i++) world.Ask(1, $"SET x {i}");
        world.Answer(1, world.Ask(1, "SET x 9")).ShouldStartWith("Unavailable: too many requests");
        world.Settle(1);
        world.Ask(1, "SET y " + new string('y', 500));
        world.Answer(1, world.Ask(1, "SET x 9")).ShouldStartWith("Unavailable: too much is on its way");
        world.Settle(1);
        world.Do(1, "SET x 9").ShouldBe("OK");
    }

    [Fact]
    public void Commands_about_several_keys_are_cut_and_joined()
    {
        var world = new LeaderlessWorld(5, new LeaderlessOptions { Partitions = 16 });
        world.Do(1, "MSET a 1 b 2 c 3 d 4").ShouldBe("OK");
        world.Do(2, "MGET d nothing c b a").ShouldBe("[4, (null), 3, 2, 1]");
        world.Do(3, "EXISTS a b nothing c").ShouldBe("3");
        world.Do(4, "DBSIZE").ShouldBe("4");
        world.Do(5, "DEL a d nothing").ShouldBe("2");
        world.Do(1, "MGET a b c d").ShouldBe("[(null), 2, 3, (null)]");
        world.Do(2, "MSET a 1 b").ShouldStartWith("-ERR wrong number");
        world.Do(2, "NOSUCH a").ShouldStartWith("-ERR unknown command");
    }
}
