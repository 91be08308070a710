using System.Text.Json;
using Quorate.Cluster.Voting;

namespace Quorate.Server.Http;

/// <summary>A node at one moment, as <c>/status</c> shows it: the same words as RESP's QUORATE STATUS.</summary>
/// <param name="Role">leader, follower or candidate-like <c>unknown</c> when no leader is known here.</param>
public sealed record NodeReport(
    string Node,
    string Role,
    string? Leader,
    string Strategy,
    string Durability,
    long Term,
    long LastIndex,
    long CommitIndex,
    long LastApplied,
    string? Failure,
    IReadOnlyList<FollowerReport> Followers,
    IReadOnlyList<MemberReport> Members)
{
    internal IReadOnlyList<(string Name, string Help, bool IsCounter, double Value)> Figures { get; init; } = [];

    /// <summary>How reads were answered, and by whom, for <c>/metrics</c>.</summary>
    internal IReadOnlyList<(
        string Name, string Help, bool IsCounter, string Label,
        IReadOnlyList<(string Of, double Value)> Values)> Families
    { get; init; } = [];

    /// <summary>What is wrong now with the groups here, a sentence each.</summary>
    public IReadOnlyList<string> Alarms { get; init; } = [];

    /// <summary>True once this node has heard which keyspaces there are: until then it answers LOADING for all but database
    /// 0.</summary>
    public bool KnowsKeyspaces { get; init; }

    /// <summary>For each group here whether its state is trusted, and what comparing it with the other replicas has come
    /// to.</summary>
    public IReadOnlyList<TrustReport> Trust { get; init; } = [];

    /// <summary>True once the cluster's map says of this node where it stands, as its operator does: placement goes by
    /// that.</summary>
    public bool IsPlaced { get; init; }

    /// <summary>Who holds what, and what it promises; empty in a report that was not taken for <c>/status</c>.</summary>
    public IReadOnlyList<KeyspaceReport> Keyspaces { get; init; } = [];

    /// <summary>The report as one JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web) + "\n";
}

/// <summary>A group's state on this node: <paramref name="State"/> is ok, handing-over, quarantined or given-up.</summary>
public sealed record TrustReport(string Group, string State, VotingFigures Figures);

/// <summary>A follower as the leader sees it; <paramref name="HeardMilliseconds"/> is -1 when never.</summary>
public sealed record FollowerReport(string Node, long MatchIndex, long EntriesBehind, long HeardMilliseconds, string Progress);

/// <summary>A member; <paramref name="IsConnected"/> tells whether this node can send to it now.</summary>
public sealed record MemberReport(string Node, string Peer, string Resp, bool IsConnected);

/// <summary>Keyspaces that share their groups: all of the numbered databases that nobody has replaced, else one.</summary>
/// <param name="Names">What SELECT takes.</param>
/// <param name="Policy">In the words that create such a keyspace.</param>
/// <param name="Guarantee">What it promises, a sentence each.</param>
public sealed record KeyspaceReport(
    IReadOnlyList<string> Names,
    string Strategy, string Policy, IReadOnlyList<string> Guarantee, IReadOnlyList<GroupReport> Groups);

/// <summary>A group as the cluster's map has it. <paramref name="Leader"/> is null where the group elects it for itself, and
/// while there is none.</summary>
public sealed record GroupReport(
    string Group, long Epoch, string? Leader, IReadOnlyList<string> InSync, IReadOnlyList<string> Learners)
{
    /// <summary>Those of the learners that apply everything later, by <see cref="DelaySeconds"/>.</summary>
    public IReadOnlyList<string> Delayed { get; init; } = [];

    public int DelaySeconds { get; init; }

    /// <summary>Those of the learners that are cascaded.</summary>
    public IReadOnlyList<FedReport> Fed { get; init; } = [];

    /// <summary>How far the others are behind, when this node leads the group; else empty. With <c>ack async</c> this is the
    /// window of loss.</summary>
    public IReadOnlyList<FollowerReport> Lag { get; init; } = [];
}

/// <summary>A cascaded replica and who feeds it now; null: nobody leads the group.</summary>
public sealed record FedReport(string Node, string? Source);
