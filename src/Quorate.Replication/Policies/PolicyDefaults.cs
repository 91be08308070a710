namespace Quorate.Replication.Policies;

/// <summary>What a policy says where its user says nothing: for each strategy the choice that loses nothing.</summary>
public static class PolicyDefaults
{
    /// <summary>The policy of a strategy with <paramref name="replicas"/> replicas (0: the strategy's usual number).</summary>
    public static Policy For(Strategy strategy, int replicas = 0)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        var policy = new Policy { Strategy = strategy };
        if (strategy.Defaults is { } defaults) policy = defaults(policy);
        if (replicas > 0) policy = policy with { Replicas = replicas };
        if (strategy == Strategy.Leaderless) policy = WithCopies(policy, Math.Clamp(policy.Replicas, 1, 3));
        return Normal(policy);
    }

    /// <summary>The policy of a keyspace of which nothing is said: its replicas elect their leader.</summary>
    public static Policy Usual(int replicas = 0) => For(Strategy.Raft, replicas);

    /// <summary>A leaderless policy with this many copies of each key, and reads and writes that meet: majorities of
    /// them.</summary>
    internal static Policy WithCopies(Policy policy, int n) => policy with { N = n, R = Majority(n), W = Majority(n) };

    internal static int Majority(int n) => (n / 2) + 1;

    /// <summary>The same policy with everything that has no effect put to its default, so that policies that promise the
    /// same are equal and are printed the same.</summary>
    public static Policy Normal(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Strategy == Strategy.Leaderless) policy = policy with { Ack = Ack.Majority, Ship = Ship.Log };
        if (policy.Ack != Ack.SemiSync) policy = policy with { AckBackups = 1 };
        if (policy.Ack != Ack.Sync || policy.IsMerging) policy = policy with { MinInSync = 2 };
        if (policy.Delayed == 0) policy = policy with { DelayMilliseconds = 0 };
        if (policy.Reads != ReadConsistency.Bounded) policy = policy with { BoundMilliseconds = 500 };
        if (policy.Conflicts != ConflictRule.Merge) policy = policy with { MergeName = null, MergeScript = null };
        if (policy.Strategy != Strategy.MultiLeader) policy = policy with { Topology = Topology.All };
        if (policy.Strategy != Strategy.Leaderless)
            policy = policy with { N = 3, R = 2, W = 2, Sloppy = false, Consensus = false };
        if (policy.Consensus) policy = policy with { R = Majority(policy.N), W = Majority(policy.N) };
        if (!policy.IsMerging || policy.Consensus)
            policy = policy with
            {
                Conflicts = ConflictRule.Crdt,
                MergeName = null,
                MergeScript = null,
                KeepLosersSeconds = LoserTime.Usual,
            };
        return policy.Spread is null ? policy : policy with { Spread = policy.Spread.ToLowerInvariant() };
    }
}
