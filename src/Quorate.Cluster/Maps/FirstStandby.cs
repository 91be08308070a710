using Quorate.Replication;

namespace Quorate.Cluster.Maps;

/// <summary>The replicas of a new group that no acknowledgement waits for.</summary>
internal static class FirstStandby
{
    /// <summary>Of a group that is made on these nodes: those that count come first, then the delayed, then the
    /// cascaded.</summary>
    public static Standby On(Policy policy, IReadOnlyList<NodeId> nodes)
    {
        if (policy.Delayed + policy.Cascaded == 0) return Standby.Nobody;
        var backups = nodes.Take(policy.Replicas).Skip(1).ToList();
        return new Standby(
            [.. nodes.Skip(policy.Replicas).Take(policy.Delayed)],
            [.. nodes
                .Skip(policy.Replicas + policy.Delayed)
                .Select((n, i) => new Feed(n, backups.Count > 0 ? backups[i % backups.Count] : default))]);
    }
}
