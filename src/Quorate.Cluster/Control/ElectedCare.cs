using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>The care for a group whose replicas elect their leader (<see cref="Leadership.Elected"/>): it looks after itself.
/// The control plane says which voters it wishes for, and asks a leader on a slow or leaving node to hand over. The group's
/// leader makes the wish true by its own membership change.</summary>
internal static class ElectedCare
{
    public static void Step(Supervisor supervisor, GroupEntry group, long now)
    {
        var watch = supervisor.WatchOf(group.Id);
        var leader = LeaderOf(supervisor, group);
        if (!leader.IsNone) Heirs.IsOverdue(supervisor, group, watch, leader, now);
        if (watch.Heir.IsNone) watch.Say("steady", "", now);
        if (Adoption.Step(supervisor, group, now)) return;
        if (Promoted(supervisor, group) is { } next) Membership.Change(supervisor, group, watch, next, now);
        else Membership.Step(supervisor, group, watch, now);
    }

    /// <summary>Who says that it leads; none when nobody does.</summary>
    public static NodeId LeaderOf(Supervisor supervisor, GroupEntry group) =>
        group.Configuration.InSync.FirstOrDefault(n => supervisor.BeatOf(n, group.Id) is { Leads: true }
            && !supervisor.Detector.IsSuspected(n));

    /// <summary>A learner that has nearly all becomes a voter; the raft leader refuses while it lacks too much.</summary>
    private static GroupConfiguration? Promoted(Supervisor supervisor, GroupEntry group)
    {
        var current = group.Configuration;
        var committed = default(LogIndex);
        foreach (var node in current.InSync)
            if (supervisor.BeatOf(node, group.Id) is { } beat) committed = LogIndex.Max(committed, beat.Report.CommitIndex);
        foreach (var node in current.Learners)
        {
            if (supervisor.Detector.IsSuspected(node)
                || supervisor.BeatOf(node, group.Id) is not { Report.NeedsState: false } beat)
                continue;
            if (committed - beat.Report.LastIndex > supervisor.Options.PromotionLagEntries) continue;
            return current with
            {
                Epoch = current.Epoch.Next,
                InSync = [.. current.InSync, node],
                Learners = [.. current.Learners.Where(n => n != node)],
            };
        }

        return null;
    }
}
