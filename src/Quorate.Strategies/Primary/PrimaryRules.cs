using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. Nothing but a canary of the simulator overrides one,
/// to prove that the checkers notice: there is no other reason to derive from this.
/// </summary>
public class PrimaryRules
{
    public static readonly PrimaryRules Standard = new();

    /// <summary>How many backups must have a write durably, when the policy asks for <paramref name="asked"/>.
    /// Breaks otherwise: the replicas that answer at a fail-over need not include one that has it.</summary>
    public virtual int BackupsNeeded(int asked) => asked;

    /// <summary>A primary acknowledges and reads only under its lease, at the very moment it does so.
    /// Breaks otherwise: it goes on beside the next primary.</summary>
    public virtual bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => nowNanoseconds < untilNanoseconds;

    /// <summary>A primary reads its own state only when all is applied that others may know to be committed.
    /// Breaks otherwise: a client reads at another replica what it then does not find here.</summary>
    public virtual bool IsStateNewest(bool isApplierBehind) => !isApplierBehind;

    /// <summary>What is said in an older epoch is not acted upon.
    /// Breaks otherwise: a deposed primary writes over what its successor has acknowledged.</summary>
    public virtual bool IsStale(Epoch spoken, Epoch accepted) => spoken < accepted;

    /// <summary>A backup's answer leaves when what it says is durable.
    /// Breaks otherwise: a write that was counted is gone after a power loss.</summary>
    public virtual PersistPoint AnswerLeavesAfter(PersistPoint saved) => saved;

    /// <summary>A new primary commits the log it took over only together with an entry of its own epoch.
    /// Breaks otherwise: an entry counted as committed gives way to a log that ends in a newer epoch.</summary>
    public virtual bool MayCommit(LogIndex reached, LogIndex firstOfEpoch) => reached >= firstOfEpoch;

    /// <summary>While another in-sync set may be taken by the control plane at any moment, a write must satisfy both.
    /// Breaks otherwise: a backup counts as in sync that lacks an acknowledged write.</summary>
    public virtual bool CommitsByWantedSetsToo => true;
}
