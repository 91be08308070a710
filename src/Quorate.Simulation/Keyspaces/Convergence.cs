using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.CasPaxos;

namespace Quorate.Simulation.Keyspaces;

/// <summary>When clients ask for nothing any more: all nodes know one map, every keyspace has as many replicas in sync as its
/// policy wants, they are equal, those that follow behind have come to the same, and no node keeps a replica that is not its
/// own.</summary>
internal sealed class Convergence(SimCluster cluster)
{
    public bool IsReached(ClusterMap map, IEnumerable<KeyspacePlan> plans)
    {
        var up = cluster.Nodes.Where(n => !n.HasRefused).ToList();
        if (up.Any(n => !n.IsUp || n.Node!.Control!.Map.Version != map.Version)) return false;
        foreach (var plan in plans)
        {
            var keyspace = map.Keyspace(plan.Name);
            if (plan.DroppedAfterMilliseconds > 0)
            {
                if (keyspace is not null) return false;
                continue;
            }

            if (keyspace is null || !keyspace.Groups.All(id => HasConverged(map, map.Group(id)!, plan, up))) return false;
        }

        return up.All(n => n.Node!.Holdings.Groups.All(g => map.Group(g) is { } group && group.Needs(n.Id)));
    }

    /// <summary>An acceptor that votes, with nothing under way: what it holds may be older than what others have agreed
    /// on.</summary>
    private static bool IsReady(Group? held, GroupEntry group) =>
        held is { IsAbsent: false, Replica: CasPaxosReplica { Status: { IsVoting: true, Waiting: 0 } } replica }
            && replica.Report.Epoch == group.Epoch;

    private static bool HasConverged(ClusterMap map, GroupEntry group, KeyspacePlan plan, List<SimNode> up)
    {
        var configuration = group.Configuration;
        if (plan.Policy.Consensus) return up.All(n => !configuration.Contains(n.Id) || IsReady(n.Node!.Find(group.Id), group));
        // A delayed replica takes no other's place.
        var able = up.Count(n => !configuration.Standby.Delayed.Contains(n.Id));
        if (group.IsSealed || up.Count(n => configuration.InSync.Contains(n.Id)) != Math.Min(plan.Policy.Replicas, able))
            return false;
        var replicas = new List<(SimNode Node, Group Group)>();
        foreach (var node in up.Where(n => configuration.InSync.Contains(n.Id)))
        {
            if (node.Node!.Find(group.Id) is not { IsAbsent: false } found) return false;
            replicas.Add((node, found));
        }

        var applied = default(LogIndex?);
        foreach (var (_, found) in replicas)
        {
            if (found.Configured is { } configured
                && (configured.Configuration?.Epoch != group.Epoch || configured.Report.NeedsState))
                return false;
            var last = found.Electing?.LastApplied ?? new ReplicaView(found).LastApplied;
            if (found.Configured is not null && last != new ReplicaView(found).LastIndex) return false;
            if (last != (applied ??= last)) return false;
        }

        if (!HasStandby(map, group, plan, up, applied!.Value, replicas)) return false;
        var digest = replicas[0].Group.Machine!.Digest();
        foreach (var (node, found) in replicas)
            if (found.Machine!.Digest() != digest)
                throw new StateMachineSafetyFailure(
                    $"equal logs, different states of {plan.Name}: {replicas[0].Node.Id} and {node.Id} at {applied}");
        return true;
    }

    /// <summary>The delayed and the cascaded replicas are there, as far as there are nodes for them, and have applied as
    /// much.</summary>
    private static bool HasStandby(
        ClusterMap map, GroupEntry group, KeyspacePlan plan, List<SimNode> up, LogIndex applied,
        List<(SimNode Node, Group Group)> into)
    {
        var (standby, policy) = (group.Configuration.Standby, plan.Policy);
        // A node that was drained at the last moment stays so: it keeps what it has and gets nothing new.
        if (up.Count(n => map.Node(n.Id) is { State: NodeState.Up }) >= policy.Holders
            && (standby.Delayed.Count != policy.Delayed || standby.Feeds.Count != policy.Cascaded))
            return false;
        foreach (var node in up.Where(n => standby.Contains(n.Id)))
        {
            if (node.Node!.Find(group.Id) is not { IsAbsent: false, Configured: { } configured } found) return false;
            if (configured.Configuration?.Epoch != group.Epoch
                || configured.Report.NeedsState || new ReplicaView(found).LastApplied != applied)
                return false;
            into.Add((node, found));
        }

        return true;
    }
}
