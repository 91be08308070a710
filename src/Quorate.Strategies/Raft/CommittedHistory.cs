using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>The state is made of committed entries alone, and what is committed is in the log of every later leader. [Raft
/// §5.4.3]</summary>
internal sealed class CommittedHistory(RaftReplica replica) : IHistory
{
    public HistoryPoint Reached => new(new Epoch(replica.Log.StampAt(replica.LastApplied).Value), replica.LastApplied);

    /// <summary>A replica that has just joined has applied nothing; one that lost its memory does not know what it had.</summary>
    public bool HasState => replica.LastApplied.Value > 0 && !replica.Amnesia.IsPresent;

    public bool IsCommitted => true;

    public Standing Of(in HistoryPoint point)
    {
        // What was compacted away was committed, and so was what the asker has seen. Only a group that lost its memory with
        // a majority can have another entry there.
        if (point.Index < replica.Log.BaseIndex) return Standing.Contains;
        if (point.Index > replica.LastApplied) return point.Under(Reached, default);
        return point.Under(Reached, new Epoch(replica.Log.StampAt(point.Index).Value));
    }
}
