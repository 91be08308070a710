using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// A fail-over may have cut off what an earlier primary had acknowledged; the epochs of the log tell. Counter-example to
/// going by the index alone: 1. A primary acknowledges entry 5 of epoch 1 asynchronously and dies. 2. The next one makes
/// another entry 5, in epoch 2. 3. A client that had written the first 5 asks a replica that has applied 5.
/// </summary>
internal sealed class EpochHistory(PrimaryReplica replica) : IHistory
{
    public HistoryPoint Reached
    {
        get
        {
            // A primary that ships state has executed ahead of what is committed.
            var index = LogIndex.Min(replica.LastApplied, replica.CommitIndex);
            return replica.Log.HasStampAt(index) ? new HistoryPoint(replica.Log.StampAt(index), index) : default;
        }
    }

    public bool HasState => !replica.NeedsState;

    public bool IsCommitted => replica.LastApplied <= replica.CommitIndex;

    public Standing Of(in HistoryPoint point)
    {
        var reached = Reached;
        if (point.Index > reached.Index) return point.Under(reached, default);
        // More epochs ago than are remembered: nothing is certain.
        return replica.Log.HasStampAt(point.Index) ? point.Under(reached, replica.Log.StampAt(point.Index)) : Standing.Lost;
    }
}
