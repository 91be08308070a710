using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>How a feeder sends to a replica.</summary>
public enum ProgressState : byte
{
    /// <summary>Where the logs agree is not known: one question at a time.</summary>
    Probe,

    /// <summary>The logs agree: batches are pipelined.</summary>
    Replicate,

    /// <summary>The newest state of what it lacks is on its way instead of entries.</summary>
    Changes,

    /// <summary>It needs what is gone from the log: it is sent a snapshot.</summary>
    Snapshot,
}

/// <summary>What a feeder knows of one replica. Lag: last index less match index, in entries and bytes of log.</summary>
public sealed record BackupStatus(
    NodeId Node,
    ProgressState State,
    LogIndex MatchIndex,
    LogIndex NextIndex,
    long LagEntries,
    long LagBytes,
    long MillisecondsSinceAnswer,
    bool IsInSync);

/// <summary>A replica's state at one moment, for people and for checkers.</summary>
public sealed record PrimaryStatus
{
    /// <summary>The accepted epoch names this replica and it has led it without interruption.</summary>
    public required bool IsServing { get; init; }

    public required Epoch Epoch { get; init; }

    public required NodeId Leader { get; init; }

    public required LogIndex CommitIndex { get; init; }

    public required LogIndex LastApplied { get; init; }

    public required LogIndex FirstIndex { get; init; }

    public required LogIndex LastIndex { get; init; }

    public required Epoch LastEpoch { get; init; }

    /// <summary>The index of the newest sealed snapshot; 0 when there is none.</summary>
    public required LogIndex SnapshotIndex { get; init; }

    /// <summary>The lease holds, as of the last step.</summary>
    public required bool HasLease { get; init; }

    public required bool IsDegraded { get; init; }

    public required bool NeedsState { get; init; }

    /// <summary>Entries put into the lost-and-found in this life.</summary>
    public required long Losses { get; init; }

    /// <summary>Entries given up in this life that were gone from memory and could not be kept.</summary>
    public required long UnlistedLosses { get; init; }

    /// <summary>On a feeder, those it feeds, by ascending id; else empty.</summary>
    public required IReadOnlyList<BackupStatus> Backups { get; init; }
}
