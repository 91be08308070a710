using Quorate.Replication.Policies;

namespace Quorate.Replication.Guarantees;

/// <summary>
/// What a strategy says in its own words: in the sentences of a <see cref="Guarantee"/>, and in the refusals of policies that it
/// cannot follow. This class says what goes for a strategy with one leader that says nothing of its own. Stateless: any thread.
/// </summary>
public class StrategyPromise
{
    public static readonly StrategyPromise Plain = new();

    /// <summary>Which replicas have a write when it is acknowledged: the end of the sentence "… when it is on stable
    /// storage".</summary>
    public virtual string AcknowledgedBy(Guarantee guarantee)
    {
        ArgumentNullException.ThrowIfNull(guarantee);
        var policy = guarantee.Policy;
        return policy.Ack switch
        {
            Ack.Async => "of the primary alone",
            Ack.SemiSync => $"of the primary and {GuaranteeText.Count(policy.AckBackups, "backup")}",
            Ack.Sync => $"of every replica in sync, of which there are never fewer than {policy.MinInSync}",
            _ => $"of {guarantee.CopiesWhenAcknowledged} of {policy.Replicas} replicas",
        };
    }

    /// <summary>When writes and reads are refused or wait: a sentence.</summary>
    public virtual string Available(Guarantee guarantee) =>
        "Writes are accepted wherever enough replicas of the strategy's quorum can be reached.";

    /// <summary>Which replica takes over when the leader dies: a sentence; null: none is needed.</summary>
    public virtual string? FailOver(Guarantee guarantee) => null;

    /// <summary>What a read with this promise returns: the end of the sentence "A read returns …"; null: what it returns under
    /// any strategy.</summary>
    public virtual string? Returns(ReadPromise promise, Policy policy) => null;

    /// <summary>Why the strategy cannot acknowledge as the policy says; null: it can.</summary>
    public virtual string? AckProblem(Policy policy) => null;

    /// <summary>Why the strategy cannot run with as many replicas as the policy says; null: it can.</summary>
    public virtual string? ReplicasProblem(Policy policy) => null;

    /// <summary>Why the strategy has no delayed and no cascaded replicas.</summary>
    public virtual string WhyNoStandby(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return $"{PolicyWords.Of(policy.Strategy)} has no replica that follows another";
    }

    /// <summary>What its user is told to take as long as the strategy is not built.</summary>
    public virtual string Instead => "use strategy raft";
}
