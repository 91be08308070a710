using Quorate.Replication;

namespace Quorate.Strategies.Chain;

public enum ChainRole : byte
{
    /// <summary>Not in the configuration, or not able to take its part in it.</summary>
    Outside,

    /// <summary>Fed by the tail, counts for nothing yet.</summary>
    Learner,

    Head,

    Middle,

    Tail,

    /// <summary>Head and tail in one: the only replica of the chain.</summary>
    Sole,
}

/// <summary>What a replica knows of one that it feeds. Lag: of durable log, in entries and bytes.</summary>
public sealed record FedStatus(NodeId Node, FeedState State, LogIndex Durable, long LagEntries, long LagBytes, int SilentTicks);

/// <summary>A replica's state at one moment, for people and for checkers.</summary>
public sealed record ChainStatus
{
    public required ChainRole Role { get; init; }

    /// <summary>The newest accepted; null before the first.</summary>
    public required GroupConfiguration? Configuration { get; init; }

    public required LogIndex CommitIndex { get; init; }

    public required LogIndex LastApplied { get; init; }

    /// <summary>The first entry in memory; one more than <see cref="LastIndex"/> when there is none.</summary>
    public required LogIndex FirstIndex { get; init; }

    public required LogIndex LastIndex { get; init; }

    public required LogIndex DurableIndex { get; init; }

    /// <summary>Up to here the log agrees with the head's of this epoch.</summary>
    public required LogIndex Verified { get; init; }

    /// <summary>The index of the newest sealed snapshot; 0 when there is none.</summary>
    public required LogIndex SnapshotIndex { get; init; }

    /// <summary>Commands not applied yet.</summary>
    public required int Dirty { get; init; }

    public required bool LeaseValid { get; init; }

    public required bool NeedsState { get; init; }

    public required IReadOnlyList<FedStatus> Fed { get; init; }
}
