using Quorate.Cluster.Voting;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>One group as this node's replica sees it. Terms and indexes as in the group's protocol. [Raft §5]</summary>
/// <param name="Group">The group.</param>
/// <param name="Strategy">How it replicates, e.g. <c>raft</c>.</param>
/// <param name="Leader">The node that orders the writes as far as known here; none when unknown.</param>
/// <param name="Term">The current term.</param>
/// <param name="LastIndex">The last entry in this replica's log.</param>
/// <param name="CommitIndex">The last entry known to be committed.</param>
/// <param name="LastApplied">The last entry that the state here contains.</param>
/// <param name="LeaderHeardMilliseconds">How long ago the leader was last heard of; 0 on the leader, -1 when never.</param>
/// <param name="Followers">On the leader one for every other member that it feeds, in ascending order of id; on the source of
/// cascaded replicas those; elsewhere empty.</param>
public sealed record GroupStatus(
    GroupId Group,
    string Strategy,
    NodeId Leader,
    Term Term,
    LogIndex LastIndex,
    LogIndex CommitIndex,
    LogIndex LastApplied,
    long LeaderHeardMilliseconds,
    IReadOnlyList<FollowerView> Followers)
{
    /// <summary>This replica applies entries so long after they arrived; 0: at once.</summary>
    public int DelaySeconds { get; init; }

    /// <summary>The replica that sends this one its entries; none: the leader.</summary>
    public NodeId Source { get; init; }

    /// <summary>This replica is delayed or cascaded: it never takes over.</summary>
    public bool IsStandby { get; init; }

    /// <summary>Whether the state here is trusted: ok, handing-over, quarantined or given-up.</summary>
    public string Trust { get; init; } = "ok";

    /// <summary>What comparing the replicas has come to on this node.</summary>
    public VotingFigures Voting { get; init; } = new();
}

/// <summary>Keys in one database.</summary>
/// <param name="Number">The number that SELECT takes.</param>
/// <param name="Keys">Keys present, expired ones that were not removed yet included.</param>
/// <param name="Expires">Those with a time to live.</param>
public readonly record struct DatabaseStatus(int Number, long Keys, long Expires);

/// <summary>The replicas known to hold a session's last write.</summary>
/// <param name="IsKnown">False when this node cannot know, because another one leads and does not tell.</param>
/// <param name="Locally">It is safe on this node, in the sense of the node's <see cref="Durability"/>.</param>
/// <param name="Replicas">Nodes other than the leader where it is safe. When the session has not written, all that exist.</param>
public readonly record struct WriteHolders(bool IsKnown, bool Locally, int Replicas);

/// <summary>A command that a fail-over cut off.</summary>
/// <param name="MadeIn">The epoch in which it was taken.</param>
/// <param name="Index">Its place in the log then.</param>
/// <param name="Words">Its words; empty when the entry is not a command (state was shipped, or the log's clock).</param>
public sealed record LostCommand(Epoch MadeIn, LogIndex Index, IReadOnlyList<byte[]> Words);

/// <summary>What the operating system says of this process. Bytes and microseconds.</summary>
public readonly record struct ProcessStatus(
    int ProcessId,
    string? OperatingSystem,
    long UsedMemory,
    long PeakMemory,
    long ResidentMemory,
    long TotalSystemMemory,
    long UserMicroseconds,
    long SystemMicroseconds);
