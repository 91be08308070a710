namespace Quorate.Simulation;

/// <summary>What one run did and found.</summary>
internal sealed class RunOutcome
{
    /// <summary>Null when nothing was wrong.</summary>
    public string? Failure { get; set; }

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
}
