using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>Planned changes of leadership: by an operator's word, or because the leader's node leaves or its disk is
/// slow.</summary>
internal static class Heirs
{
    /// <summary>Decides whether the leader should hand over, and to whom. The answers to its heartbeats then ask it to.</summary>
    /// <returns>True when it was given time enough and did not.</returns>
    public static bool IsOverdue(Supervisor supervisor, GroupEntry group, GroupWatch watch, NodeId leader, long now)
    {
        if (watch.Heir == leader) (watch.Heir, watch.IsOperatorsWish) = (default, false);
        var isUnfit = Failover.IsUnfit(supervisor, leader);
        if (!watch.Heir.IsNone
            && (supervisor.Detector.IsSuspected(watch.Heir)
                || !group.Configuration.InSync.Contains(watch.Heir) || (!isUnfit && !watch.IsOperatorsWish)))
            (watch.Heir, watch.IsOperatorsWish) = (default, false);
        if (watch.Heir.IsNone && isUnfit)
        {
            watch.Heir = Find(supervisor, group, leader);
            watch.HeirSince = now;
        }

        if (watch.IsOperatorsWish && !watch.IsHeirForced && now - watch.HeirSince >= watch.HeirPatience) GiveUp(watch);
        if (watch.Heir.IsNone) return false;
        watch.Say("hand-over", $"{leader} is asked to hand over to {watch.Heir}", now);
        var patience = watch.IsOperatorsWish
            ? watch.HeirPatience : supervisor.Options.Nanoseconds(supervisor.Options.HandOverMilliseconds);
        return now - watch.HeirSince >= patience;
    }

    /// <summary>False: nobody was wished for.</summary>
    public static bool GiveUp(GroupWatch watch)
    {
        var wasAsked = watch.IsOperatorsWish && !watch.Heir.IsNone;
        if (wasAsked) (watch.Heir, watch.IsOperatorsWish) = (default, false);
        return wasAsked;
    }

    /// <summary>The replica in sync that leads the fewest groups; none when nobody else is fit.</summary>
    public static NodeId Find(Supervisor supervisor, GroupEntry group, NodeId leader)
    {
        var best = default(NodeId);
        var bestLeads = int.MaxValue;
        foreach (var node in group.Configuration.InSync)
        {
            if (node == leader || supervisor.Detector.IsSuspected(node) || Failover.IsUnfit(supervisor, node)) continue;
            var leads = supervisor.Map.Groups.Count(g => g.Configuration.Leader == node);
            if (leads < bestLeads) (best, bestLeads) = (node, leads);
        }

        return best;
    }
}
