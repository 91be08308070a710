using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>The state is made of committed entries alone, and what is committed is on every replica of the chain.</summary>
internal sealed class CommittedHistory(ChainReplica replica) : IHistory
{
    public HistoryPoint Reached => new(replica.Log.StampAt(replica.LastApplied), replica.LastApplied);

    public bool HasState => replica.Accepted.HasState;

    public bool IsCommitted => true;

    public Standing Of(in HistoryPoint point)
    {
        // What was compacted away was committed, and so was what the asker has seen.
        if (point.Index < replica.Log.BaseIndex) return Standing.Contains;
        return point.Under(Reached, point.Index > replica.LastApplied ? default : replica.Log.StampAt(point.Index));
    }
}
