using Quorate.Replication;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Tests;

public class WorldTests
{
    [Fact]
    public void Events_happen_in_order_of_time_and_then_of_asking()
    {
        var world = new World(1);
        var happened = new List<string>();
        world.After(20, () => happened.Add("late"));
        world.After(10, () => happened.Add("first"));
        world.After(10, () =>
        {
            happened.Add("second");
            world.After(0, () => happened.Add("at once, after those already due"));
        });
        world.After(10, () => happened.Add("third"));
        while (world.Step(100))
        {
        }

        happened.ShouldBe(["first", "second", "third", "at once, after those already due", "late"]);
        world.Now.ShouldBe(100);
    }

    [Fact]
    public void What_is_not_due_waits()
    {
        var world = new World(1);
        var happened = false;
        world.After(20, () => happened = true);
        world.Step(19).ShouldBeFalse();
        happened.ShouldBeFalse();
        world.Step(20).ShouldBeTrue();
        happened.ShouldBeTrue();
    }

    [Fact]
    public void A_clock_never_goes_back_and_drifts_as_told()
    {
        var world = new World(1);
        var slow = new SimClock(world, 5, -20_000, 0);
        var fast = new SimClock(world, 5, 20_000, 0);
        var (lastSlow, lastFast) = (slow.Now.Nanoseconds, fast.Now.Nanoseconds);
        for (var t = 1; t <= 20_000; t++)
        {
            world.Step(t * 997L);
            slow.Now.Nanoseconds.ShouldBeGreaterThanOrEqualTo(lastSlow);
            fast.Now.Nanoseconds.ShouldBeGreaterThanOrEqualTo(lastFast);
            (lastSlow, lastFast) = (slow.Now.Nanoseconds, fast.Now.Nanoseconds);
        }

        ((double)(lastFast - lastSlow) / world.Now).ShouldBeInRange(0.0399, 0.0401);
    }

    [Fact]
    public void A_clock_remembers_how_far_ahead_it_was()
    {
        var clock = new SimClock(new World(1), 5, 0, 100);
        var right = clock.Now.UnixMilliseconds;
        clock.JumpWall(-1000);
        clock.FurthestAheadMilliseconds.ShouldBe(0);
        clock.JumpWall(5000);
        clock.JumpWall(-2000);
        (clock.Now.UnixMilliseconds - right).ShouldBe(2000);
        clock.PutRight();
        clock.Now.UnixMilliseconds.ShouldBe(right);
        clock.FurthestAheadMilliseconds.ShouldBe(4000);
    }
}
