namespace Quorate.Strategies.Leaderless;

/// <summary>Counted since the replica was started.</summary>
public sealed class LeaderlessStatistics
{
    /// <summary>Requests that found the coordinator behind what other holders had.</summary>
    public long StaleReads { get; internal set; }

    /// <summary>States sent to holders that had answered with less.</summary>
    public long RepairsSent { get; internal set; }

    /// <summary>Linearizable reads that had to write back before they were answered.</summary>
    public long WriteBacks { get; internal set; }

    /// <summary>Values that became concurrent with others, as seen here.</summary>
    public long SiblingsSeen { get; internal set; }

    /// <summary>Stand-ins asked to keep a hint.</summary>
    public long SloppyWrites { get; internal set; }

    /// <summary>Requests refused before anything was executed, or reads given up.</summary>
    public long Refused { get; internal set; }

    /// <summary>Writes whose fate the client was not told.</summary>
    public long Unknown { get; internal set; }

    /// <summary>Requests passed on to a holder.</summary>
    public long Passed { get; internal set; }

    /// <summary>States of keys that comparisons brought.</summary>
    public long KeysRepaired { get; internal set; }

    /// <summary>Partitions that others knew more of this node's own updates about than the node itself.</summary>
    public long MemoryLost { get; internal set; }

    /// <summary>Partitions given away.</summary>
    public long GivenAway { get; internal set; }

    /// <summary>Updates that were refused because their stamp is too far ahead of this node's clock.</summary>
    public long TooFarAhead { get; internal set; }
}

/// <summary>A replica's state at one moment, for people and for checkers.</summary>
public sealed record LeaderlessStatus
{
    /// <summary>Partitions held, and those of them that count for reads.</summary>
    public required int Held { get; init; }

    public required int Complete { get; init; }

    /// <summary>Partitions on their way to other holders.</summary>
    public required int Moving { get; init; }

    /// <summary>Requests that wait.</summary>
    public required int Waiting { get; init; }

    /// <summary>Hints kept for others, their bytes, those taken, handed to a holder, and refused for want of room.</summary>
    public required (int Kept, long Bytes, long Taken, long HandedOver, long Refused) Hints { get; init; }

    /// <summary>Bytes on their way to other holders.</summary>
    public required long UnconfirmedBytes { get; init; }

    /// <summary>Comparisons that ended with nothing lacking here, and those given up.</summary>
    public required (long Done, long Abandoned) Comparisons { get; init; }

    /// <summary>How long ago, in milliseconds, all that another holder had was last known to be here, for the pair of partition
    /// and holder where it is longest ago; null: for some pair never since the start.</summary>
    public required long? UnrepairedMilliseconds { get; init; }

    public required IReadOnlyList<MemberView> Members { get; init; }
}

/// <summary>A member as this replica sees it.</summary>
public sealed record MemberView(Replication.NodeId Node, bool IsUp, long HintsKept);
