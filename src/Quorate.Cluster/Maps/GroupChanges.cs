using Quorate.Replication;

namespace Quorate.Cluster.Maps;

/// <summary>
/// What commands about a group's configuration do to the map: compare-and-set on its epoch. The checks here keep the map
/// sane whoever proposes; that nobody acts on the old configuration any more when a new leader is named is the
/// <see cref="Supervisor"/>'s part, because only it knows the leases.
/// </summary>
internal static class GroupChanges
{
    public static string? Find(ClusterMap map, SetConfiguration command, out Action? change)
    {
        change = null;
        if (map.Group(command.Group) is not { } group) return $"there is no group {command.Group}";
        var next = command.Configuration;
        if (group.Epoch != command.Expected || next.Epoch != group.Epoch.Next)
            return $"{command.Group} is at {group.Epoch}, not at {command.Expected}";
        var policy = command.AdoptPolicy && map.Keyspace(group.Keyspace) is { } keyspace ? keyspace.Policy : group.Policy;
        if (MemberProblem(map, group, next) is { } problem) return problem;
        if ((group.IsConfigured ? RoleProblem(group, next) : next.Leader.IsNone ? null :
            "this group elects its leader itself") is { } wrong)
            return wrong;
        var after = group.IsConfigured
            ? HoldersRule.After(group, next, policy) : HoldersRule.Settled(group with { Configuration = next, Policy = policy });
        if (group.Policy.Ack == Ack.Sync
            && policy.Ack == Ack.Sync && group.Complete.Count > 0 && after.Complete.Count == 0 && group.IsConfigured)
            return "this would leave no replica that certainly holds every acknowledged write";
        change = () => map.Put(after);
        return null;
    }

    public static string? Find(ClusterMap map, Seal command, out Action? change)
    {
        change = null;
        if (map.Group(command.Group) is not { IsConfigured: true, IsMerging: false } group)
            return $"there is no group {command.Group} whose leader the control plane names";
        if (group.Epoch != command.Expected) return $"{command.Group} is at {group.Epoch}, not at {command.Expected}";
        change = () =>
            map.Put(group with { Configuration = group.Configuration with { Epoch = group.Epoch.Next, Leader = default } });
        return null;
    }

    public static string? Find(ClusterMap map, Settle command, out Action? change)
    {
        change = null;
        if (map.Group(command.Group) is not { IsConfigured: true, IsMerging: false } group)
            return $"there is no group {command.Group} whose leader the control plane names";
        if (group.Epoch != command.Expected) return $"{command.Group} is at {group.Epoch}, not at {command.Expected}";
        if (group.IsSealed) return "the group has no leader, so nothing can be settled";
        if (group.Policy.Ack == Ack.Sync && !HoldersRule.MayAcknowledge(group.Policy, group.Configuration))
            return "too few replicas are in sync";
        if (HoldersRule.IsSettled(group)) return $"{command.Group} is settled already";
        change = () => map.Put(HoldersRule.Settled(group));
        return null;
    }

    private static string? MemberProblem(ClusterMap map, GroupEntry group, GroupConfiguration next)
    {
        NodeId[] members = [.. next.Members];
        if (next.InSync.Count == 0) return "a group has a replica in sync";
        if (members.Length > ControlLimits.MostMembers) return $"a group has at most {ControlLimits.MostMembers} replicas";
        if (members.Distinct().Count() < members.Length) return "a node holds one replica of a group";
        foreach (var node in members)
            if (!map.IsMember(node)) return $"{node} is not in the cluster";
        if (StandbyProblem(next) is { } problem) return problem;
        foreach (var node in next.InSync)
            if (!group.Configuration.Contains(node) && group.Id != ControlMachine.ControlGroup)
                return $"{node} is new to the group: it begins as a learner";
        return null;
    }

    private static string? StandbyProblem(GroupConfiguration next)
    {
        foreach (var node in next.Standby.Delayed)
            if (!next.Learners.Contains(node)) return $"{node} is delayed: it stays a learner";
        foreach (var feed in next.Standby.Feeds)
        {
            if (!next.Learners.Contains(feed.Replica)) return $"{feed.Replica} is fed by a backup: it stays a learner";
            if (next.Standby.Contains(feed.Source))
                return $"{feed.Source} cannot be a source: it is delayed, or a backup feeds it";
        }

        return null;
    }

    private static string? RoleProblem(GroupEntry group, GroupConfiguration next)
    {
        if (group.IsMerging) return next.Leader.IsNone ? null : $"{group.Id} has no leader: its strategy needs none";
        var before = group.Configuration.Leader;
        if (!next.Leader.IsNone && !next.InSync.Contains(next.Leader)) return "a leader is in sync";
        // A chain's replicas hold what their successors hold, and more: newcomers are at its end, so this goes for its head too.
        // After a seal the answers may have shown another replica that holds everything, and the supervisor has counted them.
        if (!before.IsNone
            && !next.Leader.IsNone && group.Policy.Ack == Ack.Sync && group.Complete.Count > 0
            && !group.Complete.Contains(next.Leader))
            return $"{next.Leader} may lack acknowledged writes: only {string.Join(", ", group.Complete)} certainly have them "
                + $"all";
        if (group.Policy.Strategy.IsChained)
            return !next.Leader.IsNone && next.InSync[0] != next.Leader ? "the head of a chain is its first replica" : null;
        if (before.IsNone && !next.Leader.IsNone && group.Policy.Ack != Ack.Async && !group.Counted.Contains(next.Leader))
            return $"{next.Leader} was never in sync: it may lack acknowledged writes";
        return !before.IsNone && !next.Leader.IsNone && next.Leader != before
            ? "a primary is replaced by way of a seal: first an epoch without leader, in which the replicas tell what they hold"
            : null;
    }
}
