using Quorate.Replication;

namespace Quorate.Simulation;

/// <summary>A variant that is broken on purpose, with the seeds within which it must be caught.</summary>
internal sealed record Canary(string Name, string Rule, int SeedBudget, Variant Variant)
{
    /// <summary>Runs a seed in the lab that the canary's scenario is of.</summary>
    public RunOutcome Execute(ulong seed, Variant variant) => Lab.Execute(Variant.Keyspaces is null ? "raft" : "control", seed, variant, null);
}
