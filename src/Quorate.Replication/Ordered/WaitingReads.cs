namespace Quorate.Replication.Ordered;

/// <summary>Reads that may be executed as soon as the state here has come to an index. One caller at a time.</summary>
public sealed class WaitingReads
{
    private readonly List<(LogIndex Index, RequestId Request, long Until)> _reads = [];

    public bool IsEmpty => _reads.Count == 0;

    /// <param name="index">the state must be the one after this entry, or later</param>
    /// <param name="request">the read</param>
    /// <param name="until">it is given up after this moment; whatever is counted</param>
    public void Add(LogIndex index, RequestId request, long until = long.MaxValue) => _reads.Add((index, request, until));

    /// <summary>Lets go all that wait for <paramref name="applied"/> or less.</summary>
    public void Release(LogIndex applied, Effects effects)
    {
        if (_reads.Count == 0) return;
        var kept = 0;
        for (var i = 0; i < _reads.Count; i++)
        {
            if (_reads[i].Index <= applied) effects.Reply(_reads[i].Request, Outcome.ReadNow);
            else _reads[kept++] = _reads[i];
        }

        _reads.RemoveRange(kept, _reads.Count - kept);
    }

    /// <summary>Gives up those whose time is over.</summary>
    public void GiveUp(long now, in Outcome outcome, Effects effects)
    {
        var kept = 0;
        for (var i = 0; i < _reads.Count; i++)
        {
            if (_reads[i].Until < now) effects.Reply(_reads[i].Request, outcome);
            else _reads[kept++] = _reads[i];
        }

        _reads.RemoveRange(kept, _reads.Count - kept);
    }

    /// <summary>Gives up all.</summary>
    public void End(in Outcome outcome, Effects effects)
    {
        for (var i = 0; i < _reads.Count; i++) effects.Reply(_reads[i].Request, outcome);
        _reads.Clear();
    }
}
