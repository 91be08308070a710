using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// Who holds a group. A replica moves in two steps: the new one comes as a learner and goes into sync when it has caught
/// up; only then the old one goes. One step at a time for each group, each by compare-and-set.
/// </summary>
internal static class Membership
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        if (Next(supervisor, group, now) is { } next) Change(supervisor, group, watch, next, now);
    }

    /// <summary>Proposes a configuration with the same leader (or, for a chain, any). A chain's replica that goes out of
    /// sync must have lost its lease first.</summary>
    /// <param name="mayRepeat">The same configuration in a new epoch counts as a change.</param>
    /// <returns>False: it is no change, or it would be refused. True: it is proposed, or waits for a lease.</returns>
    public static bool Change(
        Supervisor supervisor, GroupEntry group, GroupWatch watch, GroupConfiguration next, long now, bool mayRepeat = false)
    {
        if (!mayRepeat && next == group.Configuration with { Epoch = next.Epoch }) return false;
        var command = new SetConfiguration(group.Id, group.Epoch, next);
        if (supervisor.Machine.WhyNot(command) is not null) return false;
        if (group.Policy.Strategy.IsChained)
        {
            var mustWait = false;
            foreach (var node in group.Configuration.InSync)
            {
                if (next.InSync.Contains(node)) continue;
                watch.Withheld.Add(node);
                mustWait |= supervisor.Leases.MayStillAct(group.Id, node, now);
            }

            if (supervisor.Rules.MustWaitFor(mustWait)) return true;
        }

        supervisor.Propose(group, command, now);
        return true;
    }

    /// <summary>The next step towards what the policy asks for; null when nothing is to do.</summary>
    public static GroupConfiguration? Next(Supervisor supervisor, GroupEntry group, long now)
    {
        var current = group.Configuration;
        var policy = supervisor.Map.Keyspace(group.Keyspace)?.Policy ?? group.Policy;
        bool IsGone(NodeId node) => supervisor.Map.Node(node) is not { State: NodeState.Up or NodeState.Joining }
            || supervisor.Detector.IsDeadFor(node, supervisor.Options.ReplaceMilliseconds, now);
        var members = current.Members.Where(n => !IsGone(n)).ToList();
        var staying = members.Where(n => !current.Standby.Contains(n)).ToList();
        var nodes = supervisor.Map.Nodes.Where(n => !current.Contains(n.Id)
            && !supervisor.Detector.IsSuspected(n.Id) && supervisor.Detector.WasHeard(n.Id)
            && SetAside.MayCome(supervisor, group, n.Id, now));
        if (staying.Count < policy.Replicas)
        {
            if (ReplicaPlacement
                .ChooseOne(policy, Entries(supervisor, staying), nodes, supervisor.Map.ReplicasOn) is { } newcomer)
                return With(current, newcomer);
            if (policy.Holders == policy.Replicas && current.Standby.IsEmpty) return null;
            if (Promoted(supervisor, policy, current, staying, members) is { } promoted) return promoted;
        }

        if (NextStandby(supervisor, group, policy, members, nodes) is { } standby) return standby;
        if (staying.Count < policy.Replicas) return null;

        // Whoever goes may be needed by a fail-over as long as the group is not settled.
        if (group.IsConfigured && !HoldersRule.IsSettled(group)) return null;
        var ready = current.InSync.Count(n => !IsGone(n));
        var learners = current.Learners.Where(n => !current.Standby.Contains(n)).ToList();
        var goes = learners.FirstOrDefault(IsGone);
        if (goes.IsNone && ready >= policy.Replicas)
        {
            goes = current.InSync.FirstOrDefault(n => IsGone(n) && n != current.Leader);
            if (goes.IsNone && learners.Count > 0 && ready + learners.Count > policy.Replicas) goes = learners[^1];
            if (goes.IsNone && ready > policy.Replicas) goes = MostLoaded(supervisor, group);
        }

        return goes.IsNone ? null : current.Without(goes);
    }

    /// <summary>A cascaded replica in the place of one that is gone for good, when no other node can take that: as a learner,
    /// which comes into sync like any other. A delayed one never, unless there are more of them than are wanted.</summary>
    private static GroupConfiguration? Promoted(
        Supervisor supervisor, Policy policy, GroupConfiguration current, List<NodeId> staying, List<NodeId> members)
    {
        var standby = current.Standby;
        var surplus = Math.Max(0, members.Count(standby.Delayed.Contains) - policy.Delayed);
        var candidates = standby.Feeds.Select(f => f.Replica)
            .Concat(standby.Delayed.Reverse().Take(surplus))
            .Where(n => members.Contains(n) && !supervisor.Detector.IsSuspected(n));
        return ReplicaPlacement.ChooseOne(
            policy, Entries(supervisor, staying), Entries(supervisor, candidates), supervisor.Map.ReplicasOn) is { } promoted
            ? current with { Epoch = current.Epoch.Next, Standby = standby.Without(promoted) }
            : null;
    }

    /// <summary>They count for nothing: one that is not wanted any more goes at once, one that is gone when another has
    /// come.</summary>
    private static GroupConfiguration? NextStandby(
        Supervisor supervisor, GroupEntry group, Policy policy, List<NodeId> members, IEnumerable<NodeEntry> nodes)
    {
        var current = group.Configuration;
        NodeId[] fed = [.. current.Standby.Feeds.Select(f => f.Replica)];
        var isShort = (
            Delayed: members.Count(current.Standby.Delayed.Contains) < policy.Delayed,
            Fed: members.Count(fed.Contains) < policy.Cascaded);
        if (isShort.Delayed || isShort.Fed)
        {
            // Who may be needed by a fail-over is none that a fail-over never asks.
            if (ReplicaPlacement
                .ChooseStandby(
                    policy, Entries(supervisor, members), nodes.Where(n => !group.Needs(n.Id)),
                    supervisor.Map.ReplicasOn) is { } newcomer)
            {
                var standby = isShort.Delayed
                    ? current.Standby with { Delayed = [.. current.Standby.Delayed, newcomer] }
                    : current.Standby with
                    {
                        Feeds = [
                        .. current.Standby.Feeds, new Feed(newcomer, StandbyCare.Source(supervisor, group, newcomer))]
                    };
                return With(current, newcomer) with { Standby = standby };
            }
        }

        if (Surplus(current.Standby.Delayed, policy.Delayed, members) is { IsNone: false } delayed)
            return current.Without(delayed);
        return Surplus(fed, policy.Cascaded, members) is { IsNone: false } cascaded ? current.Without(cascaded) : null;
    }

    private static NodeId Surplus(IReadOnlyList<NodeId> held, int wanted, List<NodeId> members)
    {
        if (held.Count <= wanted || held.Count(members.Contains) < wanted) return default;
        var gone = held.FirstOrDefault(n => !members.Contains(n));
        return gone.IsNone ? held[^1] : gone;
    }

    private static GroupConfiguration With(GroupConfiguration current, NodeId newcomer) =>
        current with { Epoch = current.Epoch.Next, Learners = [.. current.Learners, newcomer] };

    private static List<NodeEntry> Entries(Supervisor supervisor, IEnumerable<NodeId> nodes) =>
        [.. nodes.Select(n => supervisor.Map.Node(n)!)];

    private static NodeId MostLoaded(Supervisor supervisor, GroupEntry group)
    {
        var leader = group.IsConfigured ? group.Configuration.Leader : ElectedCare.LeaderOf(supervisor, group);
        return group.Configuration.InSync.Where(n => n != leader)
            .OrderByDescending(supervisor.Map.ReplicasOn).ThenByDescending(n => n.Value).FirstOrDefault();
    }
}
