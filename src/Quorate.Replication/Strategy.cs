using Quorate.Replication.Guarantees;
using Quorate.Replication.Rows;

namespace Quorate.Replication;

/// <summary>Who leads a group.</summary>
public enum Leadership : byte
{
    /// <summary>Its replicas elect their leader; the control plane wishes only who the members are.</summary>
    Elected,

    /// <summary>The control plane names the leader, and grants it leases.</summary>
    Named,

    /// <summary>There is no leader: who is a member is all there is to decide.</summary>
    None,
}

/// <summary>
/// The protocol that a keyspace's groups run, as policies and the control plane know it. Not closed: those below are the ones
/// whose policies this project's rules and texts speak of, and a strategy that is added later makes its own. Two with the same
/// <see cref="Id"/> are equal. Immutable.
/// </summary>
public sealed class Strategy : IEquatable<Strategy>
{
    public static readonly Strategy Raft = new(0, "raft", Leadership.Elected) { Promise = new RaftPromise() };
    public static readonly Strategy Primary = new(1, "primary", Leadership.Named)
    {
        Defaults = p => p with { Ack = Ack.Sync },
        Promise = new PrimaryPromise(),
    };

    /// <summary>A chain of f + 1 replicas goes on after f failures [CR §1]: by default down to the last one.</summary>
    public static readonly Strategy Chain = new(2, "chain", Leadership.Named)
    {
        IsChained = true,
        Defaults = p => p with { Ack = Ack.Sync, MinInSync = 1, Reads = ReadConsistency.Tail },
        Promise = new ChainPromise(),
    };

    /// <summary>A write that waited for another region would stop when that cannot be reached: by default it does not
    /// wait.</summary>
    public static readonly Strategy MultiLeader = new(3, "multileader", Leadership.None, GroupKind.Merging)
    {
        Defaults = p => p with { Ack = Ack.Async, Reads = ReadConsistency.Session },
        Promise = new MultiLeaderPromise(),
    };

    public static readonly Strategy Leaderless = new(4, "leaderless", Leadership.None, GroupKind.Merging)
    {
        HasKeyQuorums = true,
        Defaults = p => p with { Reads = ReadConsistency.Eventual },
        Promise = new LeaderlessPromise(),
    };

    public static readonly Strategy Pbft = new(5, "pbft", Leadership.Elected)
    {
        Defaults = p => p with { Replicas = 4 },
        Promise = new PbftPromise(),
    };

    /// <summary>In the order in which people are told of them.</summary>
    public static readonly IReadOnlyList<Strategy> All = [Raft, Primary, Chain, MultiLeader, Leaderless, Pbft];

    /// <param name="id">In maps and on the wire, 0 to 127; no other strategy's.</param>
    /// <param name="word">What people type, in lower case.</param>
    /// <param name="leadership">Who leads its groups.</param>
    /// <param name="kind">What its replicas hold.</param>
    public Strategy(byte id, string word, Leadership leadership, GroupKind kind = GroupKind.Ordered) =>
        (Id, Word, Leadership, Kind) = (id, word, leadership, kind);

    public byte Id { get; }

    public string Word { get; }

    public Leadership Leadership { get; }

    public GroupKind Kind { get; }

    /// <summary>The replicas in sync are an order, the first leads, each of them serves under a lease of its own, and a dead one
    /// is taken out without asking the others what they hold.</summary>
    public bool IsChained { get; init; }

    /// <summary>Each key has holders of its own, of which the policy says how many are asked (n, r, w).</summary>
    public bool HasKeyQuorums { get; init; }

    /// <summary>Makes the policy that says what this strategy says where its user says nothing, of one that says nothing; null:
    /// the same.</summary>
    public Func<Policy, Policy>? Defaults { get; init; }

    /// <summary>What contradicts this strategy in a policy, in a sentence for the user; null: nothing does.</summary>
    public Func<Policy, string?>? Problem { get; init; }

    /// <summary>Its own words in guarantees and in refusals of policies.</summary>
    public StrategyPromise Promise { get; init; } = StrategyPromise.Plain;

    public static bool operator ==(Strategy? left, Strategy? right) => left?.Id == right?.Id;

    public static bool operator !=(Strategy? left, Strategy? right) => !(left == right);

    public bool Equals(Strategy? other) => other?.Id == Id;

    public override bool Equals(object? obj) => Equals(obj as Strategy);

    public override int GetHashCode() => Id;

    public override string ToString() => Word;
}
