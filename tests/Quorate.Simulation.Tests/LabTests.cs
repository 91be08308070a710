using System.Globalization;
using Quorate.Simulation.Canaries;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Tests;

public class LabTests
{
    [Fact]
    public void Seeds_find_nothing()
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = Lab.Run(new LabOptions { Seeds = 100, TwiceEvery = 4 }, output);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        code.ShouldBe(0, output.ToString());
    }

    [Fact]
    public void A_run_shows_that_it_tested_something()
    {
        var report = new LabReport();
        foreach (var seed in Enumerable.Range(2000, 12))
        {
            var outcome = new SimulationRun((ulong)seed, Variant.Shipped, null).Execute();
            report.Add((ulong)seed, outcome, null);
        }

        report.Failures.ShouldBeEmpty();
        report.Faults.Total.ShouldBeGreaterThan(100);
        report.Faults[FaultKind.PowerLoss].ShouldBeGreaterThan(0);
        report.Faults[FaultKind.Isolation].ShouldBeGreaterThan(0);
        report.Operations.Ok.ShouldBeGreaterThan(1000);
        report.Operations.Unknown.ShouldBeGreaterThan(0);
        report.Elections.ShouldBeGreaterThan(12);
        report.Snapshots.ShouldBeGreaterThan(0);
        report.EntriesCompared.ShouldBeGreaterThan(1000);
        report.HistoriesValid.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_world_and_another_seed_another()
    {
        var first = new SimulationRun(7, Variant.Shipped, null).Execute();
        var again = new SimulationRun(7, Variant.Shipped, null).Execute();
        var other = new SimulationRun(8, Variant.Shipped, null).Execute();
        again.TraceHash.ShouldBe(first.TraceHash);
        again.Steps.ShouldBe(first.Steps);
        other.TraceHash.ShouldNotBe(first.TraceHash);
    }

    [Fact]
    public void Watching_a_run_does_not_change_it()
    {
        var log = new StringWriter(CultureInfo.InvariantCulture);
        var watched = new SimulationRun(9, Variant.Shipped, log).Execute();
        var unwatched = new SimulationRun(9, Variant.Shipped, null).Execute();
        watched.TraceHash.ShouldBe(unwatched.TraceHash);
        log.ToString().ShouldContain("client 1 hears");
    }

    [Fact]
    public void A_failure_ends_with_the_line_that_replays_it()
    {
        var canary = CanaryList.Named("raft: quorum off by one");
        var seed = CanaryCatch.Of(canary).Seed;
        var report = new LabReport();
        report.Add(seed, new SimulationRun(seed, canary.Variant, null).Execute(), null);
        var output = new StringWriter(CultureInfo.InvariantCulture);
        Lab.Finish(report, TimeSpan.FromSeconds(1), output).ShouldBe(1);
        output.ToString().TrimEnd().Split('\n')[^1].ShouldBe($"quorate lab run raft --seed {seed}");
    }

    [Fact]
    public void An_unknown_strategy_is_refused() =>
        Lab.Run(new LabOptions { Strategy = "paxos" }, TextWriter.Null).ShouldBe(2);
}
