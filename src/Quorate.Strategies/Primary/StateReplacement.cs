using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Lets the log go on after a snapshot that took the place of the state.</summary>
internal sealed class StateReplacement(
    Step step, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits, StateHealth health,
    Arrivals arrivals, LostEntries lost)
{
    /// <summary>The state was replaced by that of a snapshot; the log goes on after it if it agrees with it.</summary>
    public void JumpTo(LogIndex index, Epoch epoch, in SnapshotPast past)
    {
        var agrees = index >= log.BaseIndex && log.HasStampAt(index) && log.StampAt(index) == epoch;
        if (!agrees)
        {
            // Entries that the snapshot's history has too are in the snapshot; the others are nowhere else.
            var common = log.LastCommon(past.History, index);
            if (common < log.LastIndex) lost.KeepFrom(common.Next);
            log.Reset(index, epoch, past.History);
            marks.OnLogEnds(index);
        }

        journal.JumpTo(index, epoch, agrees, step.Out);
        arrivals.JumpTo(index);
        marks.CommitIndex = agrees ? LogIndex.Max(marks.CommitIndex, past.Committed) : past.Committed;
        commits.Applier.JumpTo(index);
        health.IsLost = false;
        commits.ApplyCommitted();
        commits.ReleaseReads();
    }
}
