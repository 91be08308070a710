using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Simulation.Faults;

/// <summary>
/// What one run is made of: cluster, workload, which faults and how often. Random ones differ much from seed to seed (a swarm):
/// a run with few kinds of faults goes deeper into each than one with all of them at once. [Groce et al. 2012]
/// </summary>
public sealed record Scenario
{
    public required int Nodes { get; init; }

    public int ClientsPerNode { get; init; } = 2;

    /// <summary>Commands that a client may have in flight.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Mean time between two commands of a client, in virtual milliseconds.</summary>
    public int ThinkMilliseconds { get; init; } = 60;

    public int ReadPerMille { get; init; } = 400;

    public int Registers { get; init; } = 3;

    public int Counters { get; init; } = 1;

    public int Ledgers { get; init; } = 1;

    /// <summary>Length of the safety phase, in virtual seconds.</summary>
    public int SafetySeconds { get; init; } = 20;

    /// <summary>Mean time between two faults, in virtual milliseconds.</summary>
    public int StrikeMilliseconds { get; init; } = 700;

    /// <summary>How often the leader is the victim, per mille; else any node is.</summary>
    public int LeaderPerMille { get; init; } = 450;

    /// <summary>Only nodes that do not lead are victims; then the leader, once there, must stay. [Raft §9.6]</summary>
    public bool SparesLeader { get; init; }

    /// <summary>How often a node that was just elected is cut off or crashes at once, per mille.</summary>
    public int FreshLeaderPerMille { get; init; }

    /// <summary>Faults that last do so up to this long, in virtual milliseconds.</summary>
    public int FaultMilliseconds { get; init; } = 2500;

    /// <summary>The kinds that strike, with their weights; kinds that follow from others are not listed.</summary>
    public required IReadOnlyDictionary<FaultKind, int> Strikes { get; init; }

    public int LossPerMille { get; init; }

    public int DuplicationPerMille { get; init; }

    public int ReorderPerMille { get; init; }

    public int CorruptionPerMille { get; init; }

    /// <summary>Largest one-way delay on a good day, in virtual microseconds.</summary>
    public int DelayMicroseconds { get; init; } = 800;

    /// <summary>Rates of two clocks differ by up to twice this.</summary>
    public int DriftPartsPerMillion { get; init; } = 500;

    /// <summary>Bytes of journal after which a snapshot is made: small, so that snapshots happen.</summary>
    public int SnapshotThresholdBytes { get; init; } = 20_000;

    /// <summary>A leader drops log beyond this, so that followers need snapshots.</summary>
    public int MaxLagBytes { get; init; } = 8_000;

    /// <summary>Bytes of entries in one AppendEntries.</summary>
    public int MaxBatchBytes { get; init; } = 4096;

    /// <summary>AppendEntries on the way to one follower.</summary>
    public int MaxInflight { get; init; } = 64;

    /// <summary>Factor on the time the disks take, on a good day.</summary>
    public int DiskSlowness { get; init; } = 1;

    /// <summary>Regions that the nodes are in, in turn; 0: none.</summary>
    public int Regions { get; init; }

    /// <summary>A wall clock jumps by up to so many milliseconds, there or back.</summary>
    public int ClockJumpMilliseconds { get; init; } = 3_600_000;

    /// <summary>Wall clocks are put right when the faults are over.</summary>
    public bool MendsClocks { get; init; }

    /// <summary>A raft group falls quiet after so many ticks without anything to do.</summary>
    public int QuietAfterTicks { get; init; } = 100;

    /// <summary>How much a replica of an ordered group applies in one turn.</summary>
    public ApplyBudget ApplyBudget { get; init; } = ApplyBudget.Standard;

    /// <summary>A node that has put off work for a later turn has that turn after so many virtual microseconds.</summary>
    public int BusyMicroseconds { get; init; }

    /// <summary>Length of a journal file, in bytes.</summary>
    public int JournalFileBytes { get; init; } = 64 << 10;

    private static readonly (FaultKind Kind, int Weight)[] s_everything =
    [
        (FaultKind.ProcessCrash, 10), (FaultKind.PowerLoss, 12), (FaultKind.PowerLossOfAll, 2), (FaultKind.Pause, 8),
        (FaultKind.Suspend, 4), (FaultKind.Partition, 8), (FaultKind.OneWayPartition, 6), (FaultKind.BridgePartition, 5),
        (FaultKind.Isolation, 8), (FaultKind.SlowNetwork, 5), (FaultKind.SlowDisk, 4), (FaultKind.SyncError, 3),
        (FaultKind.DiskFull, 2), (FaultKind.BitRot, 1), (FaultKind.ClockJump, 4), (FaultKind.LeadershipTransfer, 6),
        (FaultKind.MembershipChange, 5), (FaultKind.ClientGone, 3),
    ];

    /// <summary>A mixture drawn from the seed's dice.</summary>
    internal static Scenario Random(Prng prng)
    {
        var nodes = prng.Below(10) switch { < 6 => 3, < 8 => 4, _ => 5 };
        var strikes = SomeOf(s_everything, prng, 450);
        if (strikes.ContainsKey(FaultKind.BitRot)) strikes.Remove(FaultKind.MembershipChange); // the rest must remain a majority
        if (strikes.Count == 0) strikes[FaultKind.PowerLoss] = 1;
        var scenario = new Scenario
        {
            Nodes = nodes,
            ClientsPerNode = nodes == 3 ? 2 : 1,
            Depth = prng.Chance(300) ? 3 : 1,
            ThinkMilliseconds = prng.Chance(300) ? 20 : 60,
            ReadPerMille = 200 + prng.Below(500),
            SafetySeconds = 12 + prng.Below(20),
            StrikeMilliseconds = 200 + prng.Below(1000),
            FaultMilliseconds = 300 + prng.Below(3000),
            FreshLeaderPerMille = prng.Chance(200) ? prng.Below(600) : 0,
            MaxBatchBytes = prng.Chance(200) ? 64 + prng.Below(400) : 4096,
            MaxInflight = prng.Chance(200) ? 1 + prng.Below(4) : 64,
            DiskSlowness = prng.Chance(150) ? 1 + prng.Below(30) : 1,
            Strikes = strikes,
        }.WithSomeNetwork(prng) with
        {
            SnapshotThresholdBytes = 4_000 + prng.Below(60_000),
            MaxLagBytes = 2_000 + prng.Below(20_000),
            QuietAfterTicks = Quiet(prng),
        };
        return scenario.WithSomeLag(prng);
    }

    /// <summary>Each kind with a chance, per mille, and now and then all of them.</summary>
    internal static SortedDictionary<FaultKind, int> SomeOf(
        IEnumerable<(FaultKind Kind, int Weight)> kinds, Prng prng, int perMille)
    {
        var all = prng.Chance(250);
        var strikes = new SortedDictionary<FaultKind, int>();
        foreach (var (kind, weight) in kinds)
            if (all | prng.Chance(perMille)) strikes[kind] = weight * (1 + prng.Below(3));
        return strikes;
    }

    /// <summary>Takes away what a keyspace does not claim to stand that has its data in memory only.</summary>
    internal static void SpareMemory(SortedDictionary<FaultKind, int> strikes)
    {
        foreach (var kind in (ReadOnlySpan<FaultKind>)[
            FaultKind.PowerLoss, FaultKind.PowerLossOfAll, FaultKind.SyncError, FaultKind.DiskFull, FaultKind.BitRot])
            strikes.Remove(kind);
    }

    /// <summary>Links that lose, repeat, reorder, damage and delay, each in some worlds, and clocks that drift.</summary>
    internal Scenario WithSomeNetwork(Prng prng) => this with
    {
        LossPerMille = prng.Chance(300) ? prng.Below(50) : 0,
        DuplicationPerMille = prng.Chance(300) ? prng.Below(100) : 0,
        ReorderPerMille = prng.Chance(300) ? prng.Below(150) : 0,
        CorruptionPerMille = prng.Chance(250) ? prng.Below(20) : 0,
        DelayMicroseconds = prng.Chance(700) ? 800 : 100 + prng.Below(30_000),
        DriftPartsPerMillion = prng.Below(2) * prng.Below(20_000),
    };

    /// <summary>In some worlds replicas apply a few entries a turn and their turns take long, so that what is committed waits.
    /// Drawn last of all, so that a seed's world is otherwise the same.</summary>
    internal Scenario WithSomeLag(Prng prng) => !prng.Chance(350) ? this : this with
    {
        ApplyBudget = new ApplyBudget(1 + prng.Below(4), 32 + prng.Below(300)),
        BusyMicroseconds = prng.Below(3) switch { 0 => 100, 1 => 500 + prng.Below(3000), _ => 4000 + prng.Below(12_000) },
    };

    /// <summary>In some worlds groups fall quiet whenever clients think for a moment.</summary>
    internal static int Quiet(Prng prng) => prng.Chance(300) ? 2 + prng.Below(10) : 100;
}
