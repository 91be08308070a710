using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Merging;

/// <summary>One run of a keyspace whose data merges: the world and its faults, and what is promised of the keyspace in
/// it.</summary>
internal sealed record MergePlan(Scenario World, Policy Policy)
{
    public const string Name = "m";

    public Guarantee Guarantee => Guarantee.Of(Policy);

    public ReadPromise Reading => Guarantee.Reading(Policy.Reads);

    public bool IsMultiLeader => Policy.Strategy == Strategy.MultiLeader;

    public bool IsLinearizable => Reading == ReadPromise.Linearizable;

    /// <summary>A read sees what was acknowledged before it began.</summary>
    public bool ReadsSeeWrites => Reading is ReadPromise.Linearizable or ReadPromise.Regular;

    /// <summary>Some commands choose their own R and W.</summary>
    public bool ChoosesQuorums { get; init; }

    /// <summary>What a replica that stopped had not told others is gone, removals too.</summary>
    public bool Forgets => IsMultiLeader && Policy.Durability == Durability.Memory;

    /// <summary>What a node had taken may be gone when it does not come back.</summary>
    public bool LosesWithNode => Guarantee.OneNode != Survival.Always || Policy.Sloppy || ChoosesQuorums;
}
