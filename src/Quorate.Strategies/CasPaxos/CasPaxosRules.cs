namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// The decisions on which safety hangs, each as a method of its own. The defaults are the paper. Nothing but a canary
/// overrides one, to prove that the checkers notice: there is no other reason to derive from this.
/// </summary>
public class CasPaxosRules
{
    public static readonly CasPaxosRules Paper = new();

    /// <summary>An acceptor's answer waits until what it says is durable. [CASPaxos §2.2]
    /// Breaks otherwise: after a crash it accepts what it had promised not to.</summary>
    public virtual bool AnswersWaitForTheJournal => true;

    /// <summary>An acceptor accepts no ballot less than it has promised. [CASPaxos §2.2]
    /// Breaks otherwise: a proposer that was overtaken overwrites what was chosen since.</summary>
    public virtual bool MayAccept(Ballot ballot, Ballot promised) => ballot >= promised;

    /// <summary>F+1 of 2F+1 answers are enough. [CASPaxos §2.2]
    /// Breaks otherwise: two quorums without a common acceptor.</summary>
    public virtual int Quorum(int majority) => majority;

    /// <summary>A change that may have been accepted is looked for in what was chosen since, before it is made again.
    /// Breaks otherwise: one INCR counts twice.</summary>
    public virtual bool LooksForItsChange => true;

    /// <summary>A tombstone is removed when every acceptor has accepted it, not only a quorum. [CASPaxos §3.1]
    /// Breaks otherwise: an acceptor that was away brings the deleted value back.</summary>
    public virtual int AcceptorsWithTombstone(int all, int majority) => all;

    /// <summary>The promise that came with an accept ends when another proposer is promised more. [CASPaxos §2.2.1]
    /// Breaks otherwise: two proposers write upon what each remembers.</summary>
    public virtual Ballot PromisedAfterPrepare(Ballot prepared, Ballot promised) => prepared;
}
