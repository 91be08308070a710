using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Canaries;

/// <summary>A variant that is broken on purpose.</summary>
/// <param name="Name">What is broken.</param>
/// <param name="Rule">Where the broken rule is stated.</param>
/// <param name="SeedBudget">It must be caught within so many seeds, from 1 on.</param>
/// <param name="Variant">The broken rule, and a scenario in which it matters soon.</param>
/// <param name="Expected">The checkers that may catch it: at least one. Where another one does, the canary counts as not
/// caught.</param>
internal sealed record Canary(string Name, string Rule, int SeedBudget, Variant Variant, params ExpectedChecker[] Expected)
{
    private string Lab => Variant.Merging is not null ? "multileader" : Variant.Keyspaces is not null ? "control" : "raft";

    /// <summary>The same scenario with the rules that ship.</summary>
    public Variant Sound =>
        Variant.Shipped with { Scenario = Variant.Scenario, Keyspaces = Variant.Keyspaces, Merging = Variant.Merging };

    /// <summary>Runs a seed in the lab that the canary's scenario is of.</summary>
    public RunOutcome Execute(ulong seed, Variant variant) => Labs.Lab.Execute(Lab, seed, variant, null);
}
