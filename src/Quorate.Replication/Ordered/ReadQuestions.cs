namespace Quorate.Replication.Ordered;

/// <summary>
/// Linearizable reads at a replica that must ask another what is committed. One question is on its way for all reads that had
/// gathered, later reads gather behind it; a read is let go when the entries up to the answer's index are applied here. What
/// was committed when the question was answered is no older than what was committed when the read came. The strategy sends
/// the question and hears the answer. One caller at a time. [Raft §6.4; CRAQ §2.3]
/// </summary>
public sealed class ReadQuestions
{
    private static readonly Outcome NotAnswered = Outcome.Unavailable("the replica that knows what is committed does not answer");
    private static readonly Outcome Lagging = Outcome.Unavailable("this replica lags behind what is committed");

    private readonly QuestionNumbers _numbers;
    private readonly WaitingReads _answered = new();
    private readonly int _repeatTicks;
    private readonly long _patienceTicks;
    private List<RequestId> _gathering = [];
    private List<RequestId> _asked = [];
    private long _tick;
    private long _sentAt;
    private long _askedSince;
    private long _gatheringSince;

    /// <param name="numbers">of the replica's questions</param>
    /// <param name="repeatTicks">a question that has no answer after so many ticks is sent again: it or its answer may be
    /// lost</param>
    /// <param name="patienceTicks">a read is given up after so many ticks without an answer, and after so many behind one; null:
    /// never</param>
    public ReadQuestions(QuestionNumbers numbers, int repeatTicks, int? patienceTicks = null) =>
        (_numbers, _repeatTicks, _patienceTicks) = (numbers, repeatTicks, patienceTicks ?? int.MaxValue);

    /// <summary>The number of the question that was sent last.</summary>
    public long Question { get; private set; }

    public bool IsEmpty => _gathering.Count + _asked.Count == 0 && _answered.IsEmpty;

    /// <summary>The read waits for the next question.</summary>
    public void Add(RequestId request)
    {
        if (_gathering.Count == 0) _gatheringSince = _tick;
        _gathering.Add(request);
    }

    /// <summary>To be called when a question can be sent, at the end of a turn.</summary>
    /// <returns>True: send <see cref="Question"/> now, for the first time or again.</returns>
    public bool TryAsk()
    {
        if (_asked.Count == 0)
        {
            if (_gathering.Count == 0) return false;
            (_asked, _gathering) = (_gathering, _asked);
            (_askedSince, _gatheringSince) = (_gatheringSince, _tick);
            Question = _numbers.Next();
        }
        else if (_tick - _sentAt < _repeatTicks)
        {
            return false;
        }

        _sentAt = _tick;
        return true;
    }

    /// <summary>Another replica knows now what is committed: the question is sent again at the next opportunity.</summary>
    public void AskAgain() => _sentAt = _tick - _repeatTicks;

    /// <summary>The answer to a question: all up to <paramref name="index"/> is committed.</summary>
    /// <returns>False: to none that is open.</returns>
    public bool TryAnswer(long question, LogIndex index)
    {
        if (question != Question || _asked.Count == 0) return false;
        Answer(_asked, index);
        return true;
    }

    /// <summary>No question is needed: this replica knows that just what is up to <paramref name="index"/> is
    /// committed.</summary>
    public void AnswerAll(LogIndex index)
    {
        Answer(_asked, index);
        Answer(_gathering, index);
    }

    /// <summary>The state here is the one after <paramref name="applied"/>.</summary>
    public void Release(LogIndex applied, Effects effects) => _answered.Release(applied, effects);

    public void OnTick(Effects effects)
    {
        _tick++;
        if (_asked.Count > 0 && _tick - _askedSince > _patienceTicks) End(_asked, NotAnswered, effects);
        if (_gathering.Count > 0 && _tick - _gatheringSince > _patienceTicks) End(_gathering, NotAnswered, effects);
        if (!_answered.IsEmpty) _answered.GiveUp(_tick, Lagging, effects);
    }

    /// <summary>Gives up all reads, which have certainly not been executed.</summary>
    public void End(in Outcome outcome, Effects effects)
    {
        End(_asked, outcome, effects);
        End(_gathering, outcome, effects);
        _answered.End(outcome, effects);
    }

    private static void End(List<RequestId> reads, in Outcome outcome, Effects effects)
    {
        for (var i = 0; i < reads.Count; i++) effects.Reply(reads[i], outcome);
        reads.Clear();
    }

    private void Answer(List<RequestId> reads, LogIndex index)
    {
        for (var i = 0; i < reads.Count; i++) _answered.Add(index, reads[i], _tick + _patienceTicks);
        reads.Clear();
    }
}
