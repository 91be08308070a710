using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Merging;

/// <summary>What every node shows of every key when all is over.</summary>
internal sealed class FinalReads(MergePlan plan)
{
    private readonly Dictionary<(string Key, OperationKind Kind), (NodeId Node, string? Reply)> _shown = [];
    private string? _difference;

    public IEnumerable<Wish> Wishes => MergeWorkload.Keys.Select(k => new Wish(OperationKind.Read, k, null, KeyKinds.ReadOf(k)))
        .Concat(MergeWorkload.Keys.Where(k => KeyKinds.Of(k) == "register").Select(k => new Wish(OperationKind.Get, k)));

    /// <summary>All that is there under the key.</summary>
    public HashSet<string> Values(string key) => KeyKinds.Values(key, _shown[(key, OperationKind.Read)].Reply);

    public string? Text(string key, OperationKind kind = OperationKind.Read) => _shown[(key, kind)].Reply;

    public void Add(NodeId node, Operation read)
    {
        // What has an end may be over by the clock of one and not yet by that of another.
        if (_shown.TryAdd((read.Key, read.Kind), (node, read.Result)) || KeyKinds.Of(read.Key) == "ttl") return;
        var (first, reply) = _shown[(read.Key, read.Kind)];
        var isEqual = read.Kind == OperationKind.Get || KeyKinds.IsSum(read.Key)
            ? reply == read.Result : KeyKinds.Values(read.Key, reply).SetEquals(KeyKinds.Values(read.Key, read.Result));
        if (!isEqual) _difference ??= $"{read.Key} is '{reply}' when {first} is asked and '{read.Result}' when {node} is";
    }

    public void RequireEqual()
    {
        if (_difference is not null) throw new ConvergenceFailure($"{_difference} ({plan.Policy.Conflicts})");
    }
}
