using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// Who votes in the control group. Every node of the cluster has the map, as a voter or as a learner of this group; the map
/// says which voters are wished for, and the group's leader makes it so by its own membership change. One voter comes, when
/// it has caught up, before another goes.
/// </summary>
internal sealed class ControlVoters(Supervisor supervisor, IElectingReplica electing)
{
    private static readonly GroupId Id = ControlMachine.ControlGroup;

    private ClusterMap Map => supervisor.Map;

    /// <summary>Now and then, on the control leader.</summary>
    /// <returns>The members to ask the group for, encoded; null: they are as they should be, or an entry was proposed.</returns>
    public byte[]? Step(NodeId self, long now)
    {
        var group = Map.Group(Id)!;
        var actual = electing.Members;
        if (!Map.IsKnown || group.Configuration.InSync.Count == 0 || !actual.IsSettled) return null;
        var wish = group.Configuration.InSync;
        var nodes = Map.Nodes.Where(n => n.State != NodeState.Removed).Select(n => n.Id).ToList();
        // Learners first: a newcomer that does not catch up must not keep others from the map.
        var learning = nodes.Except(actual.Voters).ToList();
        if (!actual.Are(actual.Voters, learning)) return electing.EncodeMembers(actual.Voters, learning);
        if (!actual.Voters.ToHashSet().SetEquals(wish))
        {
            var isHopeless = wish.Any(n => !actual.IsVoter(n)
                && (supervisor.Detector.IsSuspected(n) || Map.Node(n) is not { State: NodeState.Up }));
            if (!isHopeless) return electing.EncodeMembers(wish, nodes.Except(wish));
            Propose(group, actual.Voters, now);
            return null;
        }

        if (Next(group, self, now) is { } next) Propose(group, next, now);
        return null;
    }

    /// <summary>Whom a leader that is to go hands over to; none while it may stay or nobody else is fit.</summary>
    public NodeId Heir(NodeId self)
    {
        if (Map.Node(self) is { State: NodeState.Up } && Map.Group(Id)!.Configuration.InSync.Contains(self)) return NodeId.None;
        return electing.Voters.FirstOrDefault(n => n != self
            && !supervisor.Detector.IsSuspected(n) && !Failover.IsUnfit(supervisor, n));
    }

    private IReadOnlyList<NodeId>? Next(GroupEntry group, NodeId self, long now)
    {
        var voters = group.Configuration.InSync;
        bool IsGone(NodeId node) => Map.Node(node) is not { State: NodeState.Up or NodeState.Joining }
            || supervisor.Detector.IsDeadFor(node, supervisor.Options.ReplaceMilliseconds, now);
        var staying = voters.Where(n => !IsGone(n)).ToList();
        if (staying.Count < group.Policy.Replicas)
        {
            var nodes = Map.Nodes.Where(n => !voters.Contains(n.Id)
                && !supervisor.Detector.IsSuspected(n.Id) && supervisor.Detector.WasHeard(n.Id));
            return ReplicaPlacement.ChooseOne(
                group.Policy, [.. staying.Select(n => Map.Node(n)!)], nodes, Map.ReplicasOn) is { } newcomer
                ? [.. voters.Append(newcomer).Order()]
                : null;
        }

        var goes = voters.FirstOrDefault(IsGone);
        if (goes.IsNone && staying.Count > group.Policy.Replicas)
            goes = staying.Where(n => n != self).OrderBy(Map.ReplicasOn).ThenByDescending(n => n.Value).FirstOrDefault();
        return goes.IsNone ? null : [.. voters.Where(n => n != goes)];
    }

    private void Propose(GroupEntry group, IReadOnlyList<NodeId> voters, long now)
    {
        var watch = supervisor.WatchOf(Id);
        if (watch.IsPendingIn(group.Epoch)
            && now - watch.ProposedAt < supervisor.Options.Nanoseconds(supervisor.Options.ProposeAgainMilliseconds))
            return;
        supervisor.Propose(
            group, new SetConfiguration(Id, group.Epoch, new GroupConfiguration(group.Epoch.Next, default, [.. voters], [])),
            now);
    }
}
