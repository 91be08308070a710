using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Keyspaces;

/// <summary>One keyspace of a run: what it promises, when it comes and whether it goes.</summary>
internal sealed record KeyspacePlan(string Name, Policy Policy)
{
    /// <summary>After the faults have begun, in virtual milliseconds; 0: before them.</summary>
    public int CreatedAfterMilliseconds { get; init; }

    /// <summary>In virtual milliseconds; 0: never.</summary>
    public int DroppedAfterMilliseconds { get; init; }

    public Guarantee Guarantee => Guarantee.Of(Policy);

    /// <summary>Acknowledged writes may be cut off at a fail-over; then they are in some node's lost-and-found.</summary>
    public bool MayLose => (Guarantee.Window & (LossWindow.Unshipped | LossWindow.WhileDegraded)) != 0;

    /// <summary>They may be gone for good: one stopped process can have held the only copy.</summary>
    public bool MayVanish => MayLose && Policy.Durability == Durability.Memory;

    public bool IsConfigured => Policy.Strategy.Leadership == Leadership.Named;
}

/// <summary>What a run of keyspaces is made of: the world and its faults, and the keyspaces in it.</summary>
/// <param name="World">Workload and times; strikes of the default group's own changes are not among its faults.</param>
internal sealed record KeyspaceScenario(Scenario World, IReadOnlyList<KeyspacePlan> Keyspaces);
