using Quorate.Cluster.Control;
using Quorate.Replication.Crdt;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster;

/// <summary>The decisions on which the safety of a node hangs. Nothing but the simulator's canaries gives others than the sound
/// ones, to prove that its checkers notice.</summary>
internal sealed record NodeRules
{
    public static readonly NodeRules Sound = new();

    /// <summary>Of the group of the numbered databases.</summary>
    public RaftRules Raft { get; init; } = RaftRules.Paper;

    public PrimaryRules Primary { get; init; } = PrimaryRules.Standard;

    public ChainRules Chain { get; init; } = ChainRules.Paper;

    public MultiLeaderRules MultiLeader { get; init; } = MultiLeaderRules.Standard;

    public LeaderlessRules Leaderless { get; init; } = LeaderlessRules.Paper;

    public CasPaxosRules CasPaxos { get; init; } = CasPaxosRules.Paper;

    public MergeRules Merging { get; init; } = MergeRules.Papers;

    public SupervisorRules Supervisor { get; init; } = SupervisorRules.Sound;
}
