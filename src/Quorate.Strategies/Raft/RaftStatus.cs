using Quorate.Replication;

namespace Quorate.Strategies.Raft;

public enum RaftRole : byte
{
    Follower,
    PreCandidate,
    Candidate,
    Leader,
}

/// <summary>How the leader sends to a follower.</summary>
public enum ProgressState : byte
{
    /// <summary>Where the logs agree is not known: one AppendEntries at a time.</summary>
    Probe,

    /// <summary>The logs agree: AppendEntries are pipelined.</summary>
    Replicate,

    /// <summary>The follower needs entries that are gone: it is sent a snapshot.</summary>
    Snapshot,
}

/// <summary>What a leader knows of one follower. Lag: last index less match index, in entries and bytes of log.</summary>
public sealed record FollowerStatus(
    NodeId Node,
    ProgressState State,
    LogIndex MatchIndex,
    LogIndex NextIndex,
    long LagEntries,
    long LagBytes,
    long MillisecondsSinceAnswer,
    bool IsVoter);

/// <summary>A replica's state at one moment, for people and for the simulator's checkers.</summary>
public sealed record RaftStatus
{
    public required RaftRole Role { get; init; }

    public required Term CurrentTerm { get; init; }

    public required NodeId VotedFor { get; init; }

    public required NodeId Leader { get; init; }

    public required LogIndex CommitIndex { get; init; }

    public required LogIndex LastApplied { get; init; }

    /// <summary>The first entry in memory; one more than <see cref="LastIndex"/> when there is none.</summary>
    public required LogIndex FirstIndex { get; init; }

    public required LogIndex LastIndex { get; init; }

    /// <summary>The index of the newest sealed snapshot; 0 when there is none.</summary>
    public required LogIndex SnapshotIndex { get; init; }

    public required Configuration Configuration { get; init; }

    /// <summary>The index of the entry the configuration came with; 0 for the initial one.</summary>
    public required LogIndex ConfigurationIndex { get; init; }

    /// <summary>A leader that may answer reads on its own until its lease ends, as of the last step.</summary>
    public required bool LeaseValid { get; init; }

    /// <summary>This replica runs with <c>durability memory</c>, was restarted and has not caught up since.</summary>
    public required bool HasAmnesia { get; init; }

    /// <summary>On the leader, everybody but itself, by ascending id; else empty.</summary>
    public required IReadOnlyList<FollowerStatus> Followers { get; init; }
}
