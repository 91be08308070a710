using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What may be chosen about a raft group. Ticks are <see cref="IReplica.TickLength"/> long.</summary>
public sealed record RaftOptions
{
    /// <summary>A leader sends a heartbeat to everybody this often, in ticks.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>The shortest election timeout, in ticks; also how long a follower stays loyal to a leader it has heard,
    /// which is what the leader's lease rests on. The same on all replicas of a group.</summary>
    public int ElectionTimeoutTicks { get; init; } = 30;

    /// <summary>The longest election timeout, in ticks. [Raft §3.4]</summary>
    public int MaxElectionTimeoutTicks { get; init; } = 60;

    /// <summary>A group in which nothing has happened for so many ticks falls quiet, where the node watches its peers.</summary>
    public int QuietAfterTicks { get; init; } = 100;

    /// <summary>How many lost elections in a row, no leader being heard in between, are followed by a short timeout (a sixth
    /// to the whole of <see cref="ElectionTimeoutTicks"/>) instead of a full one.</summary>
    public int ShortElectionRetries { get; init; } = 3;

    /// <summary>How much shorter than the election timeout a lease is, in thousandths: twice the largest difference in
    /// rate between two nodes' clocks must fit in. [Raft §6.4.1]</summary>
    public int ClockDriftMarginPerMille { get; init; } = 100;

    /// <summary>Entries of one AppendEntries take about this many bytes at most (one large entry may take more).</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>AppendEntries on the way to one follower, unanswered, at most.</summary>
    public int MaxInflight { get; init; } = 64;

    /// <summary>A follower further behind than this many bytes of log is not waited for: it gets a snapshot. Also the
    /// bound on the log kept in memory after it has been applied.</summary>
    public long MaxLagBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of log that a leader holds without their being committed, and bytes it has handed to its own journal
    /// without their being durable: above this, each, it refuses writes (<see cref="OutcomeKind.Unavailable"/>) until fewer are left.
    /// One entry of any size is taken when there is nothing else.</summary>
    public long MaxUncommittedBytes { get; init; } = 256L << 20;

    /// <summary>A snapshot is made when this many bytes of log were journaled since the last (or twice that one's size,
    /// if more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of snapshot written in one tick, as one piece.</summary>
    public int SnapshotPieceBytes { get; init; } = 128 << 10;

    /// <summary>Bytes of snapshot written at the end of a turn, as one piece (no more than in a tick): walking over keys that
    /// are in no cache takes long enough to be felt by every command of the turn.</summary>
    public int SnapshotTurnBytes { get; init; } = 16 << 10;

    /// <summary>Pieces of a snapshot on the way to a follower, at most.</summary>
    public int SnapshotWindow { get; init; } = 32;

    /// <summary>False: entries are kept in memory only (<c>durability memory</c>). Terms and votes are journaled all the
    /// same. A restarted replica then counts as one that forgot.</summary>
    public bool Durable { get; init; } = true;

    internal long ElectionTimeoutNanoseconds => ElectionTimeoutTicks * TickNanoseconds;

    internal long LeaseNanoseconds => ElectionTimeoutNanoseconds / 1000 * (1000 - ClockDriftMarginPerMille);

    internal const long TickNanoseconds = IReplica.TickLength * StepTime.NanosecondsPerMillisecond;
}
