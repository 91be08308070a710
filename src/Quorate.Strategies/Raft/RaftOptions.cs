using Quorate.Replication;
using Quorate.Replication.Ordered;

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

    /// <summary>Once so many bytes of entries are on the way to one follower, no more are sent: what one that is far behind
    /// is sent at once keeps everybody waiting, and its buffers are to be used again.</summary>
    public long MaxInflightBytes { get; init; } = 2 << 20;

    /// <summary>A follower that is silent and further behind than this many bytes of log is not waited for: it gets a snapshot.
    /// For one that answers four times as much is kept, or twice the state's size if more: it is being filled.</summary>
    public long MaxLagBytes { get; init; } = 64L << 20;

    /// <summary>Where the log has its memory from.</summary>
    public IBlockSupply Blocks { get; init; } = PlainBlocks.Instance;

    /// <summary>Bytes of log that a leader holds without their being committed, and bytes it has handed to its own journal
    /// without their being durable: above this, each, it refuses writes (<see cref="OutcomeKind.Unavailable"/>) until fewer are
    /// left. One entry of any size is taken when there is nothing else.</summary>
    public long MaxUncommittedBytes { get; init; } = 256L << 20;

    /// <summary>A snapshot is made when this many bytes of log were journaled since the last (or twice that one's size,
    /// if more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    /// <summary>A piece of a snapshot has about this many bytes (a tick makes one, several when there is nothing else to
    /// do).</summary>
    public int SnapshotPieceBytes { get; init; } = 128 << 10;

    /// <summary>Pieces of a snapshot on the way to a follower, at most.</summary>
    public int SnapshotWindow { get; init; } = 32;

    /// <summary>How much is applied in one turn, at most.</summary>
    public ApplyBudget ApplyBudget { get; init; } = ApplyBudget.Standard;

    /// <summary>False: entries are kept in memory only (<c>durability memory</c>). Terms and votes are journaled all the
    /// same. A restarted replica then counts as one that forgot.</summary>
    public bool Durable { get; init; } = true;

    internal SnapshotSizes SnapshotSizes => new(SnapshotThresholdBytes, SnapshotPieceBytes, SnapshotWindow, MaxLagBytes);

    internal InflightBounds InflightBounds => new(MaxInflight, MaxInflightBytes, MaxBatchBytes);

    internal long ElectionTimeoutNanoseconds => ElectionTimeoutTicks * TickNanoseconds;

    internal long LeaseNanoseconds => ElectionTimeoutNanoseconds / 1000 * (1000 - ClockDriftMarginPerMille);

    internal const long TickNanoseconds = IReplica.TickLength * StepTime.NanosecondsPerMillisecond;
}
