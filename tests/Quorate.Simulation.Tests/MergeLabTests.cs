using System.Globalization;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Tests;

public class MergeLabTests
{
    [Theory]
    [InlineData("multileader", 12)]
    [InlineData("leaderless", 12)]
    [InlineData("caspaxos", 10)]
    public void Seeds_find_nothing(string lab, int seeds)
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = Lab.Run(new LabOptions { Strategy = lab, Seeds = seeds, TwiceEvery = 4 }, output);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        code.ShouldBe(0, output.ToString());
    }

    /// <summary>Seeds that once found a bug, in the node or in the simulator itself.</summary>
    [Theory]
    [InlineData("multileader", 13)] // a restarted member knew nobody's region, and waited for nobody
    [InlineData("multileader", 38)] // a late copy of a forwarded command was executed once more by the next life of the member
    [InlineData("multileader", 51)] // a control leader whose heir did not take over decided nothing for the rest of its term
    // clocks that had jumped far ahead gave stamps that were still refused when the simulator lost patience
    [InlineData("multileader", 876)]
    [InlineData("caspaxos", 12)] // what is kept in memory only outlives as many stops as the policy says
    public void A_seed_that_found_a_bug_stays_mended(string lab, ulong seed)
    {
        var report = Lab.RunSeed(seed, null, lab);
        report.IsOk.ShouldBeTrue(string.Join('\n', report.Failures));
    }

    [Theory]
    [InlineData("multileader")]
    [InlineData("leaderless")]
    public void Runs_show_that_they_tested_something(string lab)
    {
        var report = new LabReport();
        for (var seed = 5000ul; seed < 5005; seed++) report.Add(seed, Lab.Execute(lab, seed, Variant.Shipped, null), null);
        report.Failures.ShouldBeEmpty();
        report.Operations.Ok.ShouldBeGreaterThan(1000);
        report.Updates.ShouldBeGreaterThan(500);
        report.ReadsChecked.ShouldBeGreaterThan(20);
        report.Faults.Total.ShouldBeGreaterThan(500);
    }
}
