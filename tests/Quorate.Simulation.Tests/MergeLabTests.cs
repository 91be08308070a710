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
