using Quorate.Simulation.Canaries;

namespace Quorate.Simulation.Tests;

/// <summary>Canaries of the strategies whose data merges or is agreed on key by key.</summary>
public class MergingCanaryTests
{
    private static readonly IReadOnlyList<Canary> s_all = [.. MergingCanaries.All];

    public static TheoryData<string> Names => [.. s_all.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_caught_by_a_checker_that_is_named_for_it(string name) => CanaryTests.ShouldBeCaught(name);

    [Fact]
    public void Their_scenarios_find_nothing_in_the_rules_that_ship() => CanaryTests.ScenariosShouldFindNothing(s_all);
}
