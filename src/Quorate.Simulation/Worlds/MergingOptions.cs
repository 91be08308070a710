using Quorate.Data.Merging;
using Quorate.Simulation.Faults;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Worlds;

/// <summary>Settings of the strategies whose data merges or is agreed on key by key: bounds so low that they are met, and times
/// so short that what happens seldom happens in every world.</summary>
internal sealed class MergingOptions(Scenario scenario)
{
    public MultiLeaderOptions MultiLeader { get; } = new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        MaxBacklogBytes = scenario.MaxLagBytes,
        MaxHeldBytes = scenario.MaxLagBytes / 2,
        MaxBatchBytes = scenario.MaxBatchBytes,
        MaxInflight = Math.Min(4, scenario.MaxInflight),
        PieceBytes = 512,
        RelayTicks = 100,
        BehindTicks = 150,
        AckTimeoutTicks = 150,
        CompareTicks = 150,
        UpkeepTicks = 20,
    };

    public LeaderlessOptions Leaderless { get; } = new()
    {
        Partitions = 4,
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = 512,
        RepairPieceBytes = 512,
        MaxBatchBytes = scenario.MaxBatchBytes,
        PatienceTicks = 150,
        HintAgeTicks = 1000,
    };

    public CasPaxosOptions CasPaxos { get; } = new()
    {
        SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
        SnapshotPieceBytes = 512,
        MaxBatchBytes = scenario.MaxBatchBytes,
        CollectTicks = 40,
    };

    public MergingStoreOptions Store { get; } = new() { ExpiryGraceMilliseconds = 500, MostSiblings = 1024 };
}
