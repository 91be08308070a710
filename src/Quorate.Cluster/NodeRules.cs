using Quorate.Replication.Crdt;
using Quorate.Replication.Rows;

namespace Quorate.Cluster;

/// <summary>The decisions on which the safety of a node hangs. Nothing but the simulator's canaries gives others than the sound
/// ones, to prove that its checkers notice.</summary>
internal sealed record NodeRules
{
    public static readonly NodeRules Sound = new();

    /// <summary>Of every group but the control plane's own.</summary>
    public StrategyRules Strategies { get; init; } = StrategyRules.Sound;

    public MergeRules Merging { get; init; } = MergeRules.Papers;

    public SupervisorRules Supervisor { get; init; } = SupervisorRules.Sound;
}
