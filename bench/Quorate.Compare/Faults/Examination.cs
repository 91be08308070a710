using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>Holds what clients were told against what the cluster says at the end.</summary>
internal static class Examination
{
    private const int Batch = 500;

    /// <summary>Prints the findings; true when nothing that was promised is broken.</summary>
    public static bool Passes(ServerCluster cluster, Recorder recorder)
    {
        var operations = recorder.Operations;
        var acknowledged = operations.Count(o => o.Outcome == OperationOutcome.Ok && !o.IsRead);
        var missing = MissingMarks(cluster, operations);
        var twice = CountersAcknowledgedTwice(operations);
        var wrong = WrongCounters(cluster, operations);
        var registers = operations.Where(o => o.Key.StartsWith(FaultClient.RegisterPrefix, StringComparison.Ordinal)).ToList();
        var verdict = LinearizabilityChecker.Check(registers);

        Console.WriteLine(
            $"operations: {operations.Count}, ok {recorder.Count(OperationOutcome.Ok)}, failed "
                + $"{recorder.Count(OperationOutcome.Failed)}, unknown {recorder.Count(OperationOutcome.Unknown)}");
        Console.WriteLine($"acknowledged writes: {acknowledged}, missing: {missing.Count}{Some(missing)}");
        Console.WriteLine(
            $"counter values acknowledged twice: {twice.Count}{Some(twice)}; counters out of bounds: {wrong.Count}{Some(wrong)}");
        Console.WriteLine(
            $"linearizability of {registers.Select(o => o.Key).Distinct().Count()} registers, {registers.Count} operations: "
                + $"{verdict.Kind} {verdict.Why}");
        if (acknowledged == 0) Console.WriteLine("nothing was acknowledged: this run tested nothing");
        return acknowledged > 0
            && missing.Count == 0 && twice.Count == 0 && wrong.Count == 0 && verdict.Kind != VerdictKind.Invalid;
    }

    /// <summary>Marks are written once each: an acknowledged one must be there with its value.</summary>
    private static List<string> MissingMarks(ServerCluster cluster, IReadOnlyList<Operation> operations)
    {
        var missing = new List<string>();
        using var client = RespClient.Connect(cluster.Ports[cluster.RequireLeader()], 30_000);
        foreach (var batch in operations
            .Where(o => o.Outcome == OperationOutcome.Ok && o.Key.StartsWith(FaultClient.MarkPrefix, StringComparison.Ordinal))
            .Chunk(Batch))
        {
            foreach (var mark in batch) client.Queue("GET", mark.Key);
            client.Flush();
            foreach (var mark in batch)
            {
                var reply = client.Read();
                if (reply.IsError) throw new InvalidOperationException($"the examination could not read: {reply.Text}");
                if (reply.Text != mark.Argument) missing.Add(mark.Key);
            }
        }

        return missing;
    }

    /// <summary>Each value of a counter may be told to one client only.</summary>
    private static List<string> CountersAcknowledgedTwice(IReadOnlyList<Operation> operations) =>
        [.. Increments(operations)
            .Where(o => o.Outcome == OperationOutcome.Ok).GroupBy(o => (o.Key, o.Result)).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key.Key}={g.Key.Result}")];

    private static List<string> WrongCounters(ServerCluster cluster, IReadOnlyList<Operation> operations)
    {
        var wrong = new List<string>();
        using var client = RespClient.Connect(cluster.Ports[cluster.RequireLeader()], 30_000);
        foreach (var counter in Increments(operations).GroupBy(o => o.Key))
        {
            var reply = client.Call("GET", counter.Key);
            if (reply.IsError) throw new InvalidOperationException($"the examination could not read: {reply.Text}");
            if (EffectChecker.CheckCounter(counter.Key, counter, reply.IsNull ? null : reply.Text) is { } why) wrong.Add(why);
        }

        return wrong;
    }

    private static IEnumerable<Operation> Increments(IReadOnlyList<Operation> operations) =>
        operations.Where(o => o.Kind == OperationKind.Increment);

    private static string Some(List<string> items) => items.Count == 0 ? "" : $" ({string.Join(", ", items.Take(5))})";
}
