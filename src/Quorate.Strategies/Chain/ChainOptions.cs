using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>What may be chosen about a chain. Ticks are <see cref="IReplica.TickLength"/> long. The same on all replicas of a
/// group, but for <see cref="Durable"/>.</summary>
public sealed record ChainOptions
{
    /// <summary>True: any replica answers reads, asking the tail only for keys with unfinished writes [CRAQ §2.3]. False: the
    /// tail's committed index is asked for every read [CR §2].</summary>
    public bool Craq { get; init; } = true;

    /// <summary>False: entries are kept in memory only (<c>durability memory</c>). Accepted epochs are journaled all the same.
    /// A restarted replica then needs the state from another.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>The head refuses writes while the chain has fewer replicas, 1 and up.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>A replica with nothing to forward pings its successor this often, in ticks.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>A successor repeats where its log ends this often, in ticks, until it is fed.</summary>
    public int ResumeTicks { get; init; } = 2;

    /// <summary>A neighbour that has said nothing for so many ticks is wanted out of the chain.</summary>
    public int SilenceTicks { get; init; } = 30;

    /// <summary>A version query that is not answered is repeated this often, in ticks.</summary>
    public int QueryTicks { get; init; } = 5;

    /// <summary>A read is given up (it was certainly not done) after so many ticks.</summary>
    public int ReadPatienceTicks { get; init; } = 200;

    /// <summary>A change of head is given up after so many ticks.</summary>
    public int TransferTicks { get; init; } = 100;

    /// <summary>Entries of one Forward take about this many bytes at most (one large entry may take more).</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>Forwards with entries on the way to one successor, unanswered, at most.</summary>
    public int MaxInflight { get; init; } = 64;

    /// <summary>Once so many bytes of entries are on the way to one successor, no more are sent: what one that is far behind
    /// is sent at once keeps everybody waiting, and its buffers are to be used again.</summary>
    public long MaxInflightBytes { get; init; } = 2 << 20;

    /// <summary>The head refuses writes while this many bytes of log are not committed yet: the bound on every log.</summary>
    public long MaxPendingBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of log kept in memory after they are applied, for a replica that comes back.</summary>
    public long RetainedBytes { get; init; } = 1L << 20;

    /// <summary>A quarter of the bytes of applied log kept in memory for learners that answer, unless twice the state's size is
    /// more; one further behind gets a snapshot.</summary>
    public long MaxLagBytes { get; init; } = 64L << 20;

    /// <summary>Where the log has its memory from.</summary>
    public IBlockSupply Blocks { get; init; } = PlainBlocks.Instance;

    /// <summary>A learner whose durable log is at most this many bytes shorter than the tail's is let into the chain: from
    /// then on writes wait for it.</summary>
    public long JoinLagBytes { get; init; } = 1L << 20;

    /// <summary>How much is applied in one turn, at most.</summary>
    public ApplyBudget ApplyBudget { get; init; } = ApplyBudget.Standard;

    /// <summary>A snapshot is made when this many bytes of log were journaled since the last (or twice that one's size,
    /// if more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    /// <summary>A piece of a snapshot has about this many bytes (a tick makes one, several when there is nothing else to
    /// do).</summary>
    public int SnapshotPieceBytes { get; init; } = 128 << 10;

    /// <summary>Pieces of a snapshot on the way to a learner, at most.</summary>
    public int SnapshotWindow { get; init; } = 8;

    internal SnapshotSizes SnapshotSizes => new(SnapshotThresholdBytes, SnapshotPieceBytes, SnapshotWindow, MaxLagBytes);

    internal InflightBounds InflightBounds => new(MaxInflight, MaxInflightBytes, MaxBatchBytes);

    /// <summary>What an epoch's rule says, the rest as it is here.</summary>
    internal ChainOptions With(GroupRule? rule) =>
        rule is null ? this : this with { MinInSync = rule.MinInSync, Craq = rule.Craq };
}
