using System.Globalization;
using System.Text;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Crdt;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Merging;

/// <summary>
/// What must be there in the end, from what clients were told and what each write could see: every acknowledged value that nobody
/// replaced who knew it; none that somebody who knew it replaced or removed; sums to the unit.
/// </summary>
/// <param name="lost">Nodes that are gone for good.</param>
internal sealed class MergeChecker(
    MergePlan plan, IReadOnlyList<Operation> operations, UpdateLog updates, FinalReads final, IReadOnlySet<NodeId> lost)
{
    /// <param name="losses">Everything in the loss logs; null: some of them began anew with their node.</param>
    public void Check(IEnumerable<Loss>? losses)
    {
        foreach (var operation in operations)
            if (operation.Outcome == OperationOutcome.Failed && !operation.IsRead && updates.Of(operation) is { } update)
                throw new EffectFailure($"said to have failed, yet executed by {update.At}: {operation}");
        foreach (var key in MergeWorkload.Keys)
        {
            if (KeyKinds.Of(key) == "counter") CheckSum(key, null, final.Text(key));
            else if (KeyKinds.Of(key) == "reset") CheckReset(key);
            else CheckValues(key);
            if (KeyKinds.Of(key) == "hash") CheckSum(key, KeyKinds.Sum, SumField(final.Text(key)));
        }

        if (losses is not null && plan.Policy.Conflicts == ConflictRule.Lww) CheckLosses(losses.ToList());
    }

    private bool MayBeGone(Update update) =>
        plan.Forgets
            || (plan.LosesWithNode && lost.Contains(update.At)) || (plan.LosesWithNode && !plan.IsMultiLeader && lost.Count > 0);

    private bool ForgetsSome => plan.Forgets || (plan.LosesWithNode && lost.Count > 0);

    private void CheckValues(string key)
    {
        var shown = final.Values(key);
        var certainlyRemoved = CertainlyRemoved(key);
        foreach (var value in shown)
        {
            if (updates.OfValue(key, value) is null) throw new EffectFailure($"{key} holds {value}, which no client wrote");
            if (certainlyRemoved.TryGetValue(value, out var by))
                throw new EffectFailure($"{key} holds {value}, which was removed: {by}");
        }

        var mayExpire = KeyKinds.Of(key) == "ttl" && updates.OfKey(key).Any(u => u.Words[0] == "PEXPIRE");
        if (mayExpire) return;
        var removed = updates.OfKey(key).SelectMany(u => u.Removed).ToHashSet(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (operation.Key != key
                || operation.Outcome != OperationOutcome.Ok || operation.IsRead || updates.Of(operation) is not { } update)
                continue;
            var value = KeyKinds.Added(update.Words)!;
            if (shown.Contains(value) || removed.Contains(value) || MayBeGone(update) || IsHidden(key, update)) continue;
            throw new EffectFailure(
                $"{key}: acknowledged, replaced by no client, and not there: {operation}, executed by {update.At} as "
                    + $"{update.Dot}");
        }
    }

    /// <summary>Of a field's concurrent values one is shown; the others may go without anybody having been shown them.</summary>
    private bool IsHidden(string key, Update update)
    {
        if (KeyKinds.Of(key) is not ("hash" or "zset")) return false;
        var field = KeyKinds.Added(update.Words)!.Split('=')[0] + "=";
        foreach (var other in updates.OfKey(key))
        {
            if (other == update
                || KeyKinds.Added(other.Words) is not { } value || !value.StartsWith(field, StringComparison.Ordinal))
                continue;
            if (!other.Seen.Contains(update.Dot) && !update.Seen.Contains(other.Dot)) return true;
        }

        return false;
    }

    /// <summary>Values that an acknowledged write or removal saw and replaced, each with it.</summary>
    private Dictionary<string, Operation> CertainlyRemoved(string key)
    {
        var removed = new Dictionary<string, Operation>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (operation.Key != key || operation.Outcome != OperationOutcome.Ok || operation.IsRead) continue;
            var executions = updates.Of(operation) is { } own ? [own] : updates.Candidates(operation).ToList();
            if (executions.Count == 0 || executions.Any(MayBeGone)) continue;
            foreach (var value in executions.Skip(1).Aggregate(executions[0].Removed, (all, u) => all.Intersect(u.Removed)))
                removed.TryAdd(value, operation);
        }

        return removed;
    }

    private void CheckSum(string key, string? field, string? text)
    {
        long low = 0, high = 0;
        foreach (var operation in operations)
        {
            if (operation.Key != key || operation.Outcome == OperationOutcome.Failed || operation.IsRead) continue;
            if (field is not null && KeyKinds.Bare(operation.Words!)[0] != "HINCRBY") continue;
            var amount = AmountOf(operation);
            var isCertain = operation.Outcome == OperationOutcome.Ok && !ForgetsSome;
            low += isCertain ? amount : Math.Min(0, amount);
            high += isCertain ? amount : Math.Max(0, amount);
        }

        var sum = long.Parse(text ?? "0", CultureInfo.InvariantCulture);
        if (sum < low || sum > high)
            throw new EffectFailure($"{key} {field} is {sum}; acknowledged and uncertain operations add up to {low} to {high}");
    }

    /// <summary>A counter that is also removed: what a removal has seen is gone, what none has seen is there.</summary>
    private void CheckReset(string key)
    {
        var removals = updates.OfKey(key).Where(u => u.Words[0] == "DEL").ToList();
        var certain = operations.Where(o => o.Key == key
            && o.Outcome == OperationOutcome.Ok && o.Words is { } w && KeyKinds.Bare(w)[0] == "DEL")
            .Select(o => updates.Candidates(o).ToList()).Where(c => c.Count > 0 && !c.Any(MayBeGone)).ToList();
        long low = 0, high = 0;
        foreach (var addition in updates.OfKey(key))
        {
            if (addition.Words[0] != "INCRBY") continue;
            var amount = long.Parse(addition.Words[2], CultureInfo.InvariantCulture);
            if (!certain.Any(c => c.All(u => u.Seen.Contains(addition.Dot)))) high += amount;
            if (!removals.Any(r => r.Stamp > addition.Stamp) && !MayBeGone(addition) && IsAcknowledged(addition)) low += amount;
        }

        var sum = long.Parse(final.Text(key) ?? "0", CultureInfo.InvariantCulture);
        if (sum < low || sum > high)
            throw new EffectFailure($"{key} is {sum}; what no removal has seen adds up to {low} to {high}");
    }

    /// <summary>Some operation that can be no other's execution was answered.</summary>
    private bool IsAcknowledged(Update update)
    {
        var owners = operations.Where(o => o.Key == update.Key
            && o.Words is { } w && KeyKinds.Bare(w).SequenceEqual(update.Words) && o.Invoked < update.Stamp
            && update.Stamp < o.Returned).ToList();
        return owners.Count > 0 && owners.All(o => o.Outcome == OperationOutcome.Ok);
    }

    /// <summary>The last writer won: over whom is in the log of losses.</summary>
    private void CheckLosses(List<Loss> losses)
    {
        foreach (var key in MergeWorkload.Keys.Where(k => KeyKinds.Of(k) == "register"))
        {
            var shown = final.Text(key, OperationKind.Get);
            foreach (var value in final.Values(key))
                if (value != shown && !losses.Any(l => l.Part == Part.Text && Encoding.UTF8.GetString(l.Value.Value) == value))
                    throw new EffectFailure($"{key} is {shown}, which won over {value}, and no log of losses says so");
        }
    }

    public static long AmountOf(Operation operation)
    {
        var words = KeyKinds.Bare(operation.Words!);
        return words[0] switch
        {
            "INCR" => 1,
            "DECR" => -1,
            "INCRBY" => long.Parse(words[2], CultureInfo.InvariantCulture),
            "DECRBY" => -long.Parse(words[2], CultureInfo.InvariantCulture),
            "HINCRBY" => long.Parse(words[3], CultureInfo.InvariantCulture),
            _ => 0,
        };
    }

    private static string? SumField(string? pairs)
    {
        var lines = (pairs ?? "").Split('\n');
        var at = Array.IndexOf(lines, KeyKinds.Sum);
        return at < 0 ? null : lines[at + 1];
    }
}
