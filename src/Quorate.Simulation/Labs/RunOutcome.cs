using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Labs;

/// <summary>What one run did and found.</summary>
internal sealed class RunOutcome
{
    /// <summary>Null when nothing was wrong.</summary>
    public string? Failure { get; set; }

    /// <summary>The type of the exception that ended the run: a <see cref="SimulationFailure"/> of the checker that found
    /// something, or any other where the node or the simulator itself has a bug. Null when nothing was wrong.</summary>
    public Type? FailedBy { get; set; }

    public ulong TraceHash { get; set; }

    public long Steps { get; set; }

    public long VirtualNanoseconds { get; set; }

    public long InvariantChecks { get; set; }

    public long EntriesCompared { get; set; }

    public long Elections { get; set; }

    public long Snapshots { get; set; }

    public long Failovers { get; set; }

    public long AcknowledgedAndLost { get; set; }

    public long LostAndFound { get; set; }

    public long UnlistedLosses { get; set; }

    public long CheckedOperations { get; set; }

    public long Updates { get; set; }

    public long ReadsChecked { get; set; }

    public VerdictKind Verdict { get; set; } = VerdictKind.Unknown;

    public required FaultCounts Faults { get; init; }

    public required OperationCounts Operations { get; init; }

    /// <summary>Runs to the end or to the first complaint; then reads off what every kind of run counts.</summary>
    /// <param name="cluster">What is run.</param>
    /// <param name="operations">What its clients ask.</param>
    /// <param name="run">All of the run; a complaint is a <see cref="SimulationFailure"/>.</param>
    /// <param name="policies">Those of the keyspaces: told with a complaint.</param>
    public static RunOutcome Of(SimCluster cluster, OperationCounts operations, Action<RunOutcome> run, string policies = "")
    {
        var world = cluster.World;
        var outcome = new RunOutcome { Faults = world.Faults, Operations = operations };
        try
        {
            run(outcome);
        }
        catch (SimulationFailure failure)
        {
            (outcome.Failure, outcome.FailedBy) = (failure.Message, failure.GetType());
            world.Log($"{cluster.Describe()}");
        }
        catch (Exception bug)
        {
            // nodes and journals are not to throw, whatever happens to them
            (outcome.Failure, outcome.FailedBy) = ($"stopped by {bug}", bug.GetType());
        }

        if (outcome.Failure is not null)
        {
            outcome.Failure = $"{outcome.Failure}\n{policies}".TrimEnd();
            world.Log($"FAILED: {outcome.Failure}");
        }

        outcome.TraceHash = world.TraceHash;
        outcome.Steps = world.Steps;
        outcome.VirtualNanoseconds = world.Now;
        outcome.InvariantChecks = cluster.Invariants.Checks;
        outcome.Snapshots = cluster.Nodes.Sum(n => n.SealedSnapshots);
        return outcome;
    }
}
