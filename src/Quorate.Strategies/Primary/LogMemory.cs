using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Memory keeps what another replica may still need of the log, within bounds; the journal has all of it.</summary>
internal sealed class LogMemory(
    AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Applier<Epoch> applier,
    StateHealth health, SnapshotMaker maker)
{
    /// <param name="feeder">what feeds other replicas from here; null: nothing does</param>
    public void Trim(Feeder? feeder)
    {
        var target = feeder is null ? marks.DropIndex : LogIndex.Min(marks.DropIndex, feeder.NeededBy(onlyPresent: false));
        if (log.Bytes > accepted.Options.MaxLagBytes)
        {
            var most = log.FirstWithin(accepted.Options.MaxLagBytes).Previous;
            if (feeder is not null)
                most = LogIndex.Max(
                    LogIndex.Min(most, feeder.NeededBy(onlyPresent: true)), log.FirstWithin(maker.FillBytes).Previous);
            target = LogIndex.Max(target, most);
        }

        target = LogIndex.Min(
            LogIndex.Min(target, LogIndex.Min(applier.LastApplied, marks.CommitIndex)), journal.JournaledIndex);
        if (target > log.BaseIndex && !health.IsLost) log.DropThrough(target);
    }
}
