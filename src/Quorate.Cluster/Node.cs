using System.Buffers;
using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Peers;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster;

/// <summary>
/// A node without IO: its groups, the routing of commands, its client sessions. Synchronous, deterministic, one caller at
/// a time; the shell holds a lock around every call, the simulator has one thread.
/// </summary>
public sealed class Node
{
    /// <summary>The group that holds the sixteen numbered databases.</summary>
    public static readonly GroupId DefaultGroup = new(1);

    private readonly Group _group;
    private readonly ArrayBufferWriter<byte> _scratch = new(1 << 16);
    private readonly List<ClientSession> _sessions = [];
    private readonly Queue<ClientSession> _ready = new();
    private readonly List<ClientSession> _clockWaiters = [];
    private readonly List<ClientSession> _clockAdvance = [];
    private readonly RespWriter _nobody = RespWriter.Discarding();
    private long _lastSessionId;
    private bool _turnEndRequested;
    private bool _isEndingTurn;
    private int _ticks;

    /// <param name="options">What the node is told when it starts.</param>
    /// <param name="host">The world around it.</param>
    /// <param name="rules">Raft's rules; only the simulator's canaries give others than the paper's.</param>
    public Node(NodeOptions options, INodeHost host, RaftRules? rules = null)
    {
        (Options, Host) = (options, host);
        Keyspace = new CommandTable(CommandTable.Keyspace);
        _group = new Group(DefaultGroup, this, Keyspace, rules);
        View = new NodeView(this, _group);
    }

    public NodeOptions Options { get; }

    /// <summary>The raft replica of the default group, for status pages and the simulator's checkers.</summary>
    public RaftReplica Raft => _group.Raft;

    /// <summary>The contents of the default group.</summary>
    public KeyspaceMachine Machine => _group.Machine;

    /// <summary>What the node's own commands and status pages see of it.</summary>
    public INodeView View { get; }

    public NodeStatistics Statistics { get; } = new();

    /// <summary>Non-null once the journal has failed: what commands on keys are answered with.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Measures the process for INFO; the host sets it, the simulator leaves it.</summary>
    public Func<ProcessStatus>? MeasureProcess { get; set; }

    internal INodeHost Host { get; }

    internal CommandTable Keyspace { get; }

    internal StepTime Now { get; set; }

    internal StepTime StartTime { get; private set; }

    internal IReadOnlyList<ClientSession> Sessions => _sessions;

    /// <summary>Feeds a journal record back, in order, before <see cref="Start"/>. False: damaged journal, do not start.</summary>
    public bool Recover(GroupId group, ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (group != DefaultGroup || !_group.Replica.Recover(record, point)) return false;
        _group.Effects.OnRecovered(point);
        return true;
    }

    /// <summary>Call once after recovery, before anything else.</summary>
    public void Start(StepTime now)
    {
        Now = StartTime = now;
        _group.Replica.Start(now, _group.Effects);
        AfterStep();
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
        _group.Forwarder.Forget(session);
        View.Channels.Leave(session.State);
        var last = _sessions[^1];
        _sessions[session.Place] = last;
        last.Place = session.Place;
        _sessions.RemoveAt(_sessions.Count - 1);
    }

    /// <summary>A hint, before the commands that came together are executed: begins to fetch the keys that the first few read.</summary>
    /// <returns>How many bytes of <paramref name="input"/> it looked at; worth calling again once they are executed.</returns>
    public int Foresee(ClientSession session, ReadOnlySpan<byte> input)
    {
        if (session.PendingCount > 0) return input.Length; // they will wait, and what was fetched would be gone again
        var machine = GroupOf(session.State.Database).Machine;
        var at = 0;
        for (var i = 0; i < IStateMachine.ForesightWindow; i++)
        {
            if (!TwoWordScan.TryRead(input[at..], out var key, out var length)) return i == 0 ? input.Length : at;
            if (length == input.Length) return length; // nothing to overlap with
            machine.Foresee(session.State.Database, key);
            at += length;
        }

        return at;
    }

    /// <summary>One whole frame from a peer (without the length prefix). False: damaged or not understood; drop the connection.</summary>
    public bool OnPeerFrame(NodeId from, ReadOnlyMemory<byte> frame, StepTime now)
    {
        Now = now;
        Statistics.PeerInputBytes += frame.Length;
        if (!PeerFrame.TryRead(frame, out var kind, out var group, out var body) || group != DefaultGroup) return false;
        if (Refusal is not null) return true;
        var understood = _group.OnMessage(from, kind, body, now);
        AfterStep();
        NeedsTurnEnd(); // an answer makes room for what gathered behind the round in flight
        return understood;
    }

    public void OnTick(StepTime now)
    {
        Now = now;
        Statistics.OnTick(now);
        if (Refusal is null) _group.OnTick(now);
        var limit = Options.RequestTimeoutMilliseconds * StepTime.NanosecondsPerMillisecond;
        var lookForLate = ++_ticks % 10 == 0;
        for (var i = _sessions.Count - 1; i >= 0; i--)
        {
            if (i >= _sessions.Count || _sessions[i].PendingCount == 0) continue;
            _sessions[i].OnTick(now, lookForLate ? limit : long.MaxValue);
        }

        AfterStep();
        NeedsTurnEnd();
    }

    public void OnPersisted(PersistPoint durable, StepTime now)
    {
        Now = now;
        if (Refusal is not null) return;
        _group.Effects.OnPersisted(durable);
        _group.Replica.OnPersisted(durable, now, _group.Effects);
        AfterStep();
        NeedsTurnEnd();
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
        if (Refusal is not null || group != DefaultGroup) return;
        _group.Replica.OnSnapshotSealed(index, saved, now, _group.Effects);
        AfterStep();
        NeedsTurnEnd();
    }

    public void OnTurnEnd(StepTime now)
    {
        Now = now;
        _turnEndRequested = false;
        if (Refusal is not null) return;
        DrainReady();
        _isEndingTurn = true;
        _group.Replica.OnTurnEnd(now, _group.Effects);
        AfterStep();
        _group.Forwarder.Flush(now);
        _group.Inbox.Flush(now);
        _isEndingTurn = false;
    }

    /// <summary>Asks the default group's leader, this node, to hand leadership to another.</summary>
    public void TransferLeadership(NodeId target, StepTime now) =>
        Ask(new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = target }, now);

    /// <summary>Asks the default group's leader, this node, to change the members.</summary>
    public void ChangeMembership(Configuration target, StepTime now) =>
        Ask(new ReplicaRequest { Id = default, Kind = RequestKind.ChangeMembership, Payload = target.Encode() }, now);

    public void Describe(StringBuilder text) => _group.Describe(text);

    public void CheckInvariants() => _group.Replica.CheckInvariants();

    /// <summary>The command, or the subcommand, that the words name; null when there is none or their number is wrong.</summary>
    internal CommandSpec? FindInKeyspace(in CommandArgs args)
    {
        if (!Keyspace.TryFind(args.Name, out var spec)) return null;
        return spec.Subcommands.Count == 0 ? spec : Keyspace.Resolve(args, _nobody);
    }

    internal Group GroupOf(int database)
    {
        Invariant.Require(database is >= 0 and < KeyspaceMachine.DatabaseCount, "a session selects a database that exists");
        return _group;
    }

    internal void SendTo(NodeId to, GroupId group, Message message)
    {
        if (Host.OutputTo(to) is not { } output) return;
        PeerFrame.Write(output, group, message, _scratch);
        Statistics.PeerOutputBytes += _scratch.WrittenCount;
        if (_scratch.Capacity > 1 << 24) _scratch.Clear();
        HasEffects();
    }

    internal void NeedsTurnEnd()
    {
        if (_turnEndRequested) return;
        _turnEndRequested = true;
        Host.RequestTurnEnd();
    }

    /// <summary>Something has to leave the node at the end of the turn; at its end it leaves anyway.</summary>
    internal void HasEffects()
    {
        if (!_isEndingTurn) NeedsTurnEnd();
    }

    internal void AddReady(ClientSession session)
    {
        _ready.Enqueue(session);
        NeedsTurnEnd();
    }

    /// <summary>The session reads a key that has run out by the wall clock but not yet by the log's.</summary>
    internal void WaitForClock(ClientSession session)
    {
        if (!_group.Replica.IsLeader) return; // the leader's clock reaches this node soon: the next tick looks again
        _clockWaiters.Add(session);
        NeedsTurnEnd();
    }

    internal void OnClockMoved()
    {
        _clockAdvance.AddRange(_clockWaiters);
        _clockWaiters.Clear();
    }

    internal void OnLeaderChanged()
    {
        foreach (var session in _sessions)
            if (session.PendingCount > 0) session.MakeReady();
    }

    private void Ask(in ReplicaRequest request, StepTime now)
    {
        Now = now;
        if (Refusal is not null) return;
        _group.Replica.OnRequest(request, now, _group.Effects);
        AfterStep();
    }

    private void AfterStep()
    {
        _group.AfterStep(Now);
        DrainReady();
    }

    private void DrainReady()
    {
        if (_clockWaiters.Count > 0) _group.ProposeClock(Now);
        if (_clockAdvance.Count > 0)
        {
            foreach (var session in _clockAdvance) session.MakeReady();
            _clockAdvance.Clear();
        }

        for (var n = _ready.Count; n > 0; n--) _ready.Dequeue().OnReady();
    }
}
