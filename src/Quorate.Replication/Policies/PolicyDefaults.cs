namespace Quorate.Replication.Policies;

/// <summary>What a policy says where its user says nothing: for each strategy the choice that loses nothing.</summary>
public static class PolicyDefaults
{
    /// <summary>The policy of a strategy with <paramref name="replicas"/> replicas (0: the strategy's usual number).</summary>
    public static Policy For(Strategy strategy, int replicas = 0)
    {
        var policy = new Policy { Strategy = strategy };
        policy = strategy switch
        {
            Strategy.Primary => policy with { Ack = Ack.Sync },
            // A chain of f + 1 replicas goes on after f failures [CR §1]: by default down to the last one.
            Strategy.Chain => policy with { Ack = Ack.Sync, MinInSync = 1, Reads = ReadConsistency.Tail },
            Strategy.MultiLeader => policy with { Reads = ReadConsistency.Session },
            Strategy.Leaderless => policy with { Reads = ReadConsistency.Eventual },
            Strategy.Pbft => policy with { Replicas = 4 },
            _ => policy,
        };
        if (replicas > 0) policy = policy with { Replicas = replicas };
        return Normal(policy);
    }

    /// <summary>The same policy with everything that has no effect put to its default, so that policies that promise the
    /// same are equal and are printed the same.</summary>
    public static Policy Normal(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Ack != Ack.SemiSync) policy = policy with { AckBackups = 1 };
        if (policy.Ack != Ack.Sync) policy = policy with { MinInSync = 2 };
        if (policy.Reads != ReadConsistency.Bounded) policy = policy with { BoundMilliseconds = 500 };
        return policy.Spread is null ? policy : policy with { Spread = policy.Spread.ToLowerInvariant() };
    }
}
