using System.Globalization;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;

namespace Quorate.Cluster.Reads;

/// <summary>What a read may return.</summary>
/// <param name="Consistency">In words.</param>
/// <param name="BoundMilliseconds">Of <see cref="ReadConsistency.Bounded"/>; else 0.</param>
public readonly record struct ReadRule(ReadConsistency Consistency, int BoundMilliseconds = 0)
{
    /// <summary>Nothing but the newest will do.</summary>
    public bool IsNewest =>
        Consistency is not (
            ReadConsistency.Bounded or ReadConsistency.Session or ReadConsistency.Eventual or ReadConsistency.Weak);

    /// <summary>What the connection has seen before is never unseen.</summary>
    public bool FollowsSession => Consistency is ReadConsistency.Bounded or ReadConsistency.Session;

    public static ReadRule Of(Policy policy) =>
        new(policy.Reads, policy.Reads == ReadConsistency.Bounded ? policy.BoundMilliseconds : 0);

    public override string ToString() => Consistency == ReadConsistency.Bounded
        ? string.Create(CultureInfo.InvariantCulture, $"bounded:{BoundMilliseconds}")
        : PolicyWords.Of(Consistency);
}
