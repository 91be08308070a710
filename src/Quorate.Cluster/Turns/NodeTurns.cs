using System.Buffers;
using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Merging;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Turns;

/// <summary>The parts of a node, and what they ask of each other within a turn: which groups are touched, which wait for the
/// journal or for their clock, which sessions go on after the step. Each part sees of it what its own interface names.</summary>
internal sealed class NodeTurns : IGroupsNode, IControlNode, ISessionNode
{
    private readonly SortedList<int, HostedGroup> _hosted = [];
    private readonly SortedList<int, Group> _groups = []; // of those, the ones that hold keys
    private readonly List<HostedGroup> _touched = [];
    private readonly List<HostedGroup> _journaling = [];
    private readonly List<IClocked> _clockless = [];
    private readonly Queue<ClientSession> _ready = new();
    private readonly ArrayBufferWriter<byte> _scratch = new(1 << 16);
    private bool _turnEndRequested;
    private bool _isEndingTurn;

    public NodeTurns(NodeOptions options, INodeHost host, NodeRules rules)
    {
        (Options, Host, Rules, Life) = (options, host, rules, Lives.Of(options));
        Clocks = new GroupClocks(this, _hosted);
        Watch = new PeerWatch(this, Clocks);
        Lost = new LostAndFound(this);
        Holdings = new Holdings(this);
        Probing = new PeerProbing(this);
        Routing = new Routing(this);
        View = new NodeView(this);
        News = new LeaderNews(this);
        if (options.Control is not null)
        {
            Control = new ControlPlane(this, options.Control);
            _hosted[Control.Hosting.Id.Value] = Control.Hosting;
            Clocks.Begin(Control.Hosting);
            Invariant.Require(
                Holdings.TryRestore(),
                "the note of the node's groups is damaged: restore the folder, or add the node anew with an empty one");
        }

        if (Find(ControlMachine.DefaultGroup) is not null) return;
        if (Holdings.BeginsWithDefaultGroup) AddGroup(this.MakeDefault([.. options.Founders.Select(m => m.Id)], null));
        else Routing.StandIn(ControlMachine.DefaultGroup, null);
    }

    public NodeOptions Options { get; }

    public INodeHost Host { get; }

    public NodeRules Rules { get; }

    public long Life { get; }

    public StepTime Now { get; set; }

    public StepTime StartTime { get; set; }

    public AlarmQueue Alarms { get; } = new();

    public NodeStatistics Statistics { get; } = new();

    public ReadStatistics ReadStatistics => Statistics.Reads;

    public string? Refusal { get; set; }

    public Func<ProcessStatus>? MeasureProcess { get; set; }

    public Pause Pause { get; } = new();

    /// <summary>Null when the node runs without a control plane.</summary>
    public ControlPlane? Control { get; }

    public ClusterMap? Map => Control?.Map;

    public long PlacesVersion => Routing.Version;

    public PeerWatch Watch { get; }

    IPeerWatch IGroupNode.Watch => Watch;

    public GroupClocks Clocks { get; }

    public Holdings Holdings { get; }

    IHeldReplicas IControlNode.Held => Holdings;

    public LostAndFound Lost { get; }

    public Routing Routing { get; }

    public PeerProbing Probing { get; }

    public PeerScores Peers => Probing.Scores;

    public NodeView View { get; }

    INodeView ISessionNode.View => View;

    public LeaderNews News { get; }

    public Group Default => _groups[ControlMachine.DefaultGroup.Value];

    public IEnumerable<Group> Groups => _groups.Values;

    /// <summary>All groups here, the control group too, in ascending order of id.</summary>
    public IList<HostedGroup> Hosted => _hosted.Values;

    public IReadOnlyList<HostedGroup> Ticking => Clocks.Ticking;

    /// <summary>In no order: one that ends gives its place to the last.</summary>
    public List<ClientSession> Sessions { get; } = [];

    public Group? Find(GroupId id) => _groups.GetValueOrDefault(id.Value);

    public HostedGroup? FindHosted(GroupId id) => _hosted.GetValueOrDefault(id.Value);

    public bool Hosts(GroupId id) => _hosted.ContainsKey(id.Value);

    public void AddGroup(Group group)
    {
        if (_hosted.TryGetValue(group.Id.Value, out var before)) Clocks.Stop(before);
        _groups[group.Id.Value] = group;
        _hosted[group.Id.Value] = group.Hosting;
        Clocks.Begin(group.Hosting);
    }

    public void RemoveGroup(GroupId id)
    {
        if (!_groups.Remove(id.Value, out var group)) return;
        _hosted.Remove(id.Value);
        group.Hosting.IsGone = true;
        Clocks.Stop(group.Hosting);
    }

    public IReplica MakeControlReplica(IStateMachine machine) => this.MakeElecting(
        ControlMachine.ControlGroup,
        [.. Options.Founders.Select(m => m.Id)], machine, isDurable: !Options.IsEphemeral, StrategyRules.Sound);

    public void OnMapChanged() => Routing.OnMapChanged();

    public void OnConflict(GroupId group, byte[] key)
    {
        foreach (var keyspace in Map?.Keyspaces ?? [])
            if (keyspace.Groups.Contains(group)) View.Channels.Publish(View, ConflictNews.ChannelOf(keyspace.Name), key);
    }

    public void SendTo(NodeId to, HostedGroup group, Message message)
    {
        if (Host.OutputTo(to) is not { } output) return;
        PeerFrame.Write(output, group.Id, message, _scratch);
        Watch.OnSent(to);
        Statistics.PeerOutputBytes += _scratch.WrittenCount;
        if (_scratch.Capacity > 1 << 24) _scratch.Clear();
        HasEffects(group);
    }

    /// <summary>Sends what nodes, not replicas, say to each other: it stirs no group.</summary>
    public void Tell(NodeId peer, Message message)
    {
        if (Host.OutputTo(peer) is { } output) PeerFrame.Write(output, ControlMachine.DefaultGroup, message, _scratch);
        RequestTurnEnd();
    }

    public void NeedsTurnEnd(HostedGroup group)
    {
        if (!group.IsTicking) Clocks.Begin(group);
        if (!group.IsTouched)
        {
            group.IsTouched = true;
            _touched.Add(group);
        }

        RequestTurnEnd();
    }

    public void HasEffects(HostedGroup group)
    {
        if (!_isEndingTurn) NeedsTurnEnd(group);
    }

    public void AwaitJournal(HostedGroup group)
    {
        if (group.AwaitsJournal) return;
        group.AwaitsJournal = true;
        _journaling.Add(group);
    }

    public void AwaitClock(IClocked group)
    {
        if (!_clockless.Contains(group)) _clockless.Add(group);
        RequestTurnEnd();
    }

    public void AddReady(ClientSession session)
    {
        _ready.Enqueue(session);
        RequestTurnEnd();
    }

    public void OnLeaderChanged()
    {
        foreach (var session in Sessions)
            if (session.PendingCount > 0) session.MakeReady();
    }

    /// <summary>To be called after every step of a group's replica.</summary>
    public void AfterStep(HostedGroup group)
    {
        group.Hosted.AfterStep(Now);
        DrainReady();
    }

    public void OnPersisted(PersistPoint durable)
    {
        var waiting = _journaling.Count;
        for (var i = 0; i < waiting; i++)
        {
            var group = _journaling[i];
            group.AwaitsJournal = false;
            if (group.IsGone) continue;
            group.Effects.OnPersisted(durable);
            group.Replica.OnPersisted(durable, Now, group.Effects);
            AfterStep(group);
            NeedsTurnEnd(group);
            if (group.Effects.AwaitsJournal) AwaitJournal(group);
        }

        _journaling.RemoveRange(0, waiting);
    }

    public void OnTurnEnd()
    {
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
            group.Hosted.OnTurnEnd(Now);
            if (group.Replica.HasMoreToDo) NeedsTurnEnd(group);
        }

        _touched.RemoveRange(0, count); // those touched meanwhile have asked for another turn
        DrainReady();
        _isEndingTurn = false;
    }

    public void DrainReady()
    {
        if (_clockless.Count > 0)
        {
            foreach (var group in _clockless) group.ProposeClock(Now);
            _clockless.Clear();
        }

        for (var n = _ready.Count; n > 0; n--) _ready.Dequeue().OnReady();
    }

    private void RequestTurnEnd()
    {
        if (_turnEndRequested) return;
        _turnEndRequested = true;
        Host.RequestTurnEnd();
    }
}
