namespace Quorate.Replication.Ordered;

/// <summary>The history of a strategy whose state is made of committed entries alone, where what is committed is in the log of
/// every later leader: with raft [Raft §5.4.3], and in a chain. One caller at a time.</summary>
/// <typeparam name="TStamp">What entries are stamped with.</typeparam>
/// <param name="log">where the entries are</param>
/// <param name="applier">knows how far they are applied</param>
/// <param name="hasState">whether the state here holds what this replica ever answered for</param>
public sealed class CommittedHistory<TStamp>(FrameLog<TStamp> log, Applier<TStamp> applier, Func<bool> hasState) : IHistory
    where TStamp : struct, IStamp<TStamp>
{
    /// <inheritdoc/>
    public HistoryPoint Reached => new(EpochAt(applier.LastApplied), applier.LastApplied);

    /// <inheritdoc/>
    public bool HasState => hasState();

    /// <inheritdoc/>
    public bool IsCommitted => true;

    /// <inheritdoc/>
    public Standing Of(in HistoryPoint point)
    {
        // What was compacted away was committed, and so was what the asker has seen. Only a group that lost its memory with
        // a majority can have another entry there.
        if (point.Index < log.BaseIndex) return Standing.Contains;
        return point.Under(Reached, point.Index > applier.LastApplied ? default : EpochAt(point.Index));
    }

    private Epoch EpochAt(LogIndex index) => new(log.StampAt(index).Value);
}
