using System.Buffers;
using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster;

/// <summary>
/// A node without IO: its groups, the routing of commands, its client sessions. Synchronous, deterministic, one caller at
/// a time; the shell holds a lock around every call, the simulator has one thread.
/// </summary>
public sealed class Node
{
    /// <summary>The group that holds the sixteen numbered databases.</summary>
    public static readonly GroupId DefaultGroup = new(1);

    private readonly SortedList<int, HostedGroup> _hosted = [];
    private readonly SortedList<int, Group> _groups = []; // of those, the ones that hold keys
    private readonly List<HostedGroup> _touched = [];
    private readonly List<HostedGroup> _journaling = [];
    private readonly GroupClocks _clocks;
    private readonly List<OrderedGroup> _clockless = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(1 << 16);
    private readonly List<ClientSession> _sessions = [];
    private readonly Queue<ClientSession> _ready = new();
    private readonly PeerProbing _probing;
    private long _lastSessionId;
    private bool _turnEndRequested;
    private bool _isEndingTurn;
    private int _ticks;

    /// <param name="options">What the node is told when it starts.</param>
    /// <param name="host">The world around it.</param>
    public Node(NodeOptions options, INodeHost host)
        : this(options, host, NodeRules.Sound)
    {
    }

    internal Node(NodeOptions options, INodeHost host, NodeRules rules)
    {
        (Options, Host, Rules) = (options, host, rules);
        _clocks = new GroupClocks(this, _hosted);
        Watch = new PeerWatch(this, _clocks);
        Lost = new LostAndFound(this);
        Holdings = new Holdings(this);
        _probing = new PeerProbing(this);
        Routing = new Routing(this);
        View = new NodeView(this);
        News = new LeaderNews(this);
        if (options.Control is not null)
        {
            Control = new ControlPlane(this, options.Control);
            _hosted[Control.Hosting.Id.Value] = Control.Hosting;
            _clocks.Begin(Control.Hosting);
            Invariant.Require(Holdings.TryRestore(), "the note of the node's groups is damaged: restore the folder, or add the node anew with an empty one");
        }

        if (Find(DefaultGroup) is not null) return;
        if (Holdings.BeginsWithDefaultGroup) AddGroup(this.MakeDefault([.. options.Founders.Select(m => m.Id)], null));
        else Routing.StandIn(DefaultGroup, null);
    }

    public NodeOptions Options { get; }

    /// <summary>The contents of the default group. Null on a node that does not hold it.</summary>
    public KeyspaceMachine Machine => Default.Machine!;

    /// <summary>What the node's own commands and status pages see of it.</summary>
    public INodeView View { get; }

    public NodeStatistics Statistics { get; } = new();

    /// <summary>Non-null once the journal has failed: what commands on keys are answered with.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Measures the process for INFO; the host sets it, the simulator leaves it.</summary>
    public Func<ProcessStatus>? MeasureProcess { get; set; }

    public AlarmQueue Alarms { get; } = new();

    internal NodeRules Rules { get; }

    /// <summary>Null when the node runs without a control plane.</summary>
    internal ControlPlane? Control { get; }

    internal PeerWatch Watch { get; }

    internal Holdings Holdings { get; }

    /// <summary>The group of the numbered databases, or what stands for it where this node does not hold it.</summary>
    internal Group Default => _groups[DefaultGroup.Value];

    internal Routing Routing { get; }

    internal LostAndFound Lost { get; }

    internal Pause Pause { get; } = new();

    internal LeaderNews News { get; }
    /// <summary>Which peers answer reads, and how fast.</summary>
    internal PeerScores Peers => _probing.Scores;

    internal INodeHost Host { get; }

    internal StepTime Now { get; set; }

    internal StepTime StartTime { get; private set; }

    internal IReadOnlyList<ClientSession> Sessions => _sessions;

    /// <summary>Feeds a journal record back, in order, before <see cref="Start"/>. False: damaged journal, do not start.</summary>
    public bool Recover(GroupId group, ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (LostAndFound.IsStream(group)) return Lost.Recover(group, record, point);
        if (!Holdings.Has(group, point)) return Options.Control is not null;
        var hosted = _hosted[group.Value];
        if (!hosted.Replica.Recover(record, point)) return false;
        hosted.Effects.OnRecovered(point);
        return true;
    }

    /// <summary>Call once after recovery, before anything else.</summary>
    public void Start(StepTime now)
    {
        Now = StartTime = now;
        Holdings.OnRecovered();
        foreach (var group in _hosted.Values)
        {
            group.Replica.Start(now, group.Effects);
            AfterStep(group);
        }
    }

    public ClientSession Connect(string clientAddress, string localAddress, StepTime now)
    {
        var id = ++_lastSessionId;
        Statistics.ConnectionsReceived++;
        var session = new ClientSession(this, id, new SessionState(id, clientAddress, localAddress, now)) { Place = _sessions.Count };
        _sessions.Add(session);
        return session;
    }

    /// <summary>The connection is gone; what it had in flight may still happen, nobody hears of it.</summary>
    public void Disconnect(ClientSession session)
    {
        if (session.IsGone) return;
        session.IsGone = true;
        foreach (var group in _groups.Values) group.Forget(session);
        View.Channels.Leave(session.State);
        var last = _sessions[^1];
        _sessions[session.Place] = last;
        last.Place = session.Place;
        _sessions.RemoveAt(_sessions.Count - 1);
    }

    /// <summary>One whole frame from a peer (without the length prefix). False: damaged or not understood; drop the connection.</summary>
    public bool OnPeerFrame(NodeId from, ReadOnlyMemory<byte> frame, StepTime now)
    {
        Now = now;
        Statistics.PeerInputBytes += frame.Length;
        if (!PeerFrame.TryRead(frame, out var kind, out var id, out var body)) return false;
        Watch.OnFrame(from, now);
        if (kind == PeerPing.WireKind) return body.IsEmpty;
        if (kind is PeerProbe.WireKind or PeerProbe.AnswerKind) return PeerProbe.TryDecode(body, out var sentAt) && _probing.OnProbe(from, kind, sentAt, now);
        if (!_hosted.TryGetValue(id.Value, out var group)) return id.Value > 0; // dropped here, or not made yet
        if (Refusal is not null) return true;
        var understood = group.Hosted.OnMessage(from, kind, body, now);
        AfterStep(group);
        NeedsTurnEnd(group); // an answer makes room for what gathered behind the round in flight
        return understood;
    }

    public void OnTick(StepTime now)
    {
        Now = now;
        Statistics.OnTick(now);
        Lost.OnTick();
        News.OnTick();
        Watch.OnTick(now);
        if (Refusal is null)
        {
            _probing.OnTick(now);
            _clocks.OnTick(now);
        }

        var limit = Options.RequestTimeoutMilliseconds * StepTime.NanosecondsPerMillisecond;
        var lookForLate = ++_ticks % 10 == 0;
        for (var i = _sessions.Count - 1; i >= 0; i--)
        {
            if (i >= _sessions.Count || _sessions[i].PendingCount == 0) continue;
            _sessions[i].OnTick(now, lookForLate ? limit : long.MaxValue);
        }

        DrainReady();
    }

    /// <summary>What the host notices of its connection to a peer.</summary>
    public void OnPeer(NodeId peer, PeerNews news, StepTime now) => _clocks.OnPeer(peer, news, Now = now);

    public void OnPersisted(PersistPoint durable, StepTime now)
    {
        Now = now;
        if (Refusal is not null) return;
        Lost.OnPersisted(durable);
        var waiting = _journaling.Count;
        for (var i = 0; i < waiting; i++)
        {
            var group = _journaling[i];
            group.AwaitsJournal = false;
            if (group.IsGone) continue;
            group.Effects.OnPersisted(durable);
            group.Replica.OnPersisted(durable, now, group.Effects);
            AfterStep(group);
            NeedsTurnEnd(group);
            if (group.Effects.AwaitsJournal) AwaitJournal(group);
        }

        _journaling.RemoveRange(0, waiting);
    }

    /// <summary>The journal failed for good (disk full, fsync error): the node takes no part any more and refuses
    /// everything that needs a keyspace, so that the others go on without it. Start it again once the cause is mended.</summary>
    public void OnJournalFailed(string why, StepTime now)
    {
        Now = now;
        if (Refusal is not null) return;
        Refusal = $"MISCONF this node's journal failed and it serves no data until it is started again: {why}";
        foreach (var session in _sessions.ToArray()) session.FailPending();
    }

    public void OnSnapshotSealed(GroupId group, LogIndex index, bool saved, StepTime now)
    {
        Now = now;
        if (Refusal is not null || !_hosted.TryGetValue(group.Value, out var hosted)) return;
        hosted.Replica.OnSnapshotSealed(index, saved, now, hosted.Effects);
        AfterStep(hosted);
        NeedsTurnEnd(hosted);
    }

    public void OnTurnEnd(StepTime now)
    {
        Now = now;
        _turnEndRequested = false;
        if (Refusal is not null) return;
        DrainReady();
        _isEndingTurn = true;
        var count = _touched.Count;
        for (var i = 0; i < count; i++)
        {
            var group = _touched[i];
            group.IsTouched = false;
            if (group.IsGone) continue;
            group.Hosted.OnTurnEnd(now);
            if (group.Replica.HasMoreToDo) NeedsTurnEnd(group);
        }

        _touched.RemoveRange(0, count); // those touched meanwhile have asked for another turn
        DrainReady();
        _isEndingTurn = false;
    }

    public void Describe(StringBuilder text) => Default.Describe(text);

    public void CheckInvariants()
    {
        foreach (var group in _hosted.Values) group.Replica.CheckInvariants();
    }

    /// <summary>A group of keys, or what stands for it here; null when it was never asked for.</summary>
    internal Group? Find(GroupId id) => _groups.GetValueOrDefault(id.Value);

    /// <summary>A replica of the group is here, the control group's too, or something stands for it.</summary>
    internal bool Hosts(GroupId id) => _hosted.ContainsKey(id.Value);

    internal IEnumerable<Group> Groups => _groups.Values;

    /// <summary>Those that are not quiet, the control group too, in no order.</summary>
    internal IReadOnlyList<HostedGroup> Ticking => _clocks.Ticking;

    /// <summary>The group stands for its keys from now on, in place of what did so until now.</summary>
    internal void AddGroup(Group group)
    {
        if (_hosted.TryGetValue(group.Id.Value, out var before)) _clocks.Stop(before);
        _groups[group.Id.Value] = group;
        _hosted[group.Id.Value] = group.Hosting;
        _clocks.Begin(group.Hosting);
    }

    internal void RemoveGroup(GroupId id)
    {
        if (!_groups.Remove(id.Value, out var group)) return;
        _hosted.Remove(id.Value);
        group.Hosting.IsGone = true;
        _clocks.Stop(group.Hosting);
    }

    internal void SendTo(NodeId to, HostedGroup group, Message message)
    {
        if (Host.OutputTo(to) is not { } output) return;
        PeerFrame.Write(output, group.Id, message, _scratch);
        Watch.OnSent(to);
        Statistics.PeerOutputBytes += _scratch.WrittenCount;
        if (_scratch.Capacity > 1 << 24) _scratch.Clear();
        HasEffects(group);
    }

    /// <summary>What is said between nodes, not between replicas: it stirs no group.</summary>
    internal void Tell(NodeId peer, Message message)
    {
        if (Host.OutputTo(peer) is { } output) PeerFrame.Write(output, DefaultGroup, message, _scratch);
        RequestTurnEnd();
    }

    internal void NeedsTurnEnd(HostedGroup group)
    {
        if (!group.IsTicking) _clocks.Begin(group);
        if (!group.IsTouched)
        {
            group.IsTouched = true;
            _touched.Add(group);
        }

        RequestTurnEnd();
    }

    /// <summary>Something has to leave the node at the end of the turn; at its end it leaves anyway.</summary>
    internal void HasEffects(HostedGroup group)
    {
        if (!_isEndingTurn) NeedsTurnEnd(group);
    }

    /// <summary>The group appended something: it hears when that is durable.</summary>
    internal void AwaitJournal(HostedGroup group)
    {
        if (group.AwaitsJournal) return;
        group.AwaitsJournal = true;
        _journaling.Add(group);
    }

    /// <summary>The group's clock is to move on before the step is over.</summary>
    internal void AwaitClock(OrderedGroup group)
    {
        if (!_clockless.Contains(group)) _clockless.Add(group);
        RequestTurnEnd();
    }

    internal void AddReady(ClientSession session)
    {
        _ready.Enqueue(session);
        RequestTurnEnd();
    }

    internal void OnLeaderChanged()
    {
        foreach (var session in _sessions) if (session.PendingCount > 0) session.MakeReady();
    }

    internal long ForwardingSession => ((long)Options.Self.Value << 40) | Options.Incarnation;

    /// <summary>The node whose life a forwarding session is.</summary>
    internal static NodeId OfForwardingSession(long session) => new((int)(session >> 40));

    private void RequestTurnEnd()
    {
        if (_turnEndRequested) return;
        _turnEndRequested = true;
        Host.RequestTurnEnd();
    }

    internal void AfterStep(HostedGroup group)
    {
        group.Hosted.AfterStep(Now);
        DrainReady();
    }

    private void DrainReady()
    {
        if (_clockless.Count > 0)
        {
            foreach (var group in _clockless) group.ProposeClock(Now);
            _clockless.Clear();
        }

        for (var n = _ready.Count; n > 0; n--) _ready.Dequeue().OnReady();
    }
}
