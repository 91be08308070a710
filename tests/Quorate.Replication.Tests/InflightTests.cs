namespace Quorate.Replication.Tests;

public sealed class InflightTests
{
    private static readonly InflightBounds Bounds = new(Runs: 3, Bytes: 1000, RunBytes: 400);
    private static readonly StepTime Now = new(1_000_000_000, 0);

    [Fact]
    public void One_run_is_on_its_way_and_what_comes_meanwhile_gathers()
    {
        var inflight = new Inflight();
        inflight.HasRoom(1, Bounds, Now).ShouldBeTrue();
        inflight.Add(new LogIndex(5), 100, Now);
        inflight.HasRoom(399, Bounds, Now).ShouldBeFalse("not a full run");
        inflight.HasRoom(400, Bounds, Now).ShouldBeTrue("a full run waits");
        inflight.HasRoom(1, Bounds, new StepTime(Now.Nanoseconds + (IReplica.TickLength * StepTime.NanosecondsPerMillisecond), 0))
            .ShouldBeTrue("the oldest is late");
    }

    [Fact]
    public void Neither_runs_nor_bytes_go_beyond_their_bounds_but_one_run_of_any_size_goes()
    {
        var inflight = new Inflight();
        inflight.Add(new LogIndex(1), 5000, Now);
        inflight.HasRoom(400, Bounds, Now).ShouldBeFalse("too many bytes");
        inflight.RemoveThrough(new LogIndex(1));
        (inflight.Count, inflight.Bytes).ShouldBe((0, 0));
        for (var i = 2; i <= 4; i++) inflight.Add(new LogIndex(i), 1, Now);
        inflight.HasRoom(400, Bounds, Now).ShouldBeFalse("too many runs");
        inflight.RemoveThrough(new LogIndex(3));
        (inflight.Count, inflight.Bytes).ShouldBe((1, 1));
        inflight.Clear();
        (inflight.Count, inflight.Bytes).ShouldBe((0, 0));
    }
}
