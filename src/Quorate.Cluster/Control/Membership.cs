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
        if (group.Policy.Strategy == Strategy.Chain)
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
        var staying = current.Members.Where(n => !IsGone(n)).ToList();
        if (staying.Count < policy.Replicas)
        {
            var nodes = supervisor.Map.Nodes.Where(n => !current.Contains(n.Id) && !supervisor.Detector.IsSuspected(n.Id) && supervisor.Detector.WasHeard(n.Id)
                && SetAside.MayCome(supervisor, group, n.Id, now));
            return Placement.ChooseOne(policy, [.. staying.Select(n => supervisor.Map.Node(n)!)], nodes, supervisor.Map.ReplicasOn) is { } newcomer
                ? current with { Epoch = current.Epoch.Next, Learners = [.. current.Learners, newcomer] }
                : null;
        }

        // Whoever goes may be needed by a fail-over as long as the group is not settled.
        if (group.IsConfigured && !AckRule.IsSettled(group)) return null;
        var ready = current.InSync.Count(n => !IsGone(n));
        var goes = current.Learners.FirstOrDefault(IsGone);
        if (goes.IsNone && ready >= policy.Replicas)
        {
            goes = current.InSync.FirstOrDefault(n => IsGone(n) && n != current.Leader);
            if (goes.IsNone && current.Learners.Count > 0 && ready + current.Learners.Count > policy.Replicas) goes = current.Learners[^1];
            if (goes.IsNone && ready > policy.Replicas) goes = MostLoaded(supervisor, group);
        }

        return goes.IsNone ? null : current with
        {
            Epoch = current.Epoch.Next,
            InSync = [.. current.InSync.Where(n => n != goes)],
            Learners = [.. current.Learners.Where(n => n != goes)],
        };
    }

    private static NodeId MostLoaded(Supervisor supervisor, GroupEntry group)
    {
        var leader = group.IsConfigured ? group.Configuration.Leader : RaftCare.LeaderOf(supervisor, group);
        return group.Configuration.InSync.Where(n => n != leader).OrderByDescending(supervisor.Map.ReplicasOn).ThenByDescending(n => n.Value).FirstOrDefault();
    }
}
