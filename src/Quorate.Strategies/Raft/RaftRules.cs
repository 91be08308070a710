using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. The defaults are the paper. Nothing but a canary
/// of the simulator overrides one, to prove that the checkers notice: there is no other reason to derive from this.
/// </summary>
public class RaftRules
{
    public static readonly RaftRules Paper = new();

    /// <summary>One vote a term, first come first served. [Raft §5.2]
    /// Breaks otherwise: two leaders in one term.</summary>
    public virtual bool MayGrantVote(NodeId votedFor, NodeId candidate) => votedFor.IsNone || votedFor == candidate;

    /// <summary>A vote (and a candidacy) leaves the node only when its record is durable. [Raft fig. 2]
    /// Breaks otherwise: a restarted node votes again in the same term.</summary>
    public virtual PersistPoint VoteLeavesAfter(PersistPoint saved) => saved;

    /// <summary>A vote only for a log at least as up to date as one's own. [Raft §5.4.1]
    /// Breaks otherwise: a leader that lacks committed entries overwrites them.</summary>
    public virtual bool IsUpToDate(Term candidateTerm, LogIndex candidateIndex, Term ownTerm, LogIndex ownIndex) =>
        candidateTerm > ownTerm || (candidateTerm == ownTerm && candidateIndex >= ownIndex);

    /// <summary>Only entries of the leader's own term are committed by counting replicas. [Raft §5.4.2]
    /// Breaks otherwise: figure 8, a committed entry is overwritten.</summary>
    public virtual bool MayCommitByCounting(Term entryTerm, Term currentTerm) => entryTerm == currentTerm;

    /// <summary>A follower removes entries only where the leader's differ. [Raft §5.3]
    /// Breaks otherwise: a delayed, shorter AppendEntries removes entries already acknowledged.</summary>
    public virtual bool MustTruncate(bool conflicts) => conflicts;

    /// <summary>A majority. [Raft §5.1]
    /// Breaks otherwise: two quorums need not meet, and anything goes.</summary>
    public virtual int QuorumOf(int voters) => (voters / 2) + 1;

    /// <summary>A lease holds from the sending of a round that a quorum answered, for less than the time during which
    /// this quorum votes for nobody else. [Raft §6.4.1]
    /// Breaks otherwise: a deposed leader answers reads from the past.</summary>
    public virtual bool IsLeaseValid(long quorumSentAtNanoseconds, long nowNanoseconds, long leaseNanoseconds) =>
        nowNanoseconds - quorumSentAtNanoseconds < leaseNanoseconds;

    /// <summary>A read index counts only after a quorum answered a round sent after the read came. [Raft §6.4]
    /// Breaks otherwise: as with the lease.</summary>
    public virtual bool IsReadIndexConfirmed(long quorumRound, long readRound) => quorumRound >= readRound;

    /// <summary>Only committed entries are applied. [Raft fig. 2]
    /// Breaks otherwise: a client sees a write that is then overwritten.</summary>
    public virtual LogIndex ApplyUpTo(LogIndex commitIndex, LogIndex lastIndex) => commitIndex;

    /// <summary>A leader reads its own state only when all is applied that others may know to be committed.
    /// Breaks otherwise: a client reads at a follower what it then does not find at the leader.</summary>
    public virtual bool IsStateNewest(bool isApplierBehind) => !isApplierBehind;

    /// <summary>A configuration entry that is truncated gives way to the one before it. [Raft §4.1]
    /// Breaks otherwise: a replica counts quorums of members that never were.</summary>
    public virtual bool RevertsConfigurationOnTruncation => true;

    /// <summary>A snapshot carries the term of its last entry. [Raft §7]
    /// Breaks otherwise: the consistency check just after it passes or fails wrongly, logs diverge.</summary>
    public virtual Term SnapshotTerm(Term lastTerm) => lastTerm;

    /// <summary>Learners are not counted. [Raft §4.2.1]
    /// Breaks otherwise: quorums of voters need not meet.</summary>
    public virtual bool CountsLearners => false;

    /// <summary>A candidate first asks whether it could win, without a new term. [Raft §9.6]
    /// Breaks otherwise: a replica that was cut off deposes a working leader when it comes back.</summary>
    public virtual bool AsksPreVote => true;

    /// <summary>Messages of an older term are not acted upon. [Raft §5.1]
    /// Breaks otherwise: a deposed leader writes into followers' logs.</summary>
    public virtual bool IsStale(Term messageTerm, Term currentTerm) => messageTerm < currentTerm;
}
