using System.Globalization;
using Quorate.Simulation.Canaries;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Tests;

public class CanaryTests
{
    [Fact]
    public void Every_canary_is_caught()
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = CanaryList.Run(output);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        code.ShouldBe(0, output.ToString());
    }

    /// <summary>Else a canary would be caught for what its scenario does, not for what it breaks.</summary>
    [Fact]
    public void The_scenarios_of_canaries_find_nothing_in_the_rules_that_ship()
    {
        foreach (var canary in CanaryList.All.DistinctBy(c => (c.Variant.Scenario, c.Variant.Keyspaces, c.Variant.Merging)))
        {
            for (var seed = 1ul; seed <= 2; seed++)
            {
                var outcome = canary.Execute(seed, Variant.Shipped with { Scenario = canary.Variant.Scenario, Keyspaces = canary.Variant.Keyspaces, Merging = canary.Variant.Merging });
                outcome.Failure.ShouldBeNull($"{canary.Name}, seed {seed}");
            }
        }
    }
}
