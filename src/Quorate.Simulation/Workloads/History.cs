using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Workloads;

/// <summary>Every operation of one run, and the count of what became of them.</summary>
/// <param name="counts">Shared with other histories of the run; null: counts of its own.</param>
internal sealed class History(OperationCounts? counts = null)
{
    private readonly List<Operation> _operations = [];

    public IReadOnlyList<Operation> Operations => _operations;

    public OperationCounts Counts { get; } = counts ?? new();

    public void Add(Operation operation) => _operations.Add(operation);

    /// <summary>An operation ended, with the first word of an error or "lost" for one whose client gave up.</summary>
    public void Count(Operation operation, string? why) => Counts.Add(operation, why);
}

/// <summary>Operations by outcome.</summary>
public sealed class OperationCounts
{
    private readonly SortedDictionary<string, long> _why = new(StringComparer.Ordinal);

    public long Ok { get; private set; }

    public long Failed { get; private set; }

    public long Unknown { get; private set; }

    public long Total => Ok + Failed + Unknown;

    /// <summary>Why operations were not executed or not known to be: error words, and "lost" for silence.</summary>
    public IReadOnlyDictionary<string, long> Reasons => _why;

    internal void Add(Operation operation, string? why)
    {
        if (operation.Outcome == OperationOutcome.Ok) Ok++;
        else if (operation.Outcome == OperationOutcome.Failed) Failed++;
        else Unknown++;
        if (why is not null) _why[why] = _why.GetValueOrDefault(why) + 1;
    }

    public void Add(OperationCounts other)
    {
        Ok += other.Ok;
        Failed += other.Failed;
        Unknown += other.Unknown;
        foreach (var (why, count) in other._why) _why[why] = _why.GetValueOrDefault(why) + count;
    }

    public override string ToString() => $"{Ok} ok, {Failed} failed, {Unknown} unknown"
        + (_why.Count == 0 ? "" : $" ({string.Join(", ", _why.Select(p => $"{p.Key} {p.Value}"))})");
}
