using System.Diagnostics;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>The history of all clients of one run. Thread-safe.</summary>
internal sealed class Recorder
{
    private readonly Lock _lock = new();
    private readonly List<Operation> _operations = [];
    private readonly List<(long At, Operation Operation)> _acknowledgedWrites = [];
    private long _stamp;

    /// <summary>A stamp that is taken later is larger: the order of stamps is an order in real time.</summary>
    public Operation Begin(int client, OperationKind kind, string key, string? argument)
    {
        var operation = new Operation
        {
            Client = client,
            Kind = kind,
            Key = key,
            Argument = argument,
            Invoked = Interlocked.Increment(ref _stamp),
        };
        lock (_lock) _operations.Add(operation);
        return operation;
    }

    public void End(Operation operation, OperationOutcome outcome, string? result)
    {
        // What is unknown never returns, as far as a checker is concerned.
        if (outcome == OperationOutcome.Unknown) return;
        operation.Returned = Interlocked.Increment(ref _stamp);
        operation.Result = result;
        operation.Outcome = outcome;
        if (outcome != OperationOutcome.Ok || operation.IsRead) return;
        lock (_lock) _acknowledgedWrites.Add((Stopwatch.GetTimestamp(), operation));
    }

    /// <summary>Call when no client runs any more.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    public int Count(OperationOutcome outcome)
    {
        lock (_lock) return _operations.Count(o => o.Outcome == outcome);
    }

    /// <summary>Writes and when each was acknowledged. Call when no client runs any more.</summary>
    public IReadOnlyList<(long At, Operation Operation)> Acknowledged => _acknowledgedWrites;

    public int AcknowledgedWrites
    {
        get
        {
            lock (_lock) return _acknowledgedWrites.Count;
        }
    }

    /// <summary>Longest time in seconds, between the given moment and now, in which no client had a write acknowledged.</summary>
    public double LongestGapSince(long timestamp)
    {
        lock (_lock)
        {
            var (last, longest) = (timestamp, 0L);
            foreach (var moment in _acknowledgedWrites
                .Select(a => a.At).Where(m => m >= timestamp).Append(Stopwatch.GetTimestamp()))
            {
                longest = Math.Max(longest, moment - last);
                last = moment;
            }

            return longest / (double)Stopwatch.Frequency;
        }
    }
}
