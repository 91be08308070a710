using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// A fail-over may have cut off what an earlier primary had acknowledged; the epochs of the log tell. Counter-example to
/// going by the index alone: 1. A primary acknowledges entry 5 of epoch 1 asynchronously and dies. 2. The next one makes
/// another entry 5, in epoch 2. 3. A client that had written the first 5 asks a replica that has applied 5.
/// </summary>
internal sealed class EpochHistory(
    FrameLog<Epoch> log, LogMarks marks, Applier<Epoch> applier, StateHealth health) : IHistory
{
    public HistoryPoint Reached
    {
        get
        {
            // A primary that ships state has executed ahead of what is committed.
            var index = LogIndex.Min(applier.LastApplied, marks.CommitIndex);
            return log.HasStampAt(index) ? new HistoryPoint(log.StampAt(index), index) : default;
        }
    }

    public bool HasState => !health.NeedsState;

    public bool IsCommitted => applier.LastApplied <= marks.CommitIndex;

    public Standing Of(in HistoryPoint point)
    {
        var reached = Reached;
        if (point.Index > reached.Index) return point.Under(reached, default);
        // More epochs ago than are remembered: nothing is certain.
        return log.HasStampAt(point.Index) ? point.Under(reached, log.StampAt(point.Index)) : Standing.Lost;
    }
}
