using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Memory keeps what a follower may still need of the log, within bounds; the journal has all of it.</summary>
internal sealed class LogMemory(
    RaftOptions options, FrameLog<Term> log, RaftJournal journal, ConfigurationHistory configurations, LogBounds bounds,
    Applier<Term> applier, SnapshotMaker maker)
{
    public void Trim(Role role)
    {
        var target = bounds.DropIndex;
        if (log.Bytes > options.MaxLagBytes)
        {
            var most = log.FirstWithin(options.MaxLagBytes).Previous;
            if (role is Leader leader)
                most = LogIndex.Max(
                    LogIndex.Min(most, leader.NeededByReachable()), log.FirstWithin(maker.FillBytes).Previous);
            target = LogIndex.Max(target, most);
        }

        target = LogIndex.Min(LogIndex.Min(target, applier.LastApplied), journal.JournaledIndex);
        if (target <= log.BaseIndex) return;
        log.DropThrough(target);
        configurations.DropBefore(applier.LastApplied);
    }
}
