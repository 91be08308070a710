using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>What may be chosen about a leaderless keyspace. Ticks are <see cref="IReplica.TickLength"/> long. The same on all
/// replicas of a group, but for <see cref="Durable"/>.</summary>
public sealed record LeaderlessOptions
{
    /// <summary>Holders of every key, 1 to 16. With fewer members, all of them. [Dynamo §4.3]</summary>
    public int N { get; init; } = 3;

    /// <summary>Holders asked by a read, 1 to <see cref="N"/>. [Dynamo §4.5]</summary>
    public int R { get; init; } = 2;

    /// <summary>Holders that have a write durably before it is acknowledged, 1 to <see cref="N"/>. [Dynamo §4.5]</summary>
    public int W { get; init; } = 2;

    /// <summary>Members further down the list stand in for holders that are down, with hints. [Dynamo §4.6]</summary>
    public bool Sloppy { get; init; }

    /// <summary>Reads write back what they return, writes ask before they write. [ABD §3]</summary>
    public bool Linearizable { get; init; }

    /// <summary>Parts of the key space, 1 to 256; fixed when the keyspace is created.</summary>
    public int Partitions { get; init; } = 64;

    /// <summary>False: nothing but the place of the data is journaled (<c>durability memory</c>). A restarted replica gets its
    /// data from the others.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>A replica says that it is there this often, in ticks.</summary>
    public int PingTicks { get; init; } = 5;

    /// <summary>A member that has said nothing for so many ticks is believed to be down.</summary>
    public int SilenceTicks { get; init; } = 30;

    /// <summary>What was not confirmed is sent again after so many ticks.</summary>
    public int ResendTicks { get; init; } = 10;

    /// <summary>With <see cref="Sloppy"/>: a stand-in is asked after a holder was silent about a write for so many
    /// ticks.</summary>
    public int StandInTicks { get; init; } = 20;

    /// <summary>A request that is not decided after so many ticks is given up.</summary>
    public int PatienceTicks { get; init; } = 200;

    /// <summary>A comparison with another holder begins this often, in ticks, one at a time.</summary>
    public int CompareTicks { get; init; } = 5;

    /// <summary>A comparison that does not get on for so many ticks is given up.</summary>
    public int ComparePatienceTicks { get; init; } = 50;

    /// <summary>Bytes a second that comparisons may fetch.</summary>
    public long RepairBytesPerSecond { get; init; } = 16L << 20;

    /// <summary>Bytes of one answer to a comparison, about.</summary>
    public int RepairPieceBytes { get; init; } = 128 << 10;

    /// <summary>Requests that wait on this node at most; more are refused.</summary>
    public int MaxRequests { get; init; } = 65_536;

    /// <summary>Bytes on their way to other holders and not confirmed, at most; beyond it writes are refused.</summary>
    public long MaxUnconfirmedBytes { get; init; } = 64L << 20;

    /// <summary>Bytes in one message to a holder, about.</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>Hints kept here for others at most, and their bytes; beyond it no more are taken.</summary>
    public int MaxHints { get; init; } = 100_000;

    /// <summary>See <see cref="MaxHints"/>.</summary>
    public long MaxHintBytes { get; init; } = 64L << 20;

    /// <summary>A hint whose holder is away for so many ticks is handed to any holder of the partition.</summary>
    public int HintAgeTicks { get; init; } = 360_000;

    /// <summary>Keys whose deadline is past that one tick removes at most.</summary>
    public int MaxExpiredPerTick { get; init; } = 64;

    /// <summary>Keys looked at in one tick for what every holder has confirmed.</summary>
    public int CollectPerTick { get; init; } = 256;

    /// <summary>A snapshot is made when this many bytes were journaled since the last (or twice that one's size, if
    /// more).</summary>
    public long SnapshotThresholdBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of snapshot written in one turn.</summary>
    public int SnapshotPieceBytes { get; init; } = 128 << 10;

    /// <summary>Null when the options make sense together; else what is wrong with them.</summary>
    public string? Refusal =>
        N is < 1 or > 16 ? "n is 1 to 16"
        : R < 1 || R > N || W < 1 || W > N ? "r and w are 1 to n"
        : Partitions is < 1 or > 256 ? "partitions are 1 to 256"
        : Linearizable && R + W <= N ? "linearizable reads need r + w > n"
        : Linearizable && Sloppy ? "stand-ins are no holders: linearizable reads and a sloppy quorum exclude each other"
        : null;
}
