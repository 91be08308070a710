using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// A convergent group from tick to tick. Its members go on reading and writing whatever becomes of the others, so there is
/// nobody to suspect: a newcomer is a learner until it asks to be counted, and a member goes when its node is drained or
/// removed and another has taken its place.
/// </summary>
internal static class ConvergentCare
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        watch.Say("steady", "", now);
        if (Adoption.Step(supervisor, group, now)) return;
        if (Counted(supervisor, group) is { } next) Membership.Change(supervisor, group, watch, next, now);
        else Membership.Step(supervisor, group, watch, now);
    }

    /// <summary>With the learner that says itself that it has all that the others had when it came.</summary>
    private static GroupConfiguration? Counted(Supervisor supervisor, GroupEntry group)
    {
        var current = group.Configuration;
        foreach (var node in current.Learners)
        {
            if (supervisor.Detector.IsSuspected(node) || supervisor.BeatOf(node, group.Id) is not { Wanted: { } wanted } beat) continue;
            if (beat.Report.Epoch != group.Epoch || wanted.Epoch != group.Epoch.Next || !wanted.InSync.Contains(node)) continue;
            return current with { Epoch = current.Epoch.Next, InSync = [.. current.InSync, node], Learners = [.. current.Learners.Where(n => n != node)] };
        }

        return null;
    }
}
