using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;

namespace Quorate.Cluster;

/// <summary>One node of the cluster as the others know it.</summary>
public sealed record Member(NodeId Id, string Name, string PeerAddress, string RespAddress);

/// <summary>What a node is told when it starts.</summary>
public sealed record NodeOptions
{
    public required NodeId Self { get; init; }

    /// <summary>The nodes that are known at the start, this one included, in ascending order of id. Once the map is known, it
    /// says which nodes belong to the cluster.</summary>
    public required IReadOnlyList<Member> Members { get; init; }

    /// <summary>The nodes with which the cluster began, in ascending order of id; null: they are <see cref="Members"/>. The same
    /// on all nodes for ever. A node that is none of them has joined later.</summary>
    public IReadOnlyList<Member>? FirstMembers { get; init; }

    /// <inheritdoc cref="FirstMembers"/>
    public IReadOnlyList<Member> Founders => FirstMembers ?? Members;

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Seed of the node's dice (election timeouts). The shell draws it, the simulator derives it from its own.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How often this node has been started, counted durably by the host: 1 and up. Tells sessions of different lives
    /// apart.</summary>
    public required long Incarnation { get; init; }

    /// <summary>The strategies that this node has.</summary>
    public required StrategySet Strategies { get; init; }

    /// <summary>Their protocols' settings; what a policy says is taken from the policy.</summary>
    public StrategySettings Settings { get; init; } = StrategySettings.Usual;

    /// <summary>Where replicas' logs have their memory from.</summary>
    public IBlockSupply Blocks { get; init; } = PlainBlocks.Instance;

    /// <summary>The bounds of what merging keyspaces keep; what a policy says is taken from the policy.</summary>
    public MergingStoreOptions Merging { get; init; } = new();

    /// <summary>The times of the control plane; null: there is none, and the numbered databases are all there is.</summary>
    public ControlOptions? Control { get; init; }

    /// <summary>True when nothing that the node journals outlives it.</summary>
    public bool IsEphemeral { get; init; }

    /// <summary>Where this node is.</summary>
    public NodeLabels Labels { get; init; } = new();

    /// <summary>How replicas are compared with each other.</summary>
    public DivergenceOptions Divergence { get; init; } = new();

    /// <summary>How long a command may wait for its outcome before its client is told that it is refused or unknown, in
    /// milliseconds.</summary>
    public int RequestTimeoutMilliseconds { get; init; } = 5000;

    /// <summary>For the simulator: what stands between a merging group's replica and the contents of one of its
    /// partitions.</summary>
    internal Func<GroupId, int, IMergeMachine, IMergeMachine>? Observe { get; init; }
}
