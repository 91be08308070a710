using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Replication.Policies;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Keyspaces;

/// <summary>Mixtures for the labs of keyspaces, drawn from a seed's dice.</summary>
internal static class KeyspaceScenarios
{
    private const int Nodes = 5;

    private static readonly (FaultKind Kind, int Weight)[] s_everything =
    [
        (FaultKind.ProcessCrash, 10), (FaultKind.PowerLoss, 10), (FaultKind.PowerLossOfAll, 2), (FaultKind.Pause, 8),
        (FaultKind.Suspend, 4), (FaultKind.Partition, 8), (FaultKind.OneWayPartition, 6), (FaultKind.BridgePartition, 5),
        (FaultKind.Isolation, 8), (FaultKind.SlowNetwork, 5), (FaultKind.SlowDisk, 4), (FaultKind.SyncError, 3),
        (FaultKind.DiskFull, 2), (FaultKind.BitRot, 1), (FaultKind.ClockJump, 4), (FaultKind.ClientGone, 3),
        (FaultKind.FailoverAsked, 6), (FaultKind.NodeDrained, 2), (FaultKind.NodeUndrained, 3), (FaultKind.ReadsAltered, 1),
    ];

    /// <summary>One keyspace of strategy primary, in one of the ways there are.</summary>
    public static KeyspaceScenario Primary(Prng prng) =>
        WithSomeLag(prng, WithStandby(prng, With(prng, [new KeyspacePlan("p", PrimaryPolicy(prng))])));

    /// <summary>One chain of 3 to 5 replicas.</summary>
    public static KeyspaceScenario Chain(Prng prng) =>
        WithSomeLag(prng, With(prng, [new KeyspacePlan("c", ChainPolicy(prng))]));

    /// <summary>One keyspace in which every key is agreed on by itself.</summary>
    public static KeyspaceScenario CasPaxos(Prng prng) => With(prng, [new KeyspacePlan("x", ConsensusPolicy(prng))]);

    /// <summary>Several keyspaces of all strategies that come and go while nodes fail.</summary>
    public static KeyspaceScenario Control(Prng prng)
    {
        var plans = new List<KeyspacePlan>();
        for (var n = 3 + prng.Below(2); n > 0; n--)
        {
            var policy = prng.Below(3) switch
            {
                0 => PolicyDefaults.For(Strategy.Raft, 3),
                1 => PrimaryPolicy(prng),
                _ => ChainPolicy(prng),
            };
            // What one stopped process may take says little about the control plane, and forbids most faults.
            policy = policy with { Durability = Durability.Fsync };
            var plan = new KeyspacePlan($"k{plans.Count + 1}", policy);
            if (plans.Count == 1) plan = plan with { CreatedAfterMilliseconds = 1000 + prng.Below(6000) };
            if (plans.Count == 2) plan = plan with { DroppedAfterMilliseconds = 3000 + prng.Below(6000) };
            plans.Add(plan);
        }

        return WithSomeLag(prng, WithStandby(prng, With(prng, plans)));
    }

    internal static Policy PrimaryPolicy(Prng prng)
    {
        var policy = PolicyDefaults.For(Strategy.Primary, prng.Below(8) switch { 0 => 2, < 6 => 3, 6 => 4, _ => 5 });
        policy = prng.Below(10) switch
        {
            < 2 => policy with { Ack = Ack.Async },
            < 4 => policy with { Ack = Ack.SemiSync, AckBackups = policy.Replicas > 3 ? 1 + prng.Below(2) : 1 },
            4 => policy with { Ack = Ack.SemiSync, AckBackups = 1, WhenShort = WhenShort.Degrade },
            < 8 => policy with { Ack = Ack.Majority },
            _ => policy with { Ack = Ack.Sync, MinInSync = 1 + prng.Below(2) },
        };
        if (prng.Chance(300)) policy = policy with { Ship = Ship.State };
        if (prng.Chance(150)) policy = policy with { Durability = Durability.Memory };
        return PolicyDefaults.Normal(policy);
    }

    internal static Policy ChainPolicy(Prng prng)
    {
        var policy = PolicyDefaults.For(Strategy.Chain, 3 + prng.Below(3)) with
        {
            Reads = prng.Chance(500) ? ReadConsistency.Craq : ReadConsistency.Tail,
            MinInSync = 1 + prng.Below(2),
        };
        if (prng.Chance(150)) policy = policy with { Durability = Durability.Memory, MinInSync = 2 };
        return PolicyDefaults.Normal(policy);
    }

    internal static Policy ConsensusPolicy(Prng prng)
    {
        var replicas = 3 + prng.Below(3);
        var policy = PolicyDefaults.For(Strategy.Leaderless, replicas) with
        {
            Consensus = true,
            Reads = ReadConsistency.Linearizable,
        };
        if (replicas == 5 && prng.Chance(500)) policy = policy with { N = 5 };
        if (prng.Chance(150)) policy = policy with { Durability = Durability.Memory };
        return PolicyDefaults.Normal(policy);
    }

    /// <summary>Drawn last of all, so that a seed's world is the same whether replicas follow behind or not.</summary>
    private static KeyspaceScenario WithStandby(Prng prng, KeyspaceScenario scenario) =>
        scenario with
        {
            Keyspaces =
            [
                .. scenario.Keyspaces.Select(p =>
                    p.Policy.Strategy == Strategy.Primary ? p with { Policy = WithStandby(prng, p.Policy) } : p),
            ],
        };

    /// <summary>As many as there are nodes for. The delay is short: when all is over they must have come to the others'
    /// state.</summary>
    private static Policy WithStandby(Prng prng, Policy policy)
    {
        var free = Nodes - policy.Replicas;
        if (free > 0 && prng.Chance(250)) policy = policy with { Delayed = 1, DelayMilliseconds = 1000 * (1 + prng.Below(5)) };
        return free > policy.Delayed && prng.Chance(300) ? policy with { Cascaded = 1 } : policy;
    }

    private static KeyspaceScenario WithSomeLag(Prng prng, KeyspaceScenario scenario) =>
        scenario with { World = scenario.World.WithSomeLag(prng) };

    private static KeyspaceScenario With(Prng prng, IReadOnlyList<KeyspacePlan> plans)
    {
        var strikes = Scenario.SomeOf(s_everything, prng, 450);

        // A node that stays down for good, disk and all, is a fault that not every policy claims to stand.
        if (plans.Any(p => p.Guarantee.OneNode != Survival.Always)) strikes.Remove(FaultKind.BitRot);
        if (strikes.ContainsKey(FaultKind.BitRot)) strikes.Remove(FaultKind.NodeDrained);
        if (plans.Any(p => p.Policy.Durability == Durability.Memory)) Scenario.SpareMemory(strikes);
        if (strikes.Count == 0) strikes[FaultKind.ProcessCrash] = 1;
        var loses = plans.Any(p => p.MayLose);
        return new KeyspaceScenario(
            new Scenario
            {
                Nodes = Nodes,
                ClientsPerNode = 1,
                Depth = prng.Chance(300) ? 3 : 1,
                ThinkMilliseconds = prng.Chance(300) ? 20 : 60,
                ReadPerMille = 200 + prng.Below(500),
                SafetySeconds = 10 + prng.Below(10),
                StrikeMilliseconds = 200 + prng.Below(1200),
                FaultMilliseconds = 300 + prng.Below(3500),
                MaxBatchBytes = prng.Chance(200) ? 64 + prng.Below(400) : 4096,
                MaxInflight = prng.Chance(200) ? 1 + prng.Below(4) : 64,
                DiskSlowness = prng.Chance(150) ? 1 + prng.Below(30) : 1,
                Strikes = strikes,
            }.WithSomeNetwork(prng) with
            {
                SnapshotThresholdBytes = 4_000 + prng.Below(60_000),
                // What is cut off can be listed only as far as the log is kept.
                MaxLagBytes = loses ? 4 << 20 : 2_000 + prng.Below(20_000),
                QuietAfterTicks = Scenario.Quiet(prng),
            },
            plans);
    }
}
