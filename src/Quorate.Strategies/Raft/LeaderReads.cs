using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Reads that wait until the leader knows that it still is one: a round of heartbeats sent after they came, answered by
/// a quorum. One round in flight; later reads gather for the next. A client's read then waits until all that was committed is
/// applied here. [Raft §6.4]
/// </summary>
/// <param name="rules">the decisions</param>
/// <param name="bounds">how far the log is committed</param>
/// <param name="applier">how far it is applied</param>
/// <param name="step">of the replica</param>
/// <param name="answer">tells a follower, whose question had this context, how far it must have applied</param>
internal sealed class LeaderReads(
    RaftRules rules, LogBounds bounds, Applier<Term> applier, Step step, Action<NodeId, long> answer)
{
    private readonly WaitingReads _confirmed = new();
    private List<Read> _gathering = [];
    private List<Read> _asked = [];
    private long _round;

    private readonly record struct Read(RequestId Request, NodeId From, long Context);

    public bool IsEmpty => _gathering.Count + _asked.Count == 0 && _confirmed.IsEmpty;

    public void Add(RequestId request) => _gathering.Add(new Read(request, default, 0));

    /// <summary>The leader knows that it still is one, but its state lacks some of what is committed.</summary>
    public void AddConfirmed(RequestId request)
    {
        _confirmed.Add(bounds.CommitIndex, request);
        Release();
    }

    /// <summary>Lets go the reads whose index the state here has reached.</summary>
    public void Release() => _confirmed.Release(applier.LastApplied, step.Out);

    /// <summary>A follower asks. Putting the same question again replaces the earlier.</summary>
    public void Add(NodeId from, long context)
    {
        _gathering.RemoveAll(r => r.From == from);
        _asked.RemoveAll(r => r.From == from);
        _gathering.Add(new Read(default, from, context));
    }

    /// <summary>True when a round must be sent; those that have gathered then wait for <paramref name="nextRound"/>.</summary>
    public bool TryBeginRound(long nextRound)
    {
        if (_asked.Count > 0 || _gathering.Count == 0) return false;
        (_asked, _gathering) = (_gathering, _asked);
        _round = nextRound;
        return true;
    }

    /// <summary>A quorum has answered <paramref name="quorumRound"/>.</summary>
    /// <returns>True when reads were let go, so that the next round may begin.</returns>
    public bool TryConfirm(long quorumRound)
    {
        if (_asked.Count == 0 || !rules.IsReadIndexConfirmed(quorumRound, _round)) return false;
        foreach (var read in _asked)
        {
            // CommitIndex now is at least what it was when the read came.
            if (read.From.IsNone) _confirmed.Add(bounds.CommitIndex, read.Request);
            else answer(read.From, read.Context);
        }

        _asked.Clear();
        Release();
        return true;
    }

    public void Fail()
    {
        _confirmed.End(Outcome.NotLeader(NodeId.None), step.Out);
        Fail(_asked);
        Fail(_gathering);
    }

    private void Fail(List<Read> reads)
    {
        foreach (var read in reads)
        {
            if (read.From.IsNone) step.Out.Reply(read.Request, Outcome.NotLeader(NodeId.None));
        }

        reads.Clear();
    }
}
