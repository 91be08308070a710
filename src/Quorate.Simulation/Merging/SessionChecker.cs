using System.Globalization;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Merging;

/// <summary>
/// What reads may show, as soon as they are answered. Where reads see writes: all that was acknowledged before they began. Where
/// they are linearizable: also all that an earlier read has shown. With leaders: whatever a connection is shown, it is shown all
/// that the client which wrote it had been shown, and never less than before.
/// </summary>
internal sealed class SessionChecker(MergePlan plan, MergeOperations operations)
{
    private readonly Dictionary<(int, long), HashSet<(string Key, string Value)>> _pasts = [];
    private readonly Dictionary<(string Key, string Value), HashSet<(string Key, string Value)>> _pastOf = [];
    private readonly Dictionary<Operation, bool> _isHere = [];
    private readonly Dictionary<string, List<Operation>> _removals = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Key, string Value), long> _mustShow = [];
    private readonly Dictionary<(string Key, string Value), long> _mustHide = [];
    private readonly Dictionary<string, List<Operation>> _sums = new(StringComparer.Ordinal);

    public long ReadsChecked { get; private set; }

    public void OnAsked(SimNode node, Operation operation)
    {
        var words = operation.Words is { } said ? KeyKinds.Bare(said) : [];
        if (KeyKinds.Of(operation.Key) == "counter" && !operation.IsRead) ListOf(_sums, operation.Key).Add(operation);
        if (KeyKinds.Of(operation.Key) != "set") return;
        if (words is ["SREM" or "DEL", ..]) ListOf(_removals, operation.Key).Add(operation);
        if (!plan.IsMultiLeader || plan.Forgets) return;
        _isHere[operation] = IsHere(node);
        if (words is ["SADD", _, var value] && _isHere[operation]) _pastOf[(operation.Key, value)] = [.. PastOf(operation)];
    }

    public void OnAnswered(SimNode node, Operation operation)
    {
        if (operation.Outcome != OperationOutcome.Ok) return;
        var isWeak = operation.Words is ["QUORUM", ..];
        var words = operation.Words is { } said ? KeyKinds.Bare(said) : [];
        if (plan.ReadsSeeWrites && !isWeak && KeyKinds.Of(operation.Key) == "counter" && operation.IsRead) CheckSum(operation);
        if (KeyKinds.Of(operation.Key) != "set") return;
        if (operation.IsRead)
        {
            var shown = KeyKinds.Values(operation.Key, operation.Result);
            if (plan.ReadsSeeWrites && !isWeak) CheckNewest(operation, shown);
            if (plan.IsMultiLeader) CheckCausality(node, operation, shown);
        }
        else if (words is ["SADD", _, var value])
        {
            if (!isWeak) _mustShow.TryAdd((operation.Key, value), operation.Returned);
            if (_isHere.GetValueOrDefault(operation)) PastOf(operation).Add((operation.Key, value));
        }
        else if (words is ["SREM", _, var gone] && operation.Result == "1" && !isWeak)
        {
            _mustHide.TryAdd((operation.Key, gone), operation.Returned);
        }
    }

    private void CheckNewest(Operation read, HashSet<string> shown)
    {
        ReadsChecked++;
        foreach (var ((key, value), since) in _mustShow)
        {
            if (key != read.Key || since > read.Invoked || shown.Contains(value) || MayBeRemoved(key, value, read)) continue;
            throw new SessionFailure($"{value} was acknowledged, or shown, at {since}, and is not shown by {read}");
        }

        foreach (var value in shown)
        {
            if (_mustHide.TryGetValue((read.Key, value), out var since) && since < read.Invoked)
                throw new SessionFailure($"{value} was removed at {since} and is shown by {read}");
            if (plan.IsLinearizable)
                _mustShow[(read.Key, value)] = Math.Min(
                    _mustShow.GetValueOrDefault((read.Key, value), long.MaxValue), read.Returned);
        }
    }

    private void CheckSum(Operation read)
    {
        ReadsChecked++;
        long low = 0, high = 0;
        foreach (var write in ListOf(_sums, read.Key))
        {
            if (write.Outcome == OperationOutcome.Failed || write.Invoked > read.Returned) continue;
            var amount = MergeChecker.AmountOf(write);
            var isCertain = write.Outcome == OperationOutcome.Ok
                && write.Returned < read.Invoked && write.Words is not ["QUORUM", ..];
            low += isCertain ? amount : Math.Min(0, amount);
            high += isCertain ? amount : Math.Max(0, amount);
        }

        var sum = long.Parse(read.Result ?? "0", CultureInfo.InvariantCulture);
        if (sum < low || sum > high) throw new SessionFailure($"earlier additions add up to {low} to {high}: {read}");
    }

    private void CheckCausality(SimNode node, Operation read, HashSet<string> shown)
    {
        if (!_isHere.GetValueOrDefault(read) || !IsHere(node)) return;
        ReadsChecked++;
        var past = PastOf(read);
        foreach (var value in shown)
        {
            past.Add((read.Key, value));
            if (_pastOf.TryGetValue((read.Key, value), out var before)) past.UnionWith(before);
        }

        foreach (var (key, value) in past)
            if (key == read.Key && !shown.Contains(value) && !MayBeRemoved(key, value, read))
                throw new SessionFailure(
                    $"{read} does not show {value}, which the writer of a shown value, or this connection, had been shown "
                        + $"before");
    }

    private bool MayBeRemoved(string key, string value, Operation read) => ListOf(_removals, key).Any(r =>
        r.Outcome != OperationOutcome.Failed
            && r.Invoked < read.Returned && (KeyKinds.Bare(r.Words!) is ["DEL", ..] || KeyKinds.Bare(r.Words!)[2] == value));

    /// <summary>The node's own replica answers, and shows nothing without what it depends on.</summary>
    private bool IsHere(SimNode node) =>
        operations.ReplicaOn(node) is { Replica: MultiLeaderReplica { IsLeader: true, Knowledge.IsCausal: true } };

    private HashSet<(string Key, string Value)> PastOf(Operation operation)
    {
        if (!_pasts.TryGetValue(operation.Session, out var past)) _pasts.Add(operation.Session, past = []);
        return past;
    }

    private static List<Operation> ListOf(Dictionary<string, List<Operation>> lists, string key)
    {
        if (!lists.TryGetValue(key, out var list)) lists.Add(key, list = []);
        return list;
    }
}
