using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Reads that cannot be answered from the local state at once. One version query for all that have gathered is on its way
/// to the tail, later reads gather behind it; a read is let go when the entries up to the tail's committed index are
/// applied here. The asker needs no lease for this: what a tail under its lease had committed after the read began is as new
/// as any. [CRAQ §2.3]
/// </summary>
internal sealed class Reads(ChainReplica replica)
{
    private readonly List<(LogIndex Index, RequestId Request, long GivenUpAt)> _waiting = [];
    private List<RequestId> _gathering = [];
    private List<RequestId> _asked = [];

    // Questions of another life are answered late, too: their contexts must not be asked again.
    private long _context = replica.Incarnation << 32;
    private long _tick;
    private long _gatheringSince;
    private long _askedSince;
    private long _sentAt;

    public void Add(RequestId request)
    {
        if (_gathering.Count == 0) _gatheringSince = _tick;
        _gathering.Add(request);
    }

    /// <summary>Asks for those that have gathered, unless a question is on its way.</summary>
    public void Ask()
    {
        if (_asked.Count + _gathering.Count == 0 || replica.Position is not { } position) return;
        if (position.Tail is { } tail)
        {
            if (tail.MayAnswer) LetAllGo();
            return;
        }

        if (_asked.Count == 0)
        {
            (_asked, _gathering) = (_gathering, _asked);
            _askedSince = _gatheringSince;
            _gatheringSince = _tick;
            _context++;
            Send(position);
        }
        else if (_tick - _sentAt >= replica.Options.QueryTicks)
        {
            Send(position);
        }
    }

    public void OnTick()
    {
        _tick++;
        var patience = replica.Options.ReadPatienceTicks;
        if (_asked.Count > 0 && _tick - _askedSince > patience) GiveUp(_asked);
        if (_gathering.Count > 0 && _tick - _gatheringSince > patience) GiveUp(_gathering);
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            var read = _waiting[i];
            if (read.GivenUpAt < _tick) replica.Out.Reply(read.Request, Outcome.Unavailable("this replica lags behind the chain"));
            else _waiting[kept++] = read;
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>Whoever is the tail now is asked at once.</summary>
    public void OnEpochBegun() => _sentAt = _tick - replica.Options.QueryTicks;

    public void HandleReply(VersionReply reply)
    {
        if (reply.Context != _context || _asked.Count == 0) return;
        foreach (var request in _asked) _waiting.Add((reply.Index, request, _tick + replica.Options.ReadPatienceTicks));
        _asked.Clear();
        // A tail says what is committed: it need not be heard again through the chain.
        replica.LearnCommit(reply.Index);
        OnApplied();
    }

    public void OnApplied()
    {
        if (_waiting.Count == 0) return;
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Index <= replica.LastApplied) replica.Out.Reply(_waiting[i].Request, Outcome.ReadNow);
            else _waiting[kept++] = _waiting[i];
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>A read that was not done certainly was not.</summary>
    public void FailAll(in Outcome outcome)
    {
        foreach (var request in _asked) replica.Out.Reply(request, outcome);
        foreach (var request in _gathering) replica.Out.Reply(request, outcome);
        foreach (var (_, request, _) in _waiting) replica.Out.Reply(request, outcome);
        _asked.Clear();
        _gathering.Clear();
        _waiting.Clear();
    }

    private void LetAllGo()
    {
        foreach (var request in _asked) replica.Out.Reply(request, Outcome.ReadNow);
        foreach (var request in _gathering) replica.Out.Reply(request, Outcome.ReadNow);
        _asked.Clear();
        _gathering.Clear();
    }

    private void GiveUp(List<RequestId> reads)
    {
        foreach (var request in reads) replica.Out.Reply(request, Outcome.Unavailable("the tail of the chain does not answer"));
        reads.Clear();
    }

    private void Send(Position position)
    {
        _sentAt = _tick;
        replica.Out.Send(position.TailNode, new VersionQuery { Epoch = replica.Accepted.Epoch, Context = _context });
    }
}
