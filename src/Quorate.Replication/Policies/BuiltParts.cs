namespace Quorate.Replication.Policies;

/// <summary>What this version can do: a policy that asks for more is refused, with what to use instead.</summary>
/// <param name="Strategies">Strategies whose replicas exist.</param>
/// <param name="Reads">Read consistencies that a node serves under an ordered strategy.</param>
/// <param name="Consensus">Whether <see cref="Policy.Consensus"/> can be had.</param>
public sealed record BuiltParts(IReadOnlyList<Strategy> Strategies, IReadOnlyList<ReadConsistency> Reads, bool Consensus = false)
{
    public static readonly BuiltParts Now = new(
        [Strategy.Raft, Strategy.Primary, Strategy.Chain, Strategy.MultiLeader, Strategy.Leaderless],
        [
            ReadConsistency.Linearizable,
            ReadConsistency.Tail, ReadConsistency.Craq, ReadConsistency.Bounded, ReadConsistency.Session,
            ReadConsistency.Eventual, ReadConsistency.Weak, ReadConsistency.Voted,
        ],
        Consensus: true);

    /// <summary>Everything that a policy can say.</summary>
    public static readonly BuiltParts All = new(Strategy.All, Enum.GetValues<ReadConsistency>(), true);
}
