using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Reads;

/// <summary>
/// Reads of this node's clients that other replicas answer: for each group, the runs that are out. A run goes to the best
/// replica, to another one when that cannot answer it or falls silent, and back to its session when none can.
/// </summary>
internal sealed class RemoteReads(IGroupNode node, PeerScores peers)
{
    /// <summary>A replica that is there but keeps a run longer is given up for this run.</summary>
    private const long Patience = 500 * StepTime.NanosecondsPerMillisecond;

    /// <summary>A replica that could not answer a read of the group gets no more of its reads for a moment.</summary>
    private const long Avoidance = 200 * StepTime.NanosecondsPerMillisecond;

    private readonly SortedList<int, ByteQueue> _out = [];
    private readonly SortedDictionary<long, Run> _runs = [];
    private readonly SortedList<int, long> _avoidedUntil = [];
    private readonly List<Run> _late = [];
    private readonly Stack<Run> _spare = new();
    private readonly Readers _readers = new(node);
    private (NodeId, int)[] _candidates = new (NodeId, int)[8];
    private byte[] _entry = new byte[256];
    private HostedGroup _group = null!; // the first object that stands for the group moves it to itself
    private long _lastTicket;

    private sealed class Run
    {
        public long Ticket;
        public IReader? Client;
        public ReadRule Rule;
        public NodeId Target;
        public long SentAt;
        public readonly List<NodeId> Tried = [];
        public readonly ByteQueue Bytes = new();
    }

    /// <summary>Runs that are out.</summary>
    public int Count => _runs.Count;

    /// <summary>Another object stands for the same group on this node.</summary>
    public void MoveTo(HostedGroup group) => _group = group;

    /// <summary>Sends a run of reads, of which each command is given by <see cref="Add"/>.</summary>
    /// <returns>0: there is no replica to ask.</returns>
    public long Begin(IReader client, in ReadRule rule, int count, StepTime now)
    {
        var run = _spare.TryPop(out var used) ? used : new Run();
        (run.Ticket, run.Client, run.Rule) = (++_lastTicket, client, rule);
        run.Target = Choose(run, now);
        if (run.Target.IsNone)
        {
            Recycle(run);
            return 0;
        }

        RunCodec.Begin(run.Bytes, run.Ticket, rule, rule.FollowsSession ? client.Positions.Of(_group.Id) : [], count);
        _runs.Add(run.Ticket, run);
        return run.Ticket;
    }

    public void Add(long ticket, int database, int protocol, in CommandArgs args)
    {
        var length = EntryCodec.WriteCommand(ref _entry, 0, database, protocol, args);
        RunCodec.AddCommand(_runs[ticket].Bytes, _entry.AsSpan(0, length));
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    /// <summary>The run is whole.</summary>
    public void End(long ticket, StepTime now) => Send(_runs[ticket], now);

    /// <summary>No session waits for these any more.</summary>
    public void Forget(IAsker client)
    {
        foreach (var run in _runs.Values)
            if (run.Client == client) run.Client = null;
    }

    public bool OnAnswers(NodeId from, ReadsAnswered message, StepTime now)
    {
        if (message.Session != node.Life) return true; // meant for an earlier life
        for (var runs = message.Runs.Span; runs.Length > 0;)
        {
            if (!RunCodec.TryTakeAnswer(ref runs, out var ticket, out var outcome, out var point, out var count, out var replies))
                return false;
            // A replica that was given up may answer yet: as good as any, unless it says that it cannot.
            if (!_runs.TryGetValue(ticket, out var run) || (run.Target != from && outcome == RunOutcome.Unable)) continue;
            OnAnswer(run, from, outcome, point, count, replies, now);
        }

        return true;
    }

    public void OnTick(StepTime now)
    {
        if (_runs.Count == 0) return;
        _late.Clear();
        foreach (var run in _runs.Values)
            if (now.Nanoseconds - run.SentAt >= Patience || peers.IsEjected(run.Target) || node.Host.OutputTo(run.Target) is null)
                _late.Add(run);
        foreach (var run in _late) TryAnother(run, now);
    }

    public void Flush()
    {
        for (var i = 0; i < _out.Count; i++)
        {
            var (peer, bytes) = (_out.GetKeyAtIndex(i), _out.GetValueAtIndex(i));
            if (bytes.Length == 0) continue;
            _group.Send(new NodeId(peer), new ReadsAsked { Session = node.Life, Runs = bytes.Memory });
            bytes.Clear();
        }
    }

    private void OnAnswer(
        Run run, NodeId from, RunOutcome outcome, in HistoryPoint point, int count, ReadOnlySpan<byte> replies, StepTime now)
    {
        if (outcome == RunOutcome.Unable)
        {
            _avoidedUntil[from.Value] = now.Nanoseconds + Avoidance;
            TryAnother(run, now);
            return;
        }

        var client = run.Client;
        var ticket = run.Ticket;
        var rule = run.Rule;
        Finish(run);
        if (outcome == RunOutcome.Lost) client?.OnRunLost(ticket);
        else client?.OnRunAnswered(ticket, _group.Id, rule, point, count, replies);
    }

    private void TryAnother(Run run, StepTime now)
    {
        if (!run.Tried.Contains(run.Target)) run.Tried.Add(run.Target);
        peers.Of(run.Target).Outstanding--;
        run.Target = NodeId.None;
        var next = run.Client is null ? NodeId.None : Choose(run, now);
        if (next.IsNone)
        {
            var (client, ticket) = (run.Client, run.Ticket);
            Finish(run);
            client?.OnRunFailed(ticket);
            return;
        }

        run.Target = next;
        Send(run, now);
    }

    private void Send(Run run, StepTime now)
    {
        run.SentAt = now.Nanoseconds;
        var score = peers.Of(run.Target);
        score.Outstanding++;
        score.Sent++;
        if (!_out.TryGetValue(run.Target.Value, out var bytes)) _out.Add(run.Target.Value, bytes = new ByteQueue());
        bytes.Append(run.Bytes.Written);
        _group.NeedsTurnEnd();
    }

    private void Finish(Run run)
    {
        if (!run.Target.IsNone) peers.Of(run.Target).Outstanding--;
        _runs.Remove(run.Ticket);
        Recycle(run);
    }

    private void Recycle(Run run)
    {
        run.Client = null;
        run.Target = NodeId.None;
        run.Tried.Clear();
        run.Bytes.Clear();
        if (_spare.Count < 64) _spare.Push(run);
    }

    private NodeId Choose(Run run, StepTime now)
    {
        var members = _readers.Of(_group, run.Rule);
        if (_candidates.Length < members.Count) _candidates = new (NodeId, int)[members.Count];
        for (var careful = true; ; careful = false)
        {
            var count = 0;
            foreach (var (peer, distance) in members)
            {
                if (run.Tried.Contains(peer) || node.Host.OutputTo(peer) is null) continue;
                if (careful && _avoidedUntil.TryGetValue(peer.Value, out var until) && now.Nanoseconds < until) continue;
                _candidates[count++] = (peer, distance);
            }

            if (count > 0) return peers.Choose(_candidates.AsSpan(0, count), now);
            if (!careful) return NodeId.None;
        }
    }
}
