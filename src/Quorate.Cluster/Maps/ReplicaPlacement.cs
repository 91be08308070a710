using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>Which nodes hold a group. Deterministic: the same nodes and load give the same choice.</summary>
public static class ReplicaPlacement
{
    /// <summary>The label over which replicas are spread as far as possible when the policy asks for none.</summary>
    private const string SpreadAnyway = "zone";

    /// <summary>Chooses <see cref="Policy.Holders"/> nodes that are up: first so that the values of the policy's label
    /// differ, then those that hold the fewest replicas, then the lowest ids. The order is a good one for a chain and
    /// its first node for a leader. The delayed replicas come behind those that count, then the cascaded: they are spread
    /// as far as possible, and never refused for it.</summary>
    /// <param name="load">Replicas that a node holds.</param>
    /// <param name="chosen">Empty when there are not enough nodes.</param>
    /// <returns>Why not; null when done.</returns>
    public static string? Choose(
        Policy policy, IEnumerable<NodeEntry> nodes, Func<NodeId, int> load, out IReadOnlyList<NodeId> chosen)
    {
        ArgumentNullException.ThrowIfNull(policy);
        chosen = [];
        var candidates = nodes.Where(n => n.State == NodeState.Up).ToList();
        if (PolicyCheck.Shortage(policy, [.. candidates.Select(n => n.Labels)]) is { } shortage) return shortage;
        var taken = new List<NodeEntry>();
        while (taken.Count < policy.Replicas) taken.Add(Next(policy, taken, candidates, load)!);
        while (taken.Count < policy.Holders) taken.Add(Next(policy, taken, candidates, load, isStandby: true)!);
        chosen = [.. taken.Select(n => n.Id)];
        return null;
    }

    /// <summary>The best further node for a group that <paramref name="staying"/> hold; null when there is none that the
    /// policy allows.</summary>
    public static NodeId? ChooseOne(
        Policy policy, IReadOnlyList<NodeEntry> staying, IEnumerable<NodeEntry> nodes, Func<NodeId, int> load)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Next(policy, staying, [.. nodes.Where(n => n.State == NodeState.Up)], load)?.Id;
    }

    /// <summary>The same for a replica that no acknowledgement waits for.</summary>
    public static NodeId? ChooseStandby(
        Policy policy, IReadOnlyList<NodeEntry> staying, IEnumerable<NodeEntry> nodes, Func<NodeId, int> load)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Next(policy, staying, [.. nodes.Where(n => n.State == NodeState.Up)], load, isStandby: true)?.Id;
    }

    private static NodeEntry? Next(
        Policy policy, IReadOnlyList<NodeEntry> taken, List<NodeEntry> candidates, Func<NodeId, int> load, bool isStandby = false)
    {
        var label = policy.Spread ?? SpreadAnyway;
        NodeEntry? best = null;
        var bestKey = (Crowd: int.MaxValue, Load: int.MaxValue, Id: int.MaxValue);
        foreach (var node in candidates)
        {
            if (taken.Any(t => t.Id == node.Id)) continue;
            var value = node.Labels.Of(label);
            var crowd = value is null ? 0 : taken.Count(t => t.Labels.Of(label) == value);
            // Where the policy insists, a node that does not differ, or does not say, is no candidate.
            if (policy.Spread is not null && !isStandby && (crowd > 0 || value is null)) continue;
            var key = (crowd, load(node.Id), node.Id.Value);
            if (key.CompareTo(bestKey) >= 0) continue;
            (best, bestKey) = (node, key);
        }

        return best;
    }
}
