using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Linearizable reads on a backup: one question for the primary's commit index on its way, later reads gather behind it;
/// a read is let go when the entries up to the index are applied here.
/// </summary>
internal sealed class BackupReads(PrimaryReplica replica)
{
    private readonly List<(LogIndex Index, RequestId Request)> _waiting = [];
    private List<RequestId> _gathering = [];
    private List<RequestId> _asked = [];
    private long _context;
    private int _ticksSinceAsked;

    public void Add(RequestId request) => _gathering.Add(request);

    /// <summary>Asks for those that have gathered, unless a question is on its way.</summary>
    public void Ask(NodeId leader)
    {
        if (_asked.Count > 0 || _gathering.Count == 0 || leader.IsNone) return;
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
        // One that was the primary and shipped state may hold what it executed and nobody committed.
        if (_waiting.Count == 0 || replica.Past.IsStateLost || replica.LastApplied > replica.CommitIndex) return;
        // Counter-example without the second half. 1. A primary that is cut off applies entries 5 and 6. 2. Another takes over
        // and commits a 5 of its own. 3. The old one comes back, asks, and hears 5: it has applied that much, but of what
        // the group gave up.
        var known = LogIndex.Min(replica.LastApplied, replica.Backup.Verified);
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Index <= known) replica.Out.Reply(_waiting[i].Request, Outcome.ReadNow);
            else _waiting[kept++] = _waiting[i];
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>The epoch is over. A read that was not done certainly was not.</summary>
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
        replica.Out.Send(leader, new ReadIndex { Epoch = replica.Configuration!.Epoch, Context = _context });
    }
}
