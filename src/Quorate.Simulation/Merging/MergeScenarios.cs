using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Merging;

/// <summary>Mixtures for the labs of keyspaces whose data merges, drawn from a seed's dice.</summary>
internal static class MergeScenarios
{
    private static readonly (FaultKind Kind, int Weight)[] s_everything =
    [
        (FaultKind.ProcessCrash, 10), (FaultKind.PowerLoss, 10), (FaultKind.PowerLossOfAll, 1), (FaultKind.Pause, 6),
        (FaultKind.Suspend, 3), (FaultKind.Partition, 10), (FaultKind.OneWayPartition, 6), (FaultKind.BridgePartition, 5),
        (FaultKind.Isolation, 8),
        (FaultKind.RegionCut, 8), (FaultKind.SlowNetwork, 5), (FaultKind.SlowDisk, 4), (FaultKind.SyncError, 2),
        (FaultKind.DiskFull, 2), (FaultKind.BitRot, 1), (FaultKind.ClockJump, 5), (FaultKind.ClientGone, 2),
        (FaultKind.NodeDrained, 4), (FaultKind.NodeUndrained, 4),
    ];

    /// <summary>A leader on every member, in one to three regions.</summary>
    public static MergePlan MultiLeader(Prng prng) => With(prng, MultiLeaderPolicy(prng));

    /// <summary>N, R, W.</summary>
    public static MergePlan Leaderless(Prng prng) => With(prng, LeaderlessPolicy(prng));

    internal static Policy MultiLeaderPolicy(Prng prng)
    {
        var policy = PolicyDefaults.For(Strategy.MultiLeader, 2 + prng.Below(4));
        policy = prng.Below(10) switch
        {
            < 5 => policy,
            < 7 => policy with { Ack = Ack.SemiSync, AckBackups = 1 },
            < 9 => policy with { Ack = Ack.Majority },
            _ => policy with { Ack = Ack.Sync },
        };
        policy = policy with { Topology = (Topology)prng.Below(3), Ship = prng.Chance(300) ? Ship.State : Ship.Log };
        if (prng.Chance(120)) policy = policy with { Durability = Durability.Memory };
        return PolicyDefaults.Normal(WithConflicts(prng, policy));
    }

    internal static Policy LeaderlessPolicy(Prng prng)
    {
        var policy = PolicyDefaults.For(Strategy.Leaderless, 3 + prng.Below(3));
        policy = prng.Below(10) switch
        {
            < 3 => policy,
            < 6 => policy with { Reads = ReadConsistency.Linearizable },
            < 8 => policy with { Sloppy = true, R = 1 + prng.Below(2) },
            8 => policy with { R = 1 + prng.Below(3), W = 1 + prng.Below(3) },
            _ => policy with { N = 2, R = 1, W = 2 },
        };
        if (!policy.Sloppy && policy.W > 1 && prng.Chance(150)) policy = policy with { Durability = Durability.Memory };
        return PolicyDefaults.Normal(WithConflicts(prng, policy));
    }

    private static Policy WithConflicts(Prng prng, Policy policy) => prng.Below(4) switch
    {
        0 => policy with { Conflicts = ConflictRule.Siblings },
        1 => policy with { Conflicts = ConflictRule.Lww },
        2 when prng.Chance(500) =>
            policy with { Conflicts = ConflictRule.Merge, MergeName = SimMergeRule.Name, MergeScript = SimMergeRule.Script },
        _ => policy,
    };

    private static MergePlan With(Prng prng, Policy policy)
    {
        var strikes = Scenario.SomeOf(s_everything, prng, 400);
        if (policy.Durability == Durability.Memory) Scenario.SpareMemory(strikes);
        // A node that stays down for good is a member until its operator says otherwise, and holds up those that leave.
        if (strikes.ContainsKey(FaultKind.BitRot)) strikes.Remove(FaultKind.NodeDrained);
        // No client reads from all holders when one of them has a damaged disk.
        if (policy.Strategy == Strategy.Leaderless && policy.R == policy.N) strikes.Remove(FaultKind.BitRot);
        var regions = prng.Below(4);
        if (regions < 2) strikes.Remove(FaultKind.RegionCut);
        if (strikes.Count == 0) strikes[FaultKind.Partition] = 1;
        return new MergePlan(
            new Scenario
            {
                Nodes = 5,
                ClientsPerNode = 1,
                Regions = regions,
                Depth = prng.Chance(300) ? 3 : 1,
                ThinkMilliseconds = prng.Chance(300) ? 30 : 80,
                ReadPerMille = 200 + prng.Below(400),
                SafetySeconds = 8 + prng.Below(8),
                StrikeMilliseconds = 200 + prng.Below(1200),
                FaultMilliseconds = 300 + prng.Below(5000),
                MaxBatchBytes = prng.Chance(300) ? 64 + prng.Below(400) : 4096,
                MaxInflight = prng.Chance(300) ? 1 + prng.Below(4) : 64,
                DiskSlowness = prng.Chance(150) ? 1 + prng.Below(30) : 1,
                Strikes = strikes,
            }.WithSomeNetwork(prng) with
            {
                // Some clocks are further ahead than others take stamps from.
                ClockJumpMilliseconds = prng.Chance(300) ? 70_000 : 10_000,
                MendsClocks = true,
                SnapshotThresholdBytes = 4_000 + prng.Below(60_000),
                MaxLagBytes = 2_000 + prng.Below(20_000),
            },
            policy)
        {
            ChoosesQuorums = policy is
            {
                Strategy.HasKeyQuorums: true, Durability: Durability.Fsync, Reads: not ReadConsistency.Linearizable
            }
                && prng.Chance(300),
        };
    }
}
