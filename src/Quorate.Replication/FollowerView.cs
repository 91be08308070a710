namespace Quorate.Replication;

/// <summary>A replica as the one that feeds it sees it.</summary>
/// <param name="Node">Which.</param>
/// <param name="MatchIndex">The last entry known to be durable there.</param>
/// <param name="EntriesBehind">Entries in the feeder's log after that one.</param>
/// <param name="HeardMilliseconds">How long ago it last answered; -1 when never.</param>
/// <param name="Progress">The protocol's word for how it is fed: <c>probe</c>, <c>replicate</c>, <c>changes</c>,
/// <c>snapshot</c>.</param>
public sealed record FollowerView(NodeId Node, LogIndex MatchIndex, long EntriesBehind, long HeardMilliseconds, string Progress)
{
    /// <summary>Delayed or cascaded: it counts for nothing.</summary>
    public bool IsStandby { get; init; }

    /// <summary>It applies entries so long after they arrived; 0: at once.</summary>
    public int DelaySeconds { get; init; }
}
