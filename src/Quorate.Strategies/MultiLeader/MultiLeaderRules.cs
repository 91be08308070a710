using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. Nothing but a canary overrides one, to prove that the
/// checkers notice: there is no other reason to derive from this.
/// </summary>
public class MultiLeaderRules
{
    public static readonly MultiLeaderRules Standard = new();

    /// <summary>Deltas up to here, by position in the log, may leave. Breaks otherwise: others have an update that its maker has
    /// lost.</summary>
    public virtual long MayShipUpTo(long durableEnd, long end) => durableEnd;

    /// <summary>What a replica tells to have seen is durable there.
    /// Breaks otherwise: a write is acknowledged, or a removal forgotten, by what a power loss takes back.</summary>
    public virtual DotContext Confirms(DotContext durable, DotContext seen) => durable;

    /// <summary>A client is answered when what it is told is durable here.
    /// Breaks otherwise: it was told what a restart takes back.</summary>
    public virtual PersistPoint AnswerLeavesAfter(PersistPoint saved) => saved;

    /// <summary>A delta follows the one before it of the same origin.
    /// Breaks otherwise: a later update of a node is shown before an earlier one, or for ever without it.</summary>
    public virtual bool IsInOrder(bool hasPrevious) => hasPrevious;

    /// <summary>A delta follows what its maker had seen. Breaks otherwise: an answer is shown before the question.</summary>
    public virtual bool MayShow(bool hasDependencies) => hasDependencies;

    /// <summary>Members that must have confirmed an update before what it removed is forgotten, of so many.
    /// Breaks otherwise: one that has not seen the removal brings back what was removed.</summary>
    public virtual int ConfirmationsNeeded(int members) => members;

    /// <summary>A member's word that it has seen a removal counts here when all that it had made itself until then has arrived.
    /// Breaks otherwise: 1. A adds 3 to a counter. 2. A sees B's removal of the counter, which had not seen the 3, and says so.
    /// 3. C hears that, knows that all have seen the removal, and forgets what it took away. 4. A's addition comes to C, with A's
    /// total from before the removal, and brings it all back.</summary>
    public virtual bool MayConfirm(bool hasAllItMade) => hasAllItMade;

    /// <summary>A delta that was part of the state before is not told on. Breaks otherwise: it goes round and round.</summary>
    public virtual bool IsNews(bool isNew) => isNew;

    /// <summary>A replica that may have forgotten what it made begins anew.
    /// Breaks otherwise: it claims to know all of its own updates, and those it forgot vanish.</summary>
    public virtual bool BeginsAnew(bool mayHaveForgotten) => mayHaveForgotten;
}
