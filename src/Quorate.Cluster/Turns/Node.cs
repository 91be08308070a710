using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>
/// A node without IO: its groups, the routing of commands, its client sessions. Synchronous, deterministic, one caller at
/// a time; the shell holds a lock around every call, the simulator has one thread.
/// </summary>
public sealed class Node
{
    /// <summary>The group that holds the sixteen numbered databases.</summary>
    public static readonly GroupId DefaultGroup = ControlMachine.DefaultGroup;

    private readonly NodeTurns _turns;
    private long _lastSessionId;
    private int _ticks;

    /// <param name="options">What the node is told when it starts.</param>
    /// <param name="host">The world around it.</param>
    public Node(NodeOptions options, INodeHost host)
        : this(options, host, NodeRules.Sound)
    {
    }

    internal Node(NodeOptions options, INodeHost host, NodeRules rules) => _turns = new NodeTurns(options, host, rules);

    public NodeOptions Options => _turns.Options;

    /// <summary>The contents of the default group. Null on a node that does not hold it.</summary>
    public KeyspaceMachine Machine => Default.Machine!;

    /// <summary>What the node's own commands and status pages see of it.</summary>
    public INodeView View => _turns.View;

    public NodeStatistics Statistics => _turns.Statistics;

    /// <summary>Non-null once the journal has failed: what commands on keys are answered with.</summary>
    public string? Refusal => _turns.Refusal;

    /// <summary>Measures the process for INFO; the host sets it, the simulator leaves it.</summary>
    public Func<ProcessStatus>? MeasureProcess
    {
        get => _turns.MeasureProcess;
        set => _turns.MeasureProcess = value;
    }

    public AlarmQueue Alarms => _turns.Alarms;

    /// <summary>The parts, as they see each other.</summary>
    internal NodeTurns Turns => _turns;

    /// <summary>Null when the node runs without a control plane.</summary>
    internal ControlPlane? Control => _turns.Control;

    internal Holdings Holdings => _turns.Holdings;

    internal LostAndFound Lost => _turns.Lost;

    /// <summary>The group of the numbered databases, or what stands for it where this node does not hold it.</summary>
    internal Group Default => _turns.Default;

    internal IEnumerable<Group> Groups => _turns.Groups;

    internal IReadOnlyList<HostedGroup> Ticking => _turns.Ticking;

    /// <summary>Feeds a journal record back, in order, before <see cref="Start"/>. False: damaged journal, do not
    /// start.</summary>
    public bool Recover(GroupId group, ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (LostAndFound.IsStream(group)) return Lost.Recover(group, record, point);
        if (!Holdings.Has(group, point)) return Options.Control is not null;
        var hosted = _turns.FindHosted(group)!;
        if (!hosted.Replica.Recover(record, point)) return false;
        hosted.Effects.OnRecovered(point);
        return true;
    }

    /// <summary>Call once after recovery, before anything else.</summary>
    public void Start(StepTime now)
    {
        _turns.Now = _turns.StartTime = now;
        Holdings.OnRecovered();
        foreach (var group in _turns.Hosted)
        {
            group.Replica.Start(now, group.Effects);
            _turns.AfterStep(group);
        }
    }

    public ClientSession Connect(string clientAddress, string localAddress, StepTime now)
    {
        var id = ++_lastSessionId;
        Statistics.ConnectionsReceived++;
        var session = new ClientSession(
            _turns, id, new SessionState(id, clientAddress, localAddress, now))
        { Place = _turns.Sessions.Count };
        _turns.Sessions.Add(session);
        return session;
    }

    /// <summary>The connection is gone; what it had in flight may still happen, and its outcome is dropped.</summary>
    public void Disconnect(ClientSession session)
    {
        if (session.IsGone) return;
        session.IsGone = true;
        foreach (var group in Groups) group.Forget(session.Replies);
        View.Channels.Leave(session.State);
        var sessions = _turns.Sessions;
        var last = sessions[^1];
        sessions[session.Place] = last;
        last.Place = session.Place;
        sessions.RemoveAt(sessions.Count - 1);
    }

    /// <summary>One whole frame from a peer (without the length prefix). False: damaged or not understood; drop the
    /// connection.</summary>
    public bool OnPeerFrame(NodeId from, ReadOnlyMemory<byte> frame, StepTime now)
    {
        _turns.Now = now;
        Statistics.PeerInputBytes += frame.Length;
        if (!PeerFrame.TryRead(frame, out var kind, out var id, out var body)) return false;
        _turns.Watch.OnFrame(from, now);
        if (kind == PeerPing.WireKind) return body.IsEmpty;
        if (kind is PeerProbe.WireKind or PeerProbe.AnswerKind)
            return PeerProbe.TryDecode(body, out var sentAt) && _turns.Probing.OnProbe(from, kind, sentAt, now);
        if (_turns.FindHosted(id) is not { } group) return id.Value > 0; // dropped here, or not made yet
        if (Refusal is not null) return true;
        var understood = group.Hosted.OnMessage(from, kind, body, now);
        _turns.AfterStep(group);
        _turns.NeedsTurnEnd(group); // an answer makes room for what gathered behind the round in flight
        return understood;
    }

    public void OnTick(StepTime now)
    {
        _turns.Now = now;
        Statistics.OnTick(now);
        Lost.OnTick();
        _turns.News.OnTick();
        _turns.Watch.OnTick(now);
        if (Refusal is null)
        {
            _turns.Probing.OnTick(now);
            _turns.Clocks.OnTick(now);
        }

        var limit = Options.RequestTimeoutMilliseconds * StepTime.NanosecondsPerMillisecond;
        var lookForLate = ++_ticks % 10 == 0;
        var sessions = _turns.Sessions;
        for (var i = sessions.Count - 1; i >= 0; i--)
        {
            if (i >= sessions.Count || sessions[i].PendingCount == 0) continue;
            sessions[i].OnTick(now, lookForLate ? limit : long.MaxValue);
        }

        _turns.DrainReady();
    }

    /// <summary>What the host notices of its connection to a peer.</summary>
    public void OnPeer(NodeId peer, PeerNews news, StepTime now)
    {
        _turns.Now = now;
        _turns.Clocks.OnPeer(peer, news, now);
    }

    public void OnPersisted(PersistPoint durable, StepTime now)
    {
        _turns.Now = now;
        if (Refusal is not null) return;
        Lost.OnPersisted(durable);
        _turns.OnPersisted(durable);
    }

    /// <summary>The journal failed for good (disk full, fsync error): the node takes no part any more and refuses
    /// everything that needs a keyspace, so that the others go on without it. Start it again once the cause is mended.</summary>
    public void OnJournalFailed(string why, StepTime now)
    {
        _turns.Now = now;
        if (Refusal is not null) return;
        _turns.Refusal = $"MISCONF this node's journal failed and it serves no data until it is started again: {why}";
        foreach (var session in _turns.Sessions.ToArray()) session.FailPending();
    }

    public void OnSnapshotSealed(GroupId group, LogIndex index, bool saved, StepTime now)
    {
        _turns.Now = now;
        if (Refusal is not null || _turns.FindHosted(group) is not { } hosted) return;
        hosted.Replica.OnSnapshotSealed(index, saved, now, hosted.Effects);
        _turns.AfterStep(hosted);
        _turns.NeedsTurnEnd(hosted);
    }

    public void OnTurnEnd(StepTime now)
    {
        _turns.Now = now;
        _turns.OnTurnEnd();
    }

    public void Describe(StringBuilder text) => Default.Describe(text);

    public void CheckInvariants()
    {
        foreach (var group in _turns.Hosted) group.Replica.CheckInvariants();
    }

    /// <summary>A group of keys, or what stands for it here; null when it was never asked for.</summary>
    internal Group? Find(GroupId id) => _turns.Find(id);
}
