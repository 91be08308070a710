using Quorate.Replication;

namespace Quorate.Cluster.Maps;

/// <summary>How many replicas hold a write that was acknowledged; all that a fail-over is safe by. Pure.</summary>
internal static class HoldersRule
{
    /// <summary>In-sync replicas that certainly hold a write acknowledged under the policy; 0: nothing but the leader's
    /// word.</summary>
    public static int HoldersOf(Policy policy) => policy.Ack switch
    {
        _ when policy.IsMerging => 0, // there is no fail-over to be safe by
        Ack.Async => 0,
        Ack.SemiSync => policy.AckBackups + 1,
        Ack.Sync => policy.MinInSync,
        _ => (policy.Replicas / 2) + 1,
    };

    /// <summary>The fewer of two, where 0 is no promise.</summary>
    public static int Fewer(int a, int b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);

    /// <summary>True when nothing of earlier configurations has to be remembered.</summary>
    public static bool IsSettled(GroupEntry group)
    {
        var inSync = group.Configuration.InSync;
        return IsSame(group.Counted, inSync)
            && group.FewestHolders == HoldersOf(group.Policy)
            && (group.Policy.Ack != Ack.Sync || IsSame(group.Complete, inSync));
    }

    /// <summary>
    /// The group after it takes this configuration (and policy). Counted replicas only grow here. Complete ones only
    /// shrink: a replica that has just come into sync lacks what the leader acknowledged before it heard of that. A leader
    /// named after a seal is complete, or it would not have been named.
    /// </summary>
    public static GroupEntry After(GroupEntry group, GroupConfiguration next, Policy policy)
    {
        if (policy.IsMerging) return Settled(group with { Configuration = next, Policy = policy });
        var wasSync = group.Policy.Ack == Ack.Sync;
        var isSync = policy.Ack == Ack.Sync;
        IReadOnlyList<NodeId> complete = !isSync || !wasSync ? []
            : group.IsSealed && !next.Leader.IsNone && !group.Complete.Contains(next.Leader) ? [next.Leader]
            : MayAcknowledge(policy, next) ? [.. group.Complete.Where(next.InSync.Contains)]
            : group.Complete;
        return group with
        {
            Configuration = next,
            Policy = policy,
            Complete = complete,
            Counted = [.. group.Counted.Union(next.InSync).OrderBy(n => n.Value)],
            FewestHolders = Fewer(group.FewestHolders, HoldersOf(policy)),
        };
    }

    /// <summary>The group once every acknowledged write is held as the rule in force says.</summary>
    public static GroupEntry Settled(GroupEntry group) => group with
    {
        Complete = group.Policy.Ack == Ack.Sync ? [.. group.Configuration.InSync.OrderBy(n => n.Value)] : [],
        Counted = [.. group.Configuration.InSync.OrderBy(n => n.Value)],
        FewestHolders = HoldersOf(group.Policy),
    };

    /// <summary>With ack sync: false while too few are in sync, when the leader acknowledges nothing.</summary>
    public static bool MayAcknowledge(Policy policy, GroupConfiguration configuration) =>
        configuration.InSync.Count >= policy.MinInSync || policy.WhenShort == WhenShort.Degrade;

    private static bool IsSame(IReadOnlyList<NodeId> a, IReadOnlyList<NodeId> b) => a.Count == b.Count && a.All(b.Contains);
}
