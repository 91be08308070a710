namespace Quorate.Replication.Policies;

/// <summary>What this version can do: a policy that asks for more is refused, with what to use instead.</summary>
/// <param name="Strategies">Strategies whose replicas exist.</param>
/// <param name="Reads">Read consistencies that a node serves.</param>
public sealed record BuiltParts(IReadOnlyList<Strategy> Strategies, IReadOnlyList<ReadConsistency> Reads)
{
    public static readonly BuiltParts Now = new(
        [Strategy.Raft, Strategy.Primary, Strategy.Chain],
        [
            ReadConsistency.Linearizable, ReadConsistency.Tail, ReadConsistency.Craq, ReadConsistency.Bounded, ReadConsistency.Session,
            ReadConsistency.Eventual, ReadConsistency.Weak, ReadConsistency.Voted,
        ]);

    /// <summary>Everything that a policy can say.</summary>
    public static readonly BuiltParts All = new(Enum.GetValues<Strategy>(), Enum.GetValues<ReadConsistency>());
}
