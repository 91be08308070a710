using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>The care for a group whose leader the control plane names (<see cref="Leadership.Named"/>) and replaces by way of a
/// seal, from tick to tick.</summary>
internal static class NamedCare
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        var leader = group.Configuration.Leader;
        var beat = supervisor.BeatOf(leader, group.Id);
        watch.SealedSince = 0;
        if (beat is not null && beat.Report.Epoch == group.Epoch)
            (watch.LastLeader, watch.LastLeaderReport) = (leader, beat.Report);
        if (supervisor.Detector.IsSuspected(leader))
        {
            if (supervisor.Rules.MustWaitFor(supervisor.Leases.MayStillAct(group.Id, leader, now)))
                watch.Say("suspected", $"{leader} is silent and its lease still runs", now);
            else Seal(supervisor, group, watch, $"{leader} is silent", now);
            return;
        }

        if (beat is { Report.NeedsState: true } && beat.Report.Epoch == group.Epoch)
        {
            Seal(supervisor, group, watch, $"{leader} has lost its state", now);
            return;
        }

        if (TakeWanted(supervisor, group, watch, beat, now)) return;
        var isOverdue = Heirs.IsOverdue(supervisor, group, watch, leader, now);
        if (isOverdue)
        {
            Seal(supervisor, group, watch, $"{leader} did not hand over", now);
            return;
        }

        if (watch.Heir.IsNone) watch.Say("steady", "", now);
        if (Settling.Step(supervisor, group, watch, now)
            || SetAside.Step(supervisor, group, watch, now) || Adoption.Step(supervisor, group, now)
            || StandbyCare.Step(supervisor, group, watch, now)) return;
        Membership.Step(supervisor, group, watch, now);
    }

    private static void Seal(Supervisor supervisor, GroupEntry group, GroupWatch watch, string why, long now)
    {
        watch.Say("failover", why, now);
        supervisor.Notice($"{group.Id}: sealed at {group.Epoch.Next}: {why}");
        supervisor.Propose(group, new Seal(group.Id, group.Epoch), now);
    }

    /// <summary>The primary's word about who is in sync; who is a member at all is not its to say. A primary that wants
    /// another to lead has stopped taking writes, but its lease for reads runs on: so it goes by way of a seal, which it
    /// will have accepted itself a heartbeat later.</summary>
    private static bool TakeWanted(Supervisor supervisor, GroupEntry group, GroupWatch watch, GroupBeat? beat, long now)
    {
        if (beat?.Wanted is not { } wanted || beat.Report.Epoch != group.Epoch || wanted.Epoch != group.Epoch.Next) return false;
        var current = group.Configuration;
        if (wanted.Leader != current.Leader)
        {
            if (!current.InSync.Contains(wanted.Leader)) return false;
            (watch.Heir, watch.HeirSince) = (wanted.Leader, now);
            Seal(supervisor, group, watch, $"{current.Leader} hands over to {wanted.Leader}", now);
            return true;
        }

        bool IsInSync(NodeId node) =>
            node == current.Leader
                || (!current.Standby.Contains(node)
                    && wanted.InSync.Contains(node) && (current.InSync.Contains(node) || !supervisor.Detector.IsSuspected(node)));
        var next = current with
        {
            Epoch = group.Epoch.Next,
            InSync = [.. current.Members.Where(IsInSync)],
            Learners = [.. current.Members.Where(n => !IsInSync(n))],
        };
        // A primary that was restarted begins anew in a new epoch, with the same replicas.
        return Membership.Change(supervisor, group, watch, next, now, mayRepeat: wanted.InSync.SequenceEqual(current.InSync));
    }
}
