using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What may be chosen about a primary-backup group. Ticks are <see cref="IReplica.TickLength"/> long. The same on
/// all replicas, but for <see cref="Durable"/>.</summary>
public sealed record PrimaryOptions
{
    /// <summary>Whose durable copies a write needs before it is committed and acknowledged; always the primary's own
    /// too.</summary>
    public Ack Ack { get; init; } = Ack.SemiSync;

    /// <summary>With <see cref="Ack.Majority"/>: a majority is more than half of so many, however few are in sync. 0: of those in
    /// sync.</summary>
    public int Replicas { get; init; }

    /// <summary>The k of <see cref="Ack.SemiSync"/>, 1 and up.</summary>
    public int AckBackups { get; init; } = 1;

    /// <summary>With <see cref="Ack.Sync"/>: writes are refused while fewer replicas (the primary counted) are in sync, and
    /// the in-sync set never shrinks below. 1 and up.</summary>
    public int MinInSync { get; init; } = 2;

    /// <summary>What happens when fewer backups answer than <see cref="Ack"/> needs.</summary>
    public WhenShort WhenShort { get; init; } = WhenShort.Refuse;

    /// <summary>Commands, or the state they led to; the latter needs a machine that is <see cref="IStateShipping"/>.</summary>
    public Ship Ship { get; init; } = Ship.Log;

    /// <summary>False: entries are kept in memory only (<c>durability memory</c>); configurations are journaled all the
    /// same. A restarted replica then counts as one that forgot.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>A heartbeat goes to everybody this often, in ticks.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>A backup that has not caught up with what the primary held this many ticks ago leaves the in-sync set.</summary>
    public int BackupTimeoutTicks { get; init; } = 100;

    /// <summary>So does one that has answered nothing at all for so many ticks: it is dead rather than slow, and with
    /// <see cref="Ack.Sync"/> every write waits for it.</summary>
    public int BackupSilenceTicks { get; init; } = 50;

    /// <summary>For so many ticks after its epoch began a primary that was not granted a lease yet keeps writes instead of
    /// refusing them.</summary>
    public int LeaseGraceTicks { get; init; } = 100;

    /// <summary>A planned fail-over that has not come about in this many ticks is given up.</summary>
    public int HandoverTicks { get; init; } = 200;

    /// <summary>Entries of one Append take about this many bytes at most (one large entry may take more).</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>Appends on the way to one backup, unanswered, at most.</summary>
    public int MaxInflight { get; init; } = 64;

    /// <summary>Once so many bytes of entries are on the way to one backup, no more are sent: what one that is far behind
    /// is sent at once keeps everybody waiting, and its buffers are to be used again.</summary>
    public long MaxInflightBytes { get; init; } = 2 << 20;

    /// <summary>Log kept in memory after it has been applied, for backups that lack it and for the lost-and-found; four
    /// times as much, or twice the state's size if more, for a backup that answers: it is being filled.</summary>
    public long MaxLagBytes { get; init; } = 64L << 20;

    /// <summary>Where the log has its memory from.</summary>
    public IBlockSupply Blocks { get; init; } = PlainBlocks.Instance;

    /// <summary>With <see cref="Ship.State"/>: a backup further behind than this many bytes of log is sent the newest state
    /// of what it lacks instead.</summary>
    public long CoalesceBytes { get; init; } = 1 << 20;

    /// <summary>The largest such message; beyond it, a snapshot.</summary>
    public int MaxChangesBytes { get; init; } = 8 << 20;

    /// <summary>How much is applied in one turn, at most.</summary>
    public ApplyBudget ApplyBudget { get; init; } = ApplyBudget.Standard;

    /// <summary>A snapshot is made when this many bytes of log were journaled since the last (or twice that one's size, if
    /// more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    /// <summary>A piece of a snapshot has about this many bytes (a tick makes one, several when there is nothing else to
    /// do).</summary>
    public int SnapshotPieceBytes { get; init; } = 128 << 10;

    /// <summary>Pieces of a snapshot on the way to a backup, at most.</summary>
    public int SnapshotWindow { get; init; } = 8;

    internal SnapshotSizes SnapshotSizes => new(SnapshotThresholdBytes, SnapshotPieceBytes, SnapshotWindow, MaxLagBytes);

    internal InflightBounds InflightBounds => new(MaxInflight, MaxInflightBytes, MaxBatchBytes);

    internal const long TickNanoseconds = IReplica.TickLength * StepTime.NanosecondsPerMillisecond;

    internal long BackupSilenceNanoseconds => BackupSilenceTicks * TickNanoseconds;

    internal long BackupTimeoutNanoseconds => BackupTimeoutTicks * TickNanoseconds;

    /// <summary>What <paramref name="policy"/> says, the rest as it is here.</summary>
    public PrimaryOptions With(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return this with
        {
            Ack = policy.Ack,
            Replicas = policy.Replicas,
            AckBackups = policy.AckBackups,
            MinInSync = policy.MinInSync,
            WhenShort = policy.WhenShort,
            Ship = policy.Ship,
            Durable = policy.Durability != Durability.Memory,
        };
    }

    /// <summary>What an epoch's rule says, the rest as it is here.</summary>
    internal PrimaryOptions With(GroupRule? rule) => rule is null ? this : this with
    {
        Ack = rule.Ack,
        AckBackups = rule.AckBackups,
        MinInSync = rule.MinInSync,
        WhenShort = rule.WhenShort,
        Replicas = rule.Replicas,
    };
}
