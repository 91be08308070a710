using System.Globalization;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Tests;

public class KeyspaceLabTests
{
    [Theory]
    [InlineData("primary")]
    [InlineData("chain")]
    [InlineData("control")]
    public void Seeds_find_nothing(string lab)
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = Lab.Run(new LabOptions { Strategy = lab, Seeds = 16, TwiceEvery = 4 }, output);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        code.ShouldBe(0, output.ToString());
    }

    [Fact]
    public void Runs_show_that_they_tested_something()
    {
        var report = new LabReport();
        foreach (var lab in (string[])["primary", "chain", "control"])
            for (var seed = 3000ul; seed < 3008; seed++) report.Add(seed, Lab.Execute(lab, seed, Variant.Shipped, null), null);
        report.Failures.ShouldBeEmpty();
        report.Failovers.ShouldBeGreaterThan(30);
        report.Operations.Ok.ShouldBeGreaterThan(5000);
        report.Operations.Unknown.ShouldBeGreaterThan(0);
        report.Snapshots.ShouldBeGreaterThan(0);
        report.EntriesCompared.ShouldBeGreaterThan(10_000);
        report.HistoriesValid.ShouldBeGreaterThan(15);
        report.Faults[FaultKind.KeyspaceCreated].ShouldBeGreaterThan(24);
        report.Faults[FaultKind.KeyspaceDropped].ShouldBeGreaterThan(0);
    }

    /// <summary>In virtual time: how long the rounds of a fail-over take, not how fast this machine is.</summary>
    [Theory]
    [InlineData("primary")]
    [InlineData("chain-head")]
    [InlineData("chain-tail")]
    public void Writes_go_on_within_a_second_of_a_kill(string what)
    {
        for (var seed = 1ul; seed <= 12; seed++) FailoverGaps.Measure(what, seed).ShouldBeLessThan(1000, $"seed {seed}");
    }

    [Theory]
    [InlineData("primary")]
    [InlineData("chain-head")]
    [InlineData("chain-tail")]
    public void A_short_pause_makes_nobody_else_lead(string what)
    {
        for (var seed = 1ul; seed <= 8; seed++)
            FailoverGaps.CausesFailover(what, seed, pauseMilliseconds: 250).ShouldBeFalse($"seed {seed}");
    }
}
