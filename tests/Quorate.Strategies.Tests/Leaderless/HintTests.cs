using Quorate.Replication;
using Quorate.Strategies.Leaderless;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>[Dynamo §4.6] Sloppy quorums and hinted handoff.</summary>
public sealed class HintTests
{
    private static LeaderlessOptions Sloppy => new() { Partitions = 1, Sloppy = true, W = 3, CompareTicks = 1_000_000 };

    [Fact]
    public void A_member_that_stands_in_keeps_a_hint_and_hands_it_over_when_the_holder_is_back()
    {
        var (world, away, standIn) = WithOneAway(Sloppy);
        world[standIn].Leaderless().Status.Hints.Kept.ShouldBe(1);
        world.World.Start(world[away]);
        world.Settle(30);
        world.Machine(away).Show("GET x").ShouldBe("1");
        world[standIn].Leaderless().Status.Hints.ShouldBe((0, 0, 1, 1, 0));
    }

    [Fact]
    public void Without_a_sloppy_quorum_the_write_is_refused()
    {
        var world = new LeaderlessWorld(5, Sloppy with { Sloppy = false });
        var holders = HoldersOf(world);
        world.World.Crash(world[holders[1]]);
        world.Settle(40);
        world.Do(holders[0], "SET x 1").ShouldStartWith("Unavailable");
    }

    [Fact]
    public void A_hint_counts_when_it_is_durable()
    {
        var world = new LeaderlessWorld(4, Sloppy);
        var holders = HoldersOf(world);
        var standIn = Enumerable.Range(1, 4).Except(holders).Single();
        world.World.Crash(world[holders[1]]);
        world.Settle(40);
        world[standIn].SyncsAtOnce = false;
        var id = world.Ask(holders[0], "SET x 1");
        world.World.Stabilize();
        world.Answer(holders[0], id).ShouldBe("waits");
        world.World.Sync(world[standIn]);
        world.World.Stabilize();
        world.Answer(holders[0], id).ShouldBe("OK");
    }

    [Fact]
    public void A_hint_survives_the_restart_of_its_keeper()
    {
        var (world, away, standIn) = WithOneAway(Sloppy);
        world.World.CrashAndLoseUnsynced(world[standIn]);
        world.World.Start(world[standIn]);
        world[standIn].Leaderless().Status.Hints.Kept.ShouldBe(1);
        world.World.Start(world[away]);
        world.Settle(40);
        world.Machine(away).Show("GET x").ShouldBe("1");
    }

    [Fact]
    public void A_hint_whose_holder_stays_away_goes_to_another_holder_and_is_never_dropped()
    {
        var (world, away, standIn) = WithOneAway(Sloppy with { HintAgeTicks = 100 });
        world.Settle(50);
        world[standIn].Leaderless().Status.Hints.Kept.ShouldBe(1);
        world.Settle(120);
        world[standIn].Leaderless().Status.Hints.Kept.ShouldBe(0);
        world[away].IsUp.ShouldBeFalse();
    }

    [Fact]
    public void When_there_is_no_room_for_hints_they_are_refused_and_not_counted()
    {
        var (world, away, standIn) = WithOneAway(Sloppy with { MaxHints = 1 });
        var coordinator = HoldersOf(world).First(h => h != away);
        var id = world.Ask(coordinator, "SET y 1");
        world.Settle(10);
        world.Answer(coordinator, id).ShouldBe("waits");
        world[standIn].Leaderless().Status.Hints.Refused.ShouldBeGreaterThan(0);
        world.World.Start(world[away]);
        world.Settle(40);
        world.Do(coordinator, "SET y 2").ShouldBe("OK");
    }

    [Fact]
    public void Reads_do_not_ask_those_who_stand_in()
    {
        var world = new LeaderlessWorld(5, Sloppy with { W = 2, R = 2 });
        var holders = HoldersOf(world);
        world.World.Crash(world[holders[1]]);
        world.World.Crash(world[holders[2]]);
        world.Settle(40);
        world.Do(holders[0], "SET x 1").ShouldBe("OK", "a stand-in counts for W");
        world.Do(holders[0], "GET x").ShouldStartWith("Unavailable", customMessage: "and not for R");
    }

    private static int[] HoldersOf(LeaderlessWorld world) => [.. world.Protocol.Machines.Keys.Select(k => k.Node.Value).Order()];

    /// <summary>Three holders, one of them away; x=1 is with the two others and, as a hint, with a fourth.</summary>
    private static (LeaderlessWorld World, int Away, int StandIn) WithOneAway(LeaderlessOptions options)
    {
        var world = new LeaderlessWorld(4, options);
        var holders = HoldersOf(world);
        world.World.Crash(world[holders[1]]);
        world.Settle(40);
        world.Do(holders[0], "SET x 1").ShouldBe("OK");
        world[holders[0]].Leaderless().Statistics.SloppyWrites.ShouldBe(1);
        return (world, holders[1], Enumerable.Range(1, 4).Except(holders).Single());
    }
}
