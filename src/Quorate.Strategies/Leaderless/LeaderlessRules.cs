using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. Nothing but a canary overrides one, to prove that the
/// checkers notice: there is no other reason to derive from this.
/// </summary>
public class LeaderlessRules
{
    public static readonly LeaderlessRules Paper = new();

    /// <summary>How many holders must have a write durably. [Dynamo §4.5]
    /// Breaks otherwise: fewer faults than W lose what was acknowledged.</summary>
    public virtual int WriteQuorum(int w) => w;

    /// <summary>A stand-in keeps the hint until a holder has confirmed it. [Dynamo §4.6]
    /// Breaks otherwise: it was counted and is nowhere.</summary>
    public virtual bool KeepsHints => true;

    /// <summary>What was removed may be forgotten only when every holder has seen the removal.
    /// Breaks otherwise: a holder that was away brings it back.</summary>
    public virtual VersionVector Stable(VersionVector seenByAll, VersionVector seenHere) => seenByAll;

    /// <summary>A linearizable read is answered when W holders have what it returns. [ABD §3]
    /// Breaks otherwise: a later read misses what an earlier one has shown.</summary>
    public virtual bool WritesBack => true;

    /// <summary>Only when every key that differs was fetched may this replica say that it has seen what the other has seen.
    /// Breaks otherwise: it claims to have seen what it lacks, and others take that for a removal.</summary>
    public virtual bool FetchesBeforeAdopting => true;

    /// <summary>A replica that lost its memory does not count for reads before it has asked enough others.
    /// Breaks otherwise: an acknowledged write is read as absent.</summary>
    public virtual bool CountsWithoutMemory => false;
}
