using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. The defaults are the papers. Nothing but a canary
/// overrides one, to prove that the checkers notice: there is no other reason to derive from this.
/// </summary>
public class ChainRules
{
    public static readonly ChainRules Paper = new();

    /// <summary>A tail reads its own state only when all is applied that others may know to be committed.
    /// Breaks otherwise: a client reads at another replica what it then does not find here.</summary>
    public virtual bool IsStateNewest(bool isApplierBehind) => !isApplierBehind;

    /// <summary>A replica reads its own state only while it certainly is in the chain.
    /// Breaks otherwise: a tail that was removed goes on answering from the past.</summary>
    public virtual bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => nowNanoseconds < untilNanoseconds;

    /// <summary>A replica with an unfinished write for the key asks the tail. [CRAQ §2.3]
    /// Breaks otherwise: one client reads the new value at the tail, then another the old one here.</summary>
    public virtual bool IsClean(bool hasUnfinishedWrites) => !hasUnfinishedWrites;

    /// <summary>Entries not known to be committed are kept when the chain changes: the successor may lack them, the tail may
    /// have committed them. [CR §3.3]
    /// Breaks otherwise: what was committed, even acknowledged, is overwritten.</summary>
    public virtual LogIndex PendingKeptUpTo(LogIndex commitIndex, LogIndex lastIndex) => lastIndex;

    /// <summary>A replica commits what the tail has committed, nothing on its own account. [CR §2]
    /// Breaks otherwise: what the head has acknowledged dies with it.</summary>
    public virtual LogIndex CommitsUpTo(LogIndex tailCommit, LogIndex ownDurable) => LogIndex.Min(tailCommit, ownDurable);

    /// <summary>The tail commits what every replica before it has durably, too.
    /// Breaks otherwise: a write that was read at the tail is lost with it and the unsynced memory of the others.</summary>
    public virtual LogIndex TailCommitsUpTo(LogIndex stable, LogIndex ownDurable) => LogIndex.Min(stable, ownDurable);

    /// <summary>Messages of another epoch than the accepted one are not acted upon.
    /// Breaks otherwise: a head that was removed writes into the logs of the chain that goes on without it.</summary>
    public virtual bool IsOfAnotherEpoch(Epoch message, Epoch accepted) => message != accepted;

    /// <summary>A head or tail that was restarted waits for another epoch: it does not know which indices it gave away, nor whom
    /// it had counted.
    /// Breaks otherwise: one (epoch, index) names two entries.</summary>
    public virtual bool WaitsAfterRestart => true;

    /// <summary>From before it is wanted in the chain, a learner's log counts for commits.
    /// Breaks otherwise: it joins without what was committed in the meantime.</summary>
    public virtual bool CountsJoining => true;
}
