using Quorate.Replication;

namespace Quorate.Simulation;

/// <summary>A variant that is broken on purpose, with the seeds within which it must be caught.</summary>
internal sealed record Canary(string Name, string Rule, int SeedBudget, Variant Variant);
