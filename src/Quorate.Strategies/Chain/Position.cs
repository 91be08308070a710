using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// A replica's part in one epoch: who is before it, who behind it, whether it orders, whether it commits. Dies with the
/// epoch, and with it all that is only true in it.
/// </summary>
internal sealed class Position
{
    public Position(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, ChainJournal journal, Commits commits,
        SnapshotMaker maker, long incarnation, GroupConfiguration configuration)
    {
        var chain = configuration.InSync;
        var at = IndexOf(chain, accepted.Self);
        var last = chain.Count - 1;
        IsLearner = at < 0;
        if (at == 0) Head = new Head(step, accepted, log, keyed, commits);
        else Predecessor = new Predecessor(
            step, accepted, log, keyed, journal, commits, incarnation, chain[IsLearner ? last : at - 1]);
        if (at >= 0 && at < last)
            Successor = new Successor(step, accepted, log, commits, maker, chain[at + 1], isLearner: false);
        if (at == last) Tail = new Tail(step, accepted, log, commits, maker, configuration.Learners);
        TailNode = chain[last];
    }

    public bool IsLearner { get; }

    public Head? Head { get; }

    /// <summary>Null for the head. A learner's is the tail.</summary>
    public Predecessor? Predecessor { get; }

    /// <summary>Null for the tail and for learners.</summary>
    public Successor? Successor { get; }

    public Tail? Tail { get; }

    public NodeId TailNode { get; }

    public void Begin()
    {
        Head?.Begin();
        Predecessor?.SendResume();
    }

    public Successor? LinkTo(NodeId node) => Successor?.Node == node ? Successor : Tail?.LearnerOf(node);

    public void OnTick()
    {
        Head?.OnTick();
        Predecessor?.OnTick();
        Successor?.OnTick();
        Tail?.OnTick();
    }

    public void OnTurnEnd()
    {
        Successor?.Send();
        Tail?.OnTurnEnd();
        Predecessor?.OnTurnEnd();
    }

    public void OnEnd(GroupConfiguration next)
    {
        Head?.OnEnd(next);
        Successor?.EndTransfer();
        Tail?.OnEnd();
    }

    private static int IndexOf(IReadOnlyList<NodeId> chain, NodeId node)
    {
        for (var i = 0; i < chain.Count; i++) if (chain[i] == node) return i;
        return -1;
    }
}
