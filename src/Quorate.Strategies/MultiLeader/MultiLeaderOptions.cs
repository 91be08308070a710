using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>What may be chosen about a multi-leader group. Ticks are <see cref="IReplica.TickLength"/> long. The same on all
/// replicas.</summary>
public sealed record MultiLeaderOptions
{
    /// <summary>Whose durable copies within the own region a write needs before it is acknowledged; always the own too.
    /// <see cref="Ack.Majority"/> and <see cref="Ack.Sync"/> count the region's in-sync members.</summary>
    public Ack Ack { get; init; } = Ack.Async;

    /// <summary>The k of <see cref="Ack.SemiSync"/>, 1 and up; never more than the region has other members.</summary>
    public int AckBackups { get; init; } = 1;

    /// <summary>Deltas, or the newest state of the keys they changed; the latter needs a machine that is
    /// <see cref="IDeltaKeys"/>.</summary>
    public Ship Ship { get; init; } = Ship.Log;

    /// <summary>False: deltas are kept in memory only (<c>durability memory</c>). A restarted replica then begins anew.</summary>
    public bool Durable { get; init; } = true;

    public Topology Topology { get; init; } = Topology.All;

    /// <summary>The hub of <see cref="Topology.Star"/>; none, or one that does not answer: the lowest id that does.</summary>
    public NodeId Hub { get; init; }

    /// <summary>The region of a node; members with equal answers are in one region. Asked again and again: what is known may
    /// change, and is null at first.</summary>
    public Func<NodeId, string?> RegionOf { get; init; } = _ => "";

    /// <summary>What everybody has seen is told this often, in ticks.</summary>
    public int HeartbeatTicks { get; init; } = 20;

    /// <summary>A member that has told nothing for so many ticks counts as not reachable.</summary>
    public int PeerTimeoutTicks { get; init; } = 100;

    /// <summary>A write that waits this long for its acknowledgement ends as unknown.</summary>
    public int AckTimeoutTicks { get; init; } = 300;

    /// <summary>Writes waiting for an acknowledgement, at most; more are refused.</summary>
    public int MaxWaitingWrites { get; init; } = 1 << 16;

    /// <summary>Deltas of one message take about this many bytes at most (one large delta may take more).</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>Messages with deltas on the way to one member, unanswered, at most.</summary>
    public int MaxInflight { get; init; } = 4;

    /// <summary>What was sent and not confirmed after so many ticks is sent again; the time doubles up to eightfold.</summary>
    public int ResendTicks { get; init; } = 50;

    /// <summary>See <see cref="Topology"/>.</summary>
    public int RelayTicks { get; init; } = 300;

    /// <summary>A member that lacks what is gone from the log for so many ticks is told to fetch the whole state.</summary>
    public int BehindTicks { get; init; } = 400;

    /// <summary>Deltas kept for members that have not confirmed them, in bytes; beyond it the oldest are dropped, and a member
    /// that lacks them fetches states.</summary>
    public long MaxBacklogBytes { get; init; } = 64L << 20;

    /// <summary>Deltas that came before what they depend on, in bytes; more are dropped and come again.</summary>
    public int MaxHeldBytes { get; init; } = 4 << 20;

    /// <summary>A piece of state takes about this many bytes.</summary>
    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>A piece of state that was asked for and did not come is asked for again after so many ticks.</summary>
    public int PullTimeoutTicks { get; init; } = 100;

    /// <summary>Expired keys are removed, and what everybody has seen is forgotten, this often.</summary>
    public int UpkeepTicks { get; init; } = 50;

    /// <summary>Keys looked at in one such turn.</summary>
    public int UpkeepKeys { get; init; } = 10_000;

    /// <summary>Digests are compared with one other member this often.</summary>
    public int CompareTicks { get; init; } = 3000;

    /// <summary>A snapshot is made when this many bytes were journaled since the last (or twice that one's size, if
    /// more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    internal const long TickNanoseconds = IReplica.TickLength * StepTime.NanosecondsPerMillisecond;

    /// <summary>What <paramref name="policy"/> says, the rest as it is here.</summary>
    public MultiLeaderOptions With(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return this with
        {
            Ack = policy.Ack,
            AckBackups = policy.AckBackups,
            Ship = policy.Ship,
            Durable = policy.Durability != Durability.Memory,
        };
    }
}
