using System.Globalization;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Workloads;

namespace Quorate.Simulation.Keyspaces;

/// <summary>
/// Checks a keyspace's history by what its policy promises. Where no write may be lost: every acknowledged one is there once, and
/// what clients saw is linearizable. Where a fail-over may cut some off: each of those is in some node's lost-and-found, and keys
/// that none of the entries in there is about have lost nothing and are linearizable all the same.
/// </summary>
/// <param name="plan">The promise.</param>
/// <param name="operations">All that clients asked of the keyspace.</param>
/// <param name="final">The value of each key when all was over.</param>
/// <param name="lost">The payloads in the lost-and-found of all nodes.</param>
/// <param name="hasUnlisted">Some were counted and could not be kept.</param>
internal sealed class KeyspaceChecker(
    KeyspacePlan plan,
    IReadOnlyList<Operation> operations, IReadOnlyDictionary<string, string?> final, IReadOnlyList<byte[]> lost, bool hasUnlisted)
{
    private bool MayVanish => plan.MayVanish || hasUnlisted;

    /// <summary>Acknowledged writes that are gone as the policy allows.</summary>
    public long AcknowledgedAndLost { get; private set; }

    public VerdictKind Verdict { get; private set; } = VerdictKind.Unknown;

    /// <returns>What is wrong; null: nothing.</returns>
    public SimulationFailure? Check(Workload workload)
    {
        foreach (var key in workload.Counters) if (CheckCounter(key) is { } why) return new EffectFailure($"{plan.Name}: {why}");
        foreach (var key in workload.Ledgers) if (CheckLedger(key) is { } why) return new EffectFailure($"{plan.Name}: {why}");
        var reading = plan.Guarantee.Reading(plan.Policy.Reads);
        var readsCount = reading is ReadPromise.Linearizable or ReadPromise.LinearizableUntilFailover;
        if (lost.Count > 0 && MayVanish) return null;
        var whole = new HashSet<string>(workload.Keys.Where(k => !lost.Any(l => Mentions(l, k))), StringComparer.Ordinal);
        var verdict = LinearizabilityChecker.Check(
            operations.Where(o => whole.Contains(o.Key) && (readsCount || !o.IsRead)), 300_000);
        Verdict = verdict.Kind;
        return verdict.Kind == VerdictKind.Invalid && !plan.MayVanish
            ? new LinearizabilityFailure($"{plan.Name}: {verdict.Why}") : null;
    }

    private string? CheckCounter(string key)
    {
        long acknowledged = 0, unknown = 0;
        foreach (var operation in operations)
        {
            if (operation.Key != key || operation.Kind != OperationKind.Increment) continue;
            if (operation.Outcome == OperationOutcome.Ok) acknowledged++;
            else if (operation.Outcome == OperationOutcome.Unknown) unknown++;
        }

        var value = long.Parse(final[key] ?? "0", CultureInfo.InvariantCulture);
        if (value > acknowledged + unknown)
            return $"{key}: {acknowledged} increments acknowledged and {unknown} unknown, but the final value is {value}: "
                + $"applied twice";
        if (value >= acknowledged || MayVanish) return null;
        if (!plan.MayLose) return $"{key}: {acknowledged} increments were acknowledged, the final value is {value}: writes lost";
        AcknowledgedAndLost += acknowledged - value;
        var kept = lost.Count(l => Mentions(l, key));
        return kept >= acknowledged - value
            ? null
            : $"{key}: {acknowledged} increments were acknowledged, the final value is {value}, and only {kept} are in a "
                + $"lost-and-found";
    }

    private string? CheckLedger(string key)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in (final[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            seen[token + ";"] = seen.GetValueOrDefault(token + ";") + 1;

        foreach (var operation in operations)
        {
            if (operation.Key != key || operation.Kind != OperationKind.Append) continue;
            seen.Remove(operation.Argument!, out var count);
            if (count > 1) return $"{key}: applied {count} times: {operation}";
            if (count == 1 && operation.Outcome == OperationOutcome.Failed)
                return $"{key}: said to have failed, yet applied: {operation}";
            if (count == 1 || operation.Outcome != OperationOutcome.Ok || MayVanish) continue;
            if (!plan.MayLose) return $"{key}: acknowledged and lost: {operation}";
            AcknowledgedAndLost++;
            // A shipped state writes a key's value right behind its name.
            if (!lost.Any(l => Mentions(l, operation.Argument!) || Mentions(l, key + operation.Argument)))
                return $"{key}: acknowledged and lost, and in no node's lost-and-found: {operation}";
        }

        return seen.Count == 0 ? null : $"{key}: holds {seen.First().Key}, which no client wrote";
    }

    /// <summary>The text occurs in it, not as the end of a longer number.</summary>
    private static bool Mentions(byte[] payload, string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        var isNumber = char.IsAsciiDigit(text[0]);
        for (var at = 0; at <= payload.Length - wanted.Length; at++)
        {
            var found = payload.AsSpan(at).IndexOf(wanted);
            if (found < 0) return false;
            at += found;
            if (at == 0 || !isNumber || !char.IsAsciiDigit((char)payload[at - 1])) return true;
        }

        return false;
    }
}
