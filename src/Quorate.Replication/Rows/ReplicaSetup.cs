namespace Quorate.Replication.Rows;

/// <summary>All that a node gives a strategy to make its replica of one group from.</summary>
public sealed record ReplicaSetup
{
    public required NodeId Self { get; init; }

    public required GroupId Group { get; init; }

    /// <summary>As it is in force when the replica is made.</summary>
    public required Policy Policy { get; init; }

    /// <summary>The group's members at its birth, the same on every replica; what the journal or another replica says replaces
    /// them.</summary>
    public required IReadOnlyList<NodeId> Members { get; init; }

    /// <summary>Greater in every life of the replica, and never the same twice: 1 and up.</summary>
    public required long Incarnation { get; init; }

    /// <summary>Of the replica's dice.</summary>
    public required ulong Seed { get; init; }

    /// <summary>False: what the replica holds need not outlive the process (<c>durability memory</c>).</summary>
    public required bool IsDurable { get; init; }

    /// <summary>This group's snapshots on this node.</summary>
    public required ISnapshots Snapshots { get; init; }

    public required ILostAndFound LostAndFound { get; init; }

    /// <summary>What the node knows of other nodes.</summary>
    public required IPeerWatch Peers { get; init; }

    /// <summary>Where the replica's log has its memory from.</summary>
    public IBlockSupply Blocks { get; init; } = PlainBlocks.Instance;

    public StrategySettings Settings { get; init; } = StrategySettings.Usual;

    public StrategyRules Rules { get; init; } = StrategyRules.Sound;

    /// <summary>Makes the machine of a strategy whose kind is <see cref="GroupKind.Ordered"/>.</summary>
    public Func<IStateMachine> StateMachine { get; init; } = () => throw OfAnotherKind();

    /// <summary>Makes the machine of one partition, counted from 0, of a strategy whose kind is <see cref="GroupKind.Merging"/>.
    /// One without partitions has partition 0 alone.</summary>
    public Func<int, IMergeMachine> MergeMachine { get; init; } = _ => throw OfAnotherKind();

    /// <summary>Makes the machine of a strategy whose kind is <see cref="GroupKind.Registers"/>.</summary>
    public Func<IRegisterMachine> RegisterMachine { get; init; } = () => throw OfAnotherKind();

    /// <summary>Which keys a command is about.</summary>
    public required ICommandKeys Keys { get; init; }

    /// <summary>The region of a node: null as long as this node has not heard of it, empty where the node has told none. Asked
    /// again and again, for it may change.</summary>
    public required Func<NodeId, string?> RegionOf { get; init; }

    private static InvariantViolation OfAnotherKind() => new("a strategy asks for the machine of its own kind");
}
