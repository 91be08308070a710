using Quorate.Data.Merging;
using Quorate.Replication.Rows;
using Quorate.Simulation.Faults;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Worlds;

/// <summary>Settings of the strategies: bounds so low that they are met, and times so short that what happens seldom happens in
/// every world.</summary>
internal static class SimSettings
{
    private const int PieceBytes = 512;

    public static MergingStoreOptions Store { get; } = new() { ExpiryGraceMilliseconds = 500, MostSiblings = 1024 };

    public static StrategySettings Of(Scenario scenario) => StrategySettings.Usual
        .With(Raft(scenario)).With(Primary(scenario)).With(Chain(scenario))
        .With(MultiLeader(scenario)).With(Leaderless(scenario)).With(CasPaxos(scenario));

    private static RaftOptions Raft(Scenario scenario) => new()
    {
        MaxLagBytes = scenario.MaxLagBytes,
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = PieceBytes,
        MaxBatchBytes = scenario.MaxBatchBytes,
        MaxInflight = scenario.MaxInflight,
        ApplyBudget = scenario.ApplyBudget,
        QuietAfterTicks = scenario.QuietAfterTicks,
    };

    private static PrimaryOptions Primary(Scenario scenario) => new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = PieceBytes,
        MaxLagBytes = scenario.MaxLagBytes,
        MaxBatchBytes = scenario.MaxBatchBytes,
        MaxInflight = scenario.MaxInflight,
        ApplyBudget = scenario.ApplyBudget,
        CoalesceBytes = scenario.MaxLagBytes / 4,
    };

    private static ChainOptions Chain(Scenario scenario) => new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = PieceBytes,
        MaxLagBytes = scenario.MaxLagBytes,
        RetainedBytes = scenario.MaxLagBytes / 4,
        MaxBatchBytes = scenario.MaxBatchBytes,
        MaxInflight = scenario.MaxInflight,
        ApplyBudget = scenario.ApplyBudget,
        JoinLagBytes = scenario.MaxLagBytes / 4,
    };

    private static MultiLeaderOptions MultiLeader(Scenario scenario) => new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        MaxBacklogBytes = scenario.MaxLagBytes,
        MaxHeldBytes = scenario.MaxLagBytes / 2,
        MaxBatchBytes = scenario.MaxBatchBytes,
        MaxInflight = Math.Min(4, scenario.MaxInflight),
        PieceBytes = PieceBytes,
        RelayTicks = 100,
        BehindTicks = 150,
        AckTimeoutTicks = 150,
        CompareTicks = 150,
        UpkeepTicks = 20,
    };

    private static LeaderlessOptions Leaderless(Scenario scenario) => new()
    {
        Partitions = 4,
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = PieceBytes,
        RepairPieceBytes = PieceBytes,
        MaxBatchBytes = scenario.MaxBatchBytes,
        PatienceTicks = 150,
        HintAgeTicks = 1000,
    };

    private static CasPaxosOptions CasPaxos(Scenario scenario) => new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = PieceBytes,
        MaxBatchBytes = scenario.MaxBatchBytes,
        CollectTicks = 40,
    };
}
