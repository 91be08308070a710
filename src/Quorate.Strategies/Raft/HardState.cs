using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Term and vote: the persistent state on all servers, but for the log. [Raft fig. 2]</summary>
internal sealed class HardState(RaftJournal journal, Step step)
{
    /// <summary>Rises only; durable before any answer in it leaves.</summary>
    public Term CurrentTerm { get; private set; }

    /// <summary>The candidate that has this replica's vote in <see cref="CurrentTerm"/>; set once a term.</summary>
    public NodeId VotedFor { get; private set; }

    /// <summary>When both are durable.</summary>
    public PersistPoint Point => journal.HardStatePoint;

    /// <summary>Sets and journals both; what is answered by them waits for the journal.</summary>
    public void Enter(Term term, NodeId votedFor)
    {
        Invariant.Require(term >= CurrentTerm, "terms only rise [Raft §5.1]");
        Restore(term, votedFor);
        Save();
    }

    /// <summary>Journals both (again).</summary>
    public PersistPoint Save() => journal.SaveHardState(CurrentTerm, VotedFor, step.Out);

    /// <summary>What the journal says.</summary>
    public void Restore(Term term, NodeId votedFor) => (CurrentTerm, VotedFor) = (term, votedFor);
}
