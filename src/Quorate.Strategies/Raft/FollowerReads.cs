using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Linearizable reads on a follower: one question for a read index on its way to the leader, later reads gather behind
/// it; a read is let go when the entries up to its index are applied here. [Raft §6.4]
/// </summary>
internal sealed class FollowerReads(RaftReplica replica)
{
    private readonly List<(LogIndex Index, RequestId Request)> _waiting = [];
    private List<RequestId> _gathering = [];
    private List<RequestId> _asked = [];
    private long _context;
    private int _ticksSinceAsked;

    public bool IsEmpty => _gathering.Count + _asked.Count + _waiting.Count == 0;

    public void Add(RequestId request) => _gathering.Add(request);

    /// <summary>Asks for those that have gathered, unless a question is on its way.</summary>
    public void Ask(NodeId leader)
    {
        if (_asked.Count > 0 || _gathering.Count == 0) return;
        (_asked, _gathering) = (_gathering, _asked);
        _context = replica.NextReadContext();
        Send(leader);
    }

    /// <summary>A question or its answer may be lost: it is put again.</summary>
    public void OnTick(NodeId leader)
    {
        if (_asked.Count > 0 && ++_ticksSinceAsked >= 2 * replica.Options.HeartbeatTicks) Send(leader);
    }

    public void HandleResponse(ReadIndexResponse response)
    {
        if (response.Context != _context || _asked.Count == 0) return;
        foreach (var request in _asked) _waiting.Add((response.Index, request));
        _asked.Clear();
        OnApplied();
    }

    public void OnApplied()
    {
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Index <= replica.LastApplied) replica.Out.Reply(_waiting[i].Request, Outcome.ReadNow);
            else _waiting[kept++] = _waiting[i];
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>There is nobody to ask any more. A read that was not done certainly was not.</summary>
    public void Fail()
    {
        foreach (var request in _asked) replica.Out.Reply(request, Outcome.NotLeader(NodeId.None));
        foreach (var request in _gathering) replica.Out.Reply(request, Outcome.NotLeader(NodeId.None));
        foreach (var (_, request) in _waiting) replica.Out.Reply(request, Outcome.NotLeader(NodeId.None));
        _asked.Clear();
        _gathering.Clear();
        _waiting.Clear();
    }

    private void Send(NodeId leader)
    {
        _ticksSinceAsked = 0;
        replica.Out.Send(leader, new ReadIndex { Term = replica.CurrentTerm, Context = _context });
    }
}
