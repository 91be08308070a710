using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// Gathers what proposer and acceptor say in a turn, and sends it at its end: one message each to every member. What the
/// acceptor answers leaves when the journal has all that it did before. This node's own acceptor is asked without a message;
/// its answers wait for the journal as those to others do.
/// </summary>
internal sealed class Outbox(CasPaxosReplica replica)
{
    private sealed class Lane(NodeId node)
    {
        public NodeId Node { get; } = node;

        public ArrayBufferWriter<byte> Asked { get; } = new();

        public ArrayBufferWriter<byte> Answers { get; } = new();

        /// <summary>The life of the proposer that the answers are for.</summary>
        public long Incarnation { get; set; }

        /// <summary>When the first message left that nothing was heard after, in ticks; null: something was.</summary>
        public long? UnansweredSince { get; set; }
    }

    private readonly List<Lane> _lanes = [];
    private readonly Queue<(PersistPoint After, byte[] Answers)> _own = new();
    private readonly Proposal _proposal = new();

    /// <summary>Answers of this node's own acceptor that wait for the journal.</summary>
    public int OwnWaiting => _own.Count;

    /// <summary>It has been asked something and has answered nothing for as long as it takes until it is asked again: its vote is
    /// not waited for. To be wrong about that costs a round, nothing else.</summary>
    public bool IsSilent(NodeId acceptor) =>
        replica.Ticks - (LaneOf(acceptor).UnansweredSince ?? replica.Ticks) >= replica.Options.ResendTicks;

    public void OnHeard(NodeId acceptor) => LaneOf(acceptor).UnansweredSince = null;

    public void Ask(NodeId acceptor, in Item item)
    {
        var lane = LaneOf(acceptor);
        item.Write(lane.Asked);
        if (acceptor != replica.Self && lane.Asked.WrittenCount > replica.Options.MaxBatchBytes) SendAsked(lane);
    }

    /// <summary>A proposer's items of one message, to be answered at the end of the turn.</summary>
    public void Answer(NodeId proposer, Proposal message)
    {
        var lane = LaneOf(proposer);
        // An earlier life of the proposer does not listen any more.
        if (lane.Incarnation != message.Incarnation) lane.Answers.ResetWrittenCount();
        lane.Incarnation = message.Incarnation;
        replica.Acceptor.Handle(message.Items.Span, lane.Answers);
        if (lane.Answers.WrittenCount > replica.Options.MaxBatchBytes) SendAnswers(lane);
    }

    /// <summary>The end of a turn, or the journal has moved on: sends until nothing is left to be sent.</summary>
    public void Flush()
    {
        do
        {
            HandleOwn();
            foreach (var lane in _lanes) SendAsked(lane);
            foreach (var lane in _lanes) SendAnswers(lane);
        }
        while (TakeOwn());
        replica.Journal.Save(replica.Out);
    }

    /// <summary>What was said belongs to an older epoch.</summary>
    public void Clear()
    {
        _own.Clear();
        foreach (var lane in _lanes)
        {
            lane.Asked.ResetWrittenCount();
            lane.Answers.ResetWrittenCount();
        }
    }

    private void HandleOwn()
    {
        var lane = LaneOf(replica.Self);
        if (replica.IsVoting) replica.Acceptor.Handle(lane.Asked.WrittenSpan, lane.Answers);
        lane.Asked.ResetWrittenCount();
    }

    /// <returns>True when there was something, which may have led to more.</returns>
    private bool TakeOwn()
    {
        var any = false;
        while (_own.TryPeek(out var next)
            && (next.After <= replica.Journal.DurablePoint || !replica.Rules.AnswersWaitForTheJournal))
        {
            _own.Dequeue();
            replica.Proposer.HandleAnswers(replica.Self, next.Answers);
            any = true;
        }

        if (any) replica.Proposer.BeginReady();
        return any;
    }

    private void SendAsked(Lane lane)
    {
        if (lane.Asked.WrittenCount == 0 || lane.Node == replica.Self) return;
        _proposal.Epoch = replica.Accepted.Epoch;
        _proposal.Incarnation = replica.Incarnation;
        _proposal.Items = lane.Asked.WrittenMemory;
        replica.Out.Send(lane.Node, _proposal);
        lane.UnansweredSince ??= replica.Ticks;
        lane.Asked.ResetWrittenCount();
    }

    private void SendAnswers(Lane lane)
    {
        if (lane.Answers.WrittenCount == 0) return;
        replica.Journal.Save(replica.Out);
        var after = replica.Rules.AnswersWaitForTheJournal ? replica.Journal.LastPoint : default;
        var answers = lane.Answers.WrittenSpan.ToArray();
        lane.Answers.ResetWrittenCount();
        if (lane.Node == replica.Self)
        {
            _own.Enqueue((after, answers));
            return;
        }

        var message = new Confirmation { Epoch = replica.Accepted.Epoch, Incarnation = lane.Incarnation, Items = answers };
        replica.Out.Send(lane.Node, message, after);
    }

    private Lane LaneOf(NodeId node)
    {
        foreach (var lane in _lanes) if (lane.Node == node) return lane;
        var added = new Lane(node);
        _lanes.Add(added);
        return added;
    }
}
