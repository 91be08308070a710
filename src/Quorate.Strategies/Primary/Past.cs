using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Gives up entries that the group's history lacks, and with them the state that holds them.</summary>
internal sealed class Past(
    Step step, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Applier<Epoch> applier, StateHealth health,
    Arrivals arrivals, LostEntries lost, SnapshotMaker maker)
{
    /// <summary>The group's history has other entries from <paramref name="from"/> on: those of this replica are kept in
    /// the lost-and-found, then forgotten.</summary>
    public void GiveUpFrom(LogIndex from)
    {
        lost.KeepFrom(from);
        log.TruncateFrom(from);
        journal.TruncateFrom(from, step.Out);
        arrivals.TruncateFrom(from);
        marks.OnLogEnds(from.Previous);
        marks.CommitIndex = LogIndex.Min(marks.CommitIndex, from.Previous);
        var hadApplied = applier.LastApplied >= from;
        applier.LoseFrom(from);
        if (!hadApplied) return;
        health.IsLost = true;
        maker.Forget();
        journal.SaveMark(RecordKind.StateLost, step.Out);
    }
}
