using Quorate.Replication;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Clocks that are wrong. A stamp may be 1000 ms ahead of the reader's clock in these tests.</summary>
public sealed class ClockTests
{
    [Fact]
    public void Stamps_too_far_ahead_are_refused_counted_told_and_taken_when_their_time_has_come()
    {
        var world = MultiLeaderWorld.Of(3);
        world[1].ClockOffset = 60_000;
        world.Do(1, "SET k v").ShouldBe("OK");
        world.Settle(100);
        world.Peek(2, "GET k").ShouldBe("(null)");
        world.Status(2).Statistics.StampsRefused.ShouldBe(1);
        world.Status(2).Members[0].ClockOffsetMilliseconds.ShouldBeGreaterThan(50_000);
        world.Status(1).Members[0].RefusesStamps.ShouldBeTrue();
        world[1].ToString().ShouldContain("refuses stamps");
        world.World.Advance(60_000);
        world.Settle(100);
        world.Peek(2, "GET k").ShouldBe("v");
        world.Status(1).Members[0].RefusesStamps.ShouldBeFalse();
    }

    [Fact]
    public void A_refused_node_still_takes_what_others_do()
    {
        var world = MultiLeaderWorld.Of(2);
        world[1].ClockOffset = 60_000;
        world.Do(1, "SET mine v");
        world.Do(2, "SET theirs v");
        world.Settle(100);
        world.Peek(1, "GET theirs").ShouldBe("v");
        world.Peek(2, "GET mine").ShouldBe("(null)");
    }

    [Fact]
    public void A_clock_that_is_behind_does_not_lose_writes()
    {
        var world = MultiLeaderWorld.Of(2);
        world.Do(1, "SET k first");
        world.Settle(5);
        world[2].ClockOffset = -100_000;
        world.Do(2, "SET k second");
        world.Settle(30);
        world.Peek(1, "GET k").ShouldBe("second");
    }
}
