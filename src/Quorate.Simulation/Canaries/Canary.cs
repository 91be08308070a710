using Quorate.Replication;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Canaries;

/// <summary>A variant that is broken on purpose, with the seeds within which it must be caught.</summary>
internal sealed record Canary(string Name, string Rule, int SeedBudget, Variant Variant)
{
    private string Lab => Variant.Merging is not null ? "multileader" : Variant.Keyspaces is not null ? "control" : "raft";

    /// <summary>Runs a seed in the lab that the canary's scenario is of.</summary>
    public RunOutcome Execute(ulong seed, Variant variant) => Labs.Lab.Execute(Lab, seed, variant, null);
}
