namespace Quorate.Replication;

/// <summary>
/// A replica of a strategy whose replicas elect their leader and change their members by their own consensus. The control plane
/// says only which members it wishes for; the group's leader makes the wish true.
/// </summary>
public interface IElectingReplica : IQuiescentReplica
{
    /// <summary>Rises with every election; has one leader at most.</summary>
    Term CurrentTerm { get; }

    /// <summary>The last entry in the log here.</summary>
    LogIndex LastIndex { get; }

    /// <summary>The last entry known here to be committed.</summary>
    LogIndex CommitIndex { get; }

    /// <summary>The last entry that the state here contains.</summary>
    LogIndex LastApplied { get; }

    /// <summary>Those who vote by the newest configuration in the log here, in ascending order; while it changes, those who
    /// will.</summary>
    IReadOnlyList<NodeId> Voters { get; }

    /// <summary>All members by the newest configuration in the log here. Allocates.</summary>
    ElectedMembers Members { get; }

    /// <summary>When this replica last became the leader: no other's lease ran then any more.</summary>
    StepTime LeaderSince { get; }

    /// <summary>This replica leads and has asked another to take over, which has not: until the next election it has no
    /// lease.</summary>
    bool HasEndedLease { get; }

    /// <summary>Set by the node while it needs this leader not to fall quiet: keys that run out, members that are to
    /// change.</summary>
    bool IsHeldAwake { get; set; }

    /// <summary>The payload of <see cref="RequestKind.ChangeMembership"/>.</summary>
    /// <param name="voters">At least one.</param>
    /// <param name="learners">Replicas that receive the log and are not counted; none of them a voter.</param>
    byte[] EncodeMembers(IEnumerable<NodeId> voters, IEnumerable<NodeId> learners);
}

/// <summary>The members of a group that elects for itself, as one of its replicas knows them.</summary>
/// <param name="Voters">In ascending order; while the voters change, those that will vote.</param>
/// <param name="Learners">In ascending order.</param>
/// <param name="OutgoingVoters">While the voters change, those that voted before; else empty.</param>
/// <param name="IsCommitted">The entry that they came with is known to be committed.</param>
public sealed record ElectedMembers(
    IReadOnlyList<NodeId> Voters, IReadOnlyList<NodeId> Learners, IReadOnlyList<NodeId> OutgoingVoters, bool IsCommitted)
{
    /// <summary>The next change may begin.</summary>
    public bool IsSettled => OutgoingVoters.Count == 0 && IsCommitted;

    public bool IsVoter(NodeId node) => Voters.Contains(node) || OutgoingVoters.Contains(node);

    public bool Contains(NodeId node) => IsVoter(node) || Learners.Contains(node);

    /// <summary>These vote, these learn, and nothing of that changes.</summary>
    public bool Are(IEnumerable<NodeId> voters, IEnumerable<NodeId> learners) =>
        OutgoingVoters.Count == 0
        && Voters.SequenceEqual(voters.Distinct().Order())
        && Learners.SequenceEqual(learners.Distinct().Order());
}
