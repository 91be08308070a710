using System.Text.Json;

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

    /// <summary>The report as one JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web) + "\n";
}

/// <summary>A follower as the leader sees it; <paramref name="HeardMilliseconds"/> is -1 when never.</summary>
public sealed record FollowerReport(string Node, long MatchIndex, long EntriesBehind, long HeardMilliseconds, string Progress);

/// <summary>A member; <paramref name="IsConnected"/> tells whether this node can send to it now.</summary>
public sealed record MemberReport(string Node, string Peer, string Resp, bool IsConnected);
