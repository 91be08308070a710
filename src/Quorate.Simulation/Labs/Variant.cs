using Quorate.Cluster;
using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Merging;

namespace Quorate.Simulation.Labs;

/// <summary>What a run is made with, but for its seed: a canary changes one of these.</summary>
internal sealed record Variant
{
    public static readonly Variant Shipped = new();

    public NodeRules Rules { get; init; } = NodeRules.Sound;

    public JournalRules Journal { get; init; } = new();

    /// <summary>The scenario for a seed's dice; null for a random one.</summary>
    public Func<Prng, Scenario>? Scenario { get; init; }

    /// <summary>The same for labs of keyspaces.</summary>
    public Func<Prng, KeyspaceScenario>? Keyspaces { get; init; }

    /// <summary>The same for labs of keyspaces whose data merges.</summary>
    public Func<Prng, MergePlan>? Merging { get; init; }

    /// <summary>Kinds of journal records that a restarted node does not know any more.</summary>
    public Predicate<byte>? Forgets { get; init; }
}
