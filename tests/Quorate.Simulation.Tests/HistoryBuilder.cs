using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Tests;

/// <summary>Histories written by hand, one operation a line.</summary>
internal sealed class HistoryBuilder
{
    public List<Operation> Operations { get; } = [];

    public HistoryBuilder Ok(long from, long to, OperationKind kind, string key, string? argument, string? result)
    {
        Operations.Add(new Operation
        {
            Client = Operations.Count,
            Kind = kind,
            Key = key,
            Argument = argument,
            Invoked = from,
            Returned = to,
            Outcome = OperationOutcome.Ok,
            Result = result,
        });
        return this;
    }

    public HistoryBuilder Set(long from, long to, string value, string key = "k") =>
        Ok(from, to, OperationKind.Set, key, value, "OK");

    public HistoryBuilder Get(long from, long to, string? seen, string key = "k") =>
        Ok(from, to, OperationKind.Get, key, null, seen);

    public HistoryBuilder Unknown(long from, OperationKind kind, string? argument, string key = "k")
    {
        Operations.Add(new Operation { Client = Operations.Count, Kind = kind, Key = key, Argument = argument, Invoked = from });
        return this;
    }

    public HistoryBuilder Failed(long from, long to, OperationKind kind, string? argument, string key = "k")
    {
        Operations.Add(new Operation
        {
            Client = Operations.Count,
            Kind = kind,
            Key = key,
            Argument = argument,
            Invoked = from,
            Returned = to,
            Outcome = OperationOutcome.Failed,
        });
        return this;
    }

    public VerdictKind Check() => LinearizabilityChecker.Check(Operations).Kind;
}
