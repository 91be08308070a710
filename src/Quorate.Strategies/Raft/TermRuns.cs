using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// The terms of a log as runs: terms never fall, and change only with elections, so a handful of runs tells the term of
/// millions of entries. The first run begins at the log's base.
/// </summary>
internal sealed class TermRuns
{
    private readonly List<(LogIndex First, Term Term)> _runs = [(default, default)];

    public Term LastTerm => _runs[^1].Term;

    public void Append(LogIndex index, Term term)
    {
        if (term == _runs[^1].Term) return;
        Invariant.Require(term > _runs[^1].Term, "terms in a log never fall [Raft §5.3]");
        _runs.Add((index, term));
    }

    public Term At(LogIndex index) => _runs[RunOf(index)].Term;

    /// <summary>See <see cref="EntryLog.LastNotAbove"/>.</summary>
    public LogIndex LastNotAbove(LogIndex index, Term term)
    {
        if (index < _runs[0].First) return index;
        for (var run = RunOf(index); run >= 0; run--)
        {
            if (_runs[run].Term <= term) return index;
            index = _runs[run].First.Previous;
        }

        return index;
    }

    public void TruncateFrom(LogIndex from)
    {
        while (_runs.Count > 1 && _runs[^1].First >= from) _runs.RemoveAt(_runs.Count - 1);
    }

    public void DropThrough(LogIndex index)
    {
        while (_runs.Count > 1 && _runs[1].First <= index) _runs.RemoveAt(0);
        _runs[0] = (index, _runs[0].Term);
    }

    public void Reset(LogIndex index, Term term)
    {
        _runs.Clear();
        _runs.Add((index, term));
    }

    public void CheckInvariants(LogIndex baseIndex, LogIndex lastIndex)
    {
        Invariant.Require(_runs[0].First == baseIndex, "the first run begins at the base");
        for (var i = 1; i < _runs.Count; i++)
        {
            Invariant.Require(_runs[i].Term > _runs[i - 1].Term, "terms in a log never fall [Raft §5.3]");
            Invariant.Require(_runs[i].First > _runs[i - 1].First && _runs[i].First <= lastIndex, "runs lie within the log");
        }
    }

    private int RunOf(LogIndex index)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].First <= index) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
