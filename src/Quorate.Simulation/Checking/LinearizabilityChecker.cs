using System.Text;

namespace Quorate.Simulation.Checking;

/// <summary>
/// Decides whether a history is linearizable: whether every operation can be given one moment between its invocation
/// and its return such that executing them in that order, one at a time, gives the answers that the clients saw.
/// Linearizability is local, so each key is checked on its own (P-compositionality). [Herlihy-Wing 1990; Lowe 2017]
/// Operations of unknown outcome may take effect at any time after their invocation, or never.
/// </summary>
public static class LinearizabilityChecker
{
    /// <param name="history">Operations in any order; failed ones are ignored, they promise to have had no effect.</param>
    /// <param name="maxSteps">Bound on the search, per key; beyond it the verdict is unknown.</param>
    public static Verdict Check(IEnumerable<Operation> history, long maxSteps = 2_000_000)
    {
        var byKey = new SortedDictionary<string, List<Operation>>(StringComparer.Ordinal);
        foreach (var operation in history)
        {
            if (operation.Outcome == OperationOutcome.Failed) continue;
            if (operation.Outcome == OperationOutcome.Unknown && operation.IsRead) continue; // says nothing, does nothing
            if (!byKey.TryGetValue(operation.Key, out var list)) byKey.Add(operation.Key, list = []);
            list.Add(operation);
        }

        var unknown = default(Verdict?);
        foreach (var (key, operations) in byKey)
        {
            var search = new LinearizationSearch(operations);
            var kind = search.Run(maxSteps);
            if (kind == VerdictKind.Invalid) return new Verdict(kind, Explain(key, search));
            if (kind == VerdictKind.Unknown) unknown ??= new Verdict(kind, $"key {key}: not decided in {maxSteps} steps");
        }

        return unknown ?? Verdict.Valid;
    }

    private static string Explain(string key, LinearizationSearch search)
    {
        var text = new StringBuilder();
        text.Append("key ").Append(key).Append(": not linearizable; the longest order found ends with ");
        text.Append(search.BestState ?? "nil").AppendLine(" and cannot go on with any of");
        foreach (var operation in search.Stuck().Take(12)) text.Append("  ").AppendLine(operation.ToString());
        text.AppendLine("the last operations that could be ordered:");
        foreach (var operation in search.BestOrder.TakeLast(6)) text.Append("  ").AppendLine(operation.ToString());
        return text.ToString();
    }
}
