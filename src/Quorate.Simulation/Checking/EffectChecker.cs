using System.Globalization;

namespace Quorate.Simulation.Checking;

/// <summary>
/// Counts acknowledged writes in the final state: every acknowledged one exactly once, every unknown one at most once,
/// every failed one never. Weaker than linearizability, but it always decides, and it says in plain words what was lost.
/// </summary>
public static class EffectChecker
{
    /// <summary>A key on which only INCR (by one) and GET were used: its final value counts the increments.</summary>
    public static string? CheckCounter(string key, IEnumerable<Operation> history, string? final)
    {
        long acknowledged = 0, unknown = 0;
        foreach (var operation in history)
        {
            if (operation.Key != key || operation.Kind != OperationKind.Increment) continue;
            if (operation.Outcome == OperationOutcome.Ok) acknowledged++;
            else if (operation.Outcome == OperationOutcome.Unknown) unknown++;
        }

        var value = long.Parse(final ?? "0", CultureInfo.InvariantCulture);
        if (value < acknowledged)
            return $"{key}: {acknowledged} increments were acknowledged, the final value is {value}: writes lost";
        return value <= acknowledged + unknown
            ? null
            : $"{key}: {acknowledged} increments acknowledged and {unknown} unknown, but the final value is {value}: applied "
                + $"twice";
    }

    /// <summary>A key on which only APPEND of unique tokens (each ends with <c>;</c>) and GET were used.</summary>
    public static string? CheckAppends(string key, IEnumerable<Operation> history, string? final)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in (final ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            if (!seen.TryAdd(token + ";", 1)) seen[token + ";"]++;

        foreach (var operation in history)
        {
            if (operation.Key != key || operation.Kind != OperationKind.Append) continue;
            seen.Remove(operation.Argument!, out var count);
            if (count > 1) return $"{key}: applied {count} times: {operation}";
            if (count == 0 && operation.Outcome == OperationOutcome.Ok) return $"{key}: acknowledged and lost: {operation}";
            if (count == 1 && operation.Outcome == OperationOutcome.Failed)
                return $"{key}: said to have failed, yet applied: {operation}";
        }

        return seen.Count == 0 ? null : $"{key}: holds {seen.First().Key}, which no client wrote";
    }
}
