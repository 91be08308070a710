using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// When what was acknowledged under earlier configurations is held as the present one says, they can be forgotten. The
/// mark is what the leader held when it was first heard in this epoch: all that was acknowledged before is in it, and
/// what comes after is acknowledged by the rule in force.
/// </summary>
internal static class Settling
{
    /// <summary>True when an entry was proposed.</summary>
    public static bool Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        if (HoldersRule.IsSettled(group)) return false;
        var leader = group.Configuration.Leader;
        if (supervisor.BeatOf(leader, group.Id) is not { } beat || beat.Report.Epoch != group.Epoch || beat.Report.NeedsState)
            return false;
        if (watch.SettleMark?.Epoch != group.Epoch)
        {
            // An index that is committed but not yet durable here has an unknown epoch: wait for a better moment.
            if (beat.Report.CommitIndex > beat.Report.LastIndex) return false;
            watch.SettleMark = (group.Epoch, beat.Report.LastEpoch, beat.Report.LastIndex);
        }

        var (_, lastEpoch, lastIndex) = watch.SettleMark!.Value;
        var holders = group.Configuration.InSync.Count(n => Holds(
            supervisor.BeatOf(n, group.Id), group.Epoch, lastEpoch, lastIndex));
        var needed = group.Policy.Ack == Ack.Sync
            ? group.Configuration.InSync.Count : Math.Max(1, HoldersRule.HoldersOf(group.Policy));
        if (holders < needed) return false;
        var command = new Settle(group.Id, group.Epoch);
        if (now - watch.SettleProposedAt < supervisor.Options.Nanoseconds(supervisor.Options.ProposeAgainMilliseconds)
            || supervisor.Machine.WhyNot(command) is not null)
            return false;
        watch.SettleProposedAt = now;
        supervisor.ProposeAside(command); // the epoch stays, so leases may go on
        return true;
    }

    /// <summary>Two logs with the same last epoch were written by one leader, and one is the other's beginning.</summary>
    private static bool Holds(GroupBeat? beat, Epoch epoch, Epoch lastEpoch, LogIndex lastIndex) =>
        beat is { Report.NeedsState: false } && beat.Report.Epoch == epoch
        && (beat.Report.LastEpoch > lastEpoch || (beat.Report.LastEpoch == lastEpoch && beat.Report.LastIndex >= lastIndex));
}
