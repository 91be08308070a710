using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// The care for a group without a leader (<see cref="Leadership.None"/>), from tick to tick. Its members go on reading and
/// writing whatever becomes of the others, so nobody is suspected and nobody replaced for being out of touch: a member goes when
/// its node is drained or removed. It goes in steps: another comes as a learner and is counted when it has asked to be; then the
/// one that leaves becomes a learner, takes no commands any more and gives away what only it has; then it is none. One step at a
/// time.
/// </summary>
internal static class UnledCare
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        watch.Say("steady", "", now);
        if (Adoption.Step(supervisor, group, now)) return;
        if ((Wished(supervisor, group) ?? Moved(supervisor, group, now)) is { } next)
            Membership.Change(supervisor, group, watch, next, now);
    }

    /// <summary>What a replica asks for about itself; what it says of others is not its to say.</summary>
    private static GroupConfiguration? Wished(Supervisor supervisor, GroupEntry group)
    {
        var current = group.Configuration;
        foreach (var node in current.Members)
        {
            if (supervisor.Detector.IsSuspected(node)
                || supervisor.BeatOf(node, group.Id) is not { } beat || beat.Report.Epoch != group.Epoch)
                continue;
            var isLearner = current.Learners.Contains(node);
            if (isLearner
                && !IsLeaving(supervisor, node)
                && (MayCountAtOnce(group.Policy) || beat.Wanted is { } w && w.InSync.Contains(node)))
                return With(current, [.. current.InSync, node], current.Learners.Where(n => n != node));
            if (!isLearner && beat.Wanted is { } wanted && wanted.Learners.Contains(node) && current.InSync.Count > 1)
                return With(current, current.InSync.Where(n => n != node), [.. current.Learners, node]);
        }

        return null;
    }

    private static GroupConfiguration? Moved(Supervisor supervisor, GroupEntry group, long now)
    {
        if (group.Policy.Consensus) return null; // the replicas whose majorities agree are those of the beginning
        var current = group.Configuration;
        var policy = supervisor.Map.Keyspace(group.Keyspace)?.Policy ?? group.Policy;
        var staying = current.Members.Where(n => !IsLeaving(supervisor, n)).ToList();
        if (staying.Count < policy.Replicas)
        {
            var nodes = supervisor.Map.Nodes.Where(n => !current.Contains(n.Id)
                && !supervisor.Detector.IsSuspected(n.Id) && supervisor.Detector.WasHeard(n.Id));
            return ReplicaPlacement.ChooseOne(
                policy, [.. staying.Select(n => supervisor.Map.Node(n)!)], nodes, supervisor.Map.ReplicasOn) is { } newcomer
                ? With(current, current.InSync, [.. current.Learners, newcomer])
                : null;
        }

        var counted = staying.Where(current.InSync.Contains).ToList();
        if (counted.Count < policy.Replicas || !counted.All(n => IsWhole(supervisor, group, n))) return null;
        var leaving = current.InSync.FirstOrDefault(n => IsLeaving(supervisor, n));
        if (!leaving.IsNone) return With(current, current.InSync.Where(n => n != leaving), [.. current.Learners, leaving]);
        // A newcomer that is not needed after all, because whoever was to leave stays, holds nothing that others lack.
        var gone = current.Learners.FirstOrDefault(n => !IsLeaving(supervisor, n) || HasGivenAway(supervisor, group, n, now));
        return gone.IsNone ? null : With(current, current.InSync, current.Learners.Where(n => n != gone));
    }

    /// <summary>Nothing of what it took is known to it alone; or it has been silent for so long that waiting is pointless, and
    /// its operator has said that it goes.</summary>
    private static bool HasGivenAway(Supervisor supervisor, GroupEntry group, NodeId node, long now)
    {
        if (supervisor.Detector.IsDeadFor(node, supervisor.Options.ReplaceMilliseconds, now)) return true;
        if (supervisor.BeatOf(node, group.Id) is not { } beat || beat.Report.Epoch != group.Epoch) return false;
        return group.Policy switch
        {
            { Strategy.HasKeyQuorums: true } => beat.Wanted is { } wanted && !wanted.Contains(node),
            _ => beat.Report.LastIndex == beat.Report.CommitIndex,
        };
    }

    /// <summary>A leaderless newcomer is given its part of the keys once it is a member, not before.</summary>
    private static bool MayCountAtOnce(Policy policy) => policy is { Strategy.HasKeyQuorums: true, Consensus: false };

    private static bool IsWhole(Supervisor supervisor, GroupEntry group, NodeId node) =>
        supervisor.BeatOf(node, group.Id) is { Report.NeedsState: false } beat && beat.Report.Epoch == group.Epoch;

    private static bool IsLeaving(Supervisor supervisor, NodeId node) =>
        supervisor.Map.Node(node) is not { State: NodeState.Up or NodeState.Joining };

    private static GroupConfiguration With(
        GroupConfiguration current, IEnumerable<NodeId> inSync, IEnumerable<NodeId> learners) =>
        new(current.Epoch.Next, default, [.. inSync], [.. learners]);
}
