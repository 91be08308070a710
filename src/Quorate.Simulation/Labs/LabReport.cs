using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Workloads;

namespace Quorate.Simulation.Labs;

/// <summary>What one seed, or many together, did and found.</summary>
public sealed class LabReport
{
    private readonly List<(ulong Seed, string Why)> _failures = [];

    public long Seeds { get; private set; }

    /// <summary>Seeds that found something, with what they found.</summary>
    public IReadOnlyList<(ulong Seed, string Why)> Failures => _failures;

    public bool IsOk => _failures.Count == 0;

    public FaultCounts Faults { get; } = new();

    public OperationCounts Operations { get; } = new();

    public long Steps { get; private set; }

    /// <summary>Time that passed in the simulated worlds, in nanoseconds.</summary>
    public long VirtualNanoseconds { get; private set; }

    /// <summary>Times that all invariants of a node, and those across nodes, were checked.</summary>
    public long InvariantChecks { get; private set; }

    /// <summary>Committed entries compared between nodes.</summary>
    public long EntriesCompared { get; private set; }

    public long Elections { get; private set; }

    public long Snapshots { get; private set; }

    /// <summary>Times that another node began to order a keyspace's writes.</summary>
    public long Failovers { get; private set; }

    /// <summary>Acknowledged writes that a fail-over cut off, as their policy allows.</summary>
    public long AcknowledgedAndLost { get; private set; }

    /// <summary>Entries that were in a lost-and-found at the end.</summary>
    public long LostAndFound { get; private set; }

    /// <summary>Entries that could only be counted.</summary>
    public long UnlistedLosses { get; private set; }

    /// <summary>Histories found linearizable.</summary>
    public long HistoriesValid { get; private set; }

    /// <summary>Histories that could not be decided within the bound of the search.</summary>
    public long HistoriesUnknown { get; private set; }

    public long CheckedOperations { get; private set; }

    /// <summary>Writes that replicas whose data merges have executed and that the end was checked against.</summary>
    public long Updates { get; private set; }

    /// <summary>Reads whose answers were checked for what they had to show.</summary>
    public long ReadsChecked { get; private set; }

    /// <summary>Runs executed a second time whose traces were equal.</summary>
    public long TracesEqual { get; private set; }

    internal void Add(ulong seed, RunOutcome first, RunOutcome? second)
    {
        Seeds++;
        Faults.Add(first.Faults);
        Operations.Add(first.Operations);
        Steps += first.Steps;
        VirtualNanoseconds += first.VirtualNanoseconds;
        InvariantChecks += first.InvariantChecks;
        EntriesCompared += first.EntriesCompared;
        Elections += first.Elections;
        Snapshots += first.Snapshots;
        Failovers += first.Failovers;
        AcknowledgedAndLost += first.AcknowledgedAndLost;
        LostAndFound += first.LostAndFound;
        UnlistedLosses += first.UnlistedLosses;
        CheckedOperations += first.CheckedOperations;
        Updates += first.Updates;
        ReadsChecked += first.ReadsChecked;
        if (first.Failure is not null) _failures.Add((seed, first.Failure));
        else if (first.Verdict == VerdictKind.Valid) HistoriesValid++;
        else HistoriesUnknown++;
        if (second is null) return;
        if (first.TraceHash == second.TraceHash && first.Steps == second.Steps) TracesEqual++;
        else _failures.Add((
            seed, $"not deterministic: two runs ended with traces {first.TraceHash:x16} after {first.Steps} steps "
            + $"and {second.TraceHash:x16} after {second.Steps} steps"));
    }

    internal void Add(LabReport other)
    {
        Seeds += other.Seeds;
        Faults.Add(other.Faults);
        Operations.Add(other.Operations);
        Steps += other.Steps;
        VirtualNanoseconds += other.VirtualNanoseconds;
        InvariantChecks += other.InvariantChecks;
        EntriesCompared += other.EntriesCompared;
        Elections += other.Elections;
        Snapshots += other.Snapshots;
        Failovers += other.Failovers;
        AcknowledgedAndLost += other.AcknowledgedAndLost;
        LostAndFound += other.LostAndFound;
        UnlistedLosses += other.UnlistedLosses;
        CheckedOperations += other.CheckedOperations;
        Updates += other.Updates;
        ReadsChecked += other.ReadsChecked;
        HistoriesValid += other.HistoriesValid;
        HistoriesUnknown += other.HistoriesUnknown;
        TracesEqual += other.TracesEqual;
        _failures.AddRange(other._failures);
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"faults      {Faults.Total}: {Faults}");
        output.WriteLine($"operations  {Operations.Total}: {Operations}");
        output.WriteLine($"cluster     {Elections} elections, {Failovers} fail-overs, {Snapshots} snapshots, {Steps} steps");
        if (LostAndFound + UnlistedLosses > 0)
            output.WriteLine(
                $"losses      {AcknowledgedAndLost} acknowledged writes lost as their policies allow; {LostAndFound} entries "
                    + $"in a lost-and-found, {UnlistedLosses} counted only");
        if (Updates > 0)
            output.WriteLine(
                $"merges      {Updates} writes executed and looked for in the end, {ReadsChecked} reads checked for what they "
                    + $"had to show");
        output.WriteLine($"checks      {InvariantChecks} invariant checks, {EntriesCompared} committed entries compared, "
            + $"{HistoriesValid} histories linearizable, {HistoriesUnknown} undecided ({CheckedOperations} operations), "
            + $"{TracesEqual} traces equal twice");
        output.WriteLine($"time        {VirtualNanoseconds / 3.6e12:0.00} virtual hours");
    }
}
