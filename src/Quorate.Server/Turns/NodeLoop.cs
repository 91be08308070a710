using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Cluster;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Turns;
using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Server.Clients;
using Quorate.Server.Peers;
using Quorate.Server.Scripts;

namespace Quorate.Server.Turns;

/// <summary>
/// One node and the lock around it. Whoever has something for the node takes <see cref="Gate"/>, calls the node, calls
/// <see cref="EndStep"/>, gives the lock back and calls <see cref="Finish"/>, which makes the system calls: nobody
/// waits for a socket or a disk while holding the lock.
/// </summary>
/// <remarks>
/// A turn (see <see cref="Node.OnTurnEnd"/>) ends on the sockets' event loop when a client or a peer asked for it, so
/// that what is ready together goes into one batch; steps of other threads (ticks, the journal) end it themselves.
/// Only at the end of a turn do peers get their bytes and the journal its kick.
/// </remarks>
internal sealed class NodeLoop : INodeHost, IDisposable
{
    private const int MostTurnsAtOnce = 8;

    private readonly TurnWaker _waker;
    private readonly ILogger _log;
    private readonly RegionNetwork? _regions;
    private readonly Dictionary<NodeId, PeerLink> _links = [];
    private readonly List<PeerLink> _linksInOrder = [];
    private readonly NodeStore _store;
    private readonly IJournal _journal;
    private readonly List<RespConnection> _dirty = [];
    private readonly Stack<OutputBatch> _idleBatches = new();
    private readonly Queue<OutputBatch> _deferred = new();
    private OutputBatch? _batch;
    private bool _isTurnRequested;
    private bool _isWakePending;
    private bool _hasAppended;

    public NodeLoop(NodeOptions options, NodeStore store, ILogger? log = null, RegionNetwork? regions = null)
    {
        _regions = regions;
        _log = log ?? NullLogger.Instance;
        _store = store;
        _journal = store.Journal;
        _waker = new TurnWaker(OnWake);
        Node = new Node(options, this);
    }

    /// <summary>The node's lock.</summary>
    public Lock Gate { get; } = new();

    public Node Node { get; }

    /// <summary>False before <see cref="Start"/>, after <see cref="Stop"/> and after a bug: call the node no more.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Completes with null when the node was stopped, with a <see cref="RemovedFromClusterException"/> or the bug when
    /// it stopped itself.</summary>
    public Task<Exception?> Stopped => _stopped.Task;

    private readonly TaskCompletionSource<Exception?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends of turns so far.</summary>
    public long Turns { get; private set; }

    public void AddLink(PeerLink link)
    {
        _links.Add(link.Peer, link);
        _linksInOrder.Add(link);
    }

    /// <summary>Gate.</summary>
    public void RemoveLink(PeerLink link)
    {
        _links.Remove(link.Peer);
        _linksInOrder.Remove(link);
    }

    /// <summary>Called under the lock when the map may say something new about the members.</summary>
    public Action? MembersChanged { get; set; }

    /// <summary>The node was removed from the cluster: it stops, and its operator is told why.</summary>
    public void Leave(string why)
    {
        lock (Gate) IsRunning = false;
        _stopped.TrySetResult(new RemovedFromClusterException(why));
    }

    /// <summary>The node was recovered: start it.</summary>
    public void Start()
    {
        OutputBatch? batch;
        lock (Gate)
        {
            Node.Start(SystemClock.Now);
            IsRunning = true;
            batch = EndStep(endsTurn: true, SystemClock.Now);
        }

        _waker.Start();
        Finish(batch);
    }

    public void Stop()
    {
        lock (Gate) IsRunning = false;
        _stopped.TrySetResult(null);
    }

    public void Dispose() => _waker.Dispose();

    /// <summary>A bug: the node must not go on. Always true, for use as an exception filter.</summary>
    public bool Fail(Exception bug)
    {
        IsRunning = false;
        _stopped.TrySetResult(bug);
        return true;
    }

    public void Tick() => RunStep(static (node, now, _) => node.OnTick(now), 0);

    public void OnPersisted(PersistPoint durable) => RunStep(static (node, now, point) => node.OnPersisted(point, now), durable);

    public void OnJournalFailed(string why) => RunStep(static (node, now, text) => node.OnJournalFailed(text, now), why);

    public void OnSnapshotSealed(GroupId group, LogIndex index, bool isSaved) =>
        RunStep(static (node, now, s) => node.OnSnapshotSealed(s.group, s.index, s.isSaved, now), (group, index, isSaved));

    /// <summary>What a link notices of its peer.</summary>
    public void OnPeer(NodeId peer, PeerNews news) =>
        RunStep(static (node, now, p) => node.OnPeer(p.peer, p.news, now), (peer, news));

    /// <summary>Looks at the node under its lock.</summary>
    public T Read<T>(Func<Node, T> look)
    {
        lock (Gate) return look(Node);
    }

    /// <summary>One call into the node from a thread that is not the event loop.</summary>
    private void RunStep<T>(Action<Node, StepTime, T> call, T argument)
    {
        OutputBatch? batch = null;
        var holdsGate = Gate.IsHeldByCurrentThread;
        lock (Gate)
        {
            if (!IsRunning) return;
            try
            {
                var now = SystemClock.Now;
                call(Node, now, argument);
                batch = EndStep(endsTurn: true, now);
            }
            catch (Exception bug) when (Fail(bug))
            {
            }

            // A caller that holds the lock makes no system calls here: the event loop does it.
            if (holdsGate && batch is not null)
            {
                _deferred.Enqueue(batch);
                batch = null;
                _waker.Wake();
            }
        }

        Finish(batch);
    }

    /// <summary>Under the lock, after calls into the node: what is to be sent now, for <see cref="Finish"/>.</summary>
    public OutputBatch? EndStep(bool endsTurn, StepTime now)
    {
        if (endsTurn || (_hasAppended && !_isTurnRequested)) EndTurn(now);
        if (endsTurn || !_isTurnRequested)
        {
            foreach (var link in _linksInOrder)
                if (link.TryBeginSend()) Batch().Peers.Add(link);
        }

        foreach (var client in _dirty)
        {
            client.IsDirty = false;
            Collect(client);
        }

        _dirty.Clear();
        return TakeBatch();
    }

    /// <summary>Without the lock: makes the system calls of a step, and again for what gathered meanwhile.</summary>
    public void Finish(OutputBatch? batch)
    {
        while (batch is not null)
        {
            if (batch.WakesTurn) _waker.Wake();
            foreach (var link in batch.Peers) link.Send();
            foreach (var client in batch.Clients) client.Flush();
            foreach (var call in batch.Afterwards) call();
            if (batch.Clients.Count == 0 && batch.Peers.Count == 0)
            {
                batch.WakesTurn = false;
                batch.Afterwards.Clear();
                lock (Gate) _idleBatches.Push(batch);
                return;
            }

            lock (Gate)
            {
                foreach (var link in batch.Peers)
                    if (link.EndSend() && link.TryBeginSend()) Batch().Peers.Add(link);
                foreach (var client in batch.Clients)
                    if (client.EndFlush()) Collect(client);
                batch.WakesTurn = false;
                batch.Peers.Clear();
                batch.Clients.Clear();
                batch.Afterwards.Clear();
                _idleBatches.Push(batch);
                batch = TakeBatch();
            }
        }
    }

    /// <summary>A client's flush or a peer's send that had to wait is over.</summary>
    public void OnSent(RespConnection? client, PeerLink? link)
    {
        OutputBatch? batch;
        lock (Gate)
        {
            if (client is not null && client.EndFlush()) Collect(client);
            if (link is not null && link.EndSend() && link.TryBeginSend()) Batch().Peers.Add(link);
            batch = TakeBatch();
        }

        Finish(batch);
    }

    PersistPoint INodeHost.AppendToJournal(GroupId group, ReadOnlySpan<byte> record)
    {
        _hasAppended = true;
        return _journal.Append(group, record);
    }

    void INodeHost.ReleaseJournal(GroupId group, PersistPoint point) => _journal.Release(group, point);

    IBufferWriter<byte>? INodeHost.OutputTo(NodeId peer) =>
        _links.TryGetValue(peer, out var link) && link.CanWrite ? link : null;

    ISnapshots INodeHost.SnapshotsOf(GroupId group) => _store.SnapshotsOf(group);

    ReadOnlyMemory<byte> INodeHost.ReadNote(string name) => _store.ReadNote(name);

    void INodeHost.WriteNote(string name, ReadOnlySpan<byte> bytes) => _store.WriteNote(name, bytes);

    void INodeHost.ForgetGroup(GroupId group) => _store.ForgetGroup(group);

    IMergeRule INodeHost.MergeRuleOf(string name, string script) => ScriptedMergeRules.Make(name, script, _log);

    string? INodeHost.CutRegion(string region, bool isCut) =>
        _regions is null ? "only a cluster that plays regions in one process can be cut: quorate dev --regions eu,us,ap"
        : _regions.TryCut(region, isCut) ? null
        : $"there is no region '{region}'; there are {string.Join(", ", _regions.Regions)}";

    string? INodeHost.ProblemOf(string script) => ScriptedMergeRules.ProblemOf(script);

    void INodeHost.OnMembersChanged() => MembersChanged?.Invoke();

    (int Oldest, int Last) INodeHost.DiskDelay => _store.DiskDelay;

    void INodeHost.OnSessionOutput(IClient client)
    {
        if (client.HostState is RespConnection { IsDirty: false } connection)
        {
            connection.IsDirty = true;
            _dirty.Add(connection);
        }
    }

    void INodeHost.RequestTurnEnd() => _isTurnRequested = true;

    private void OnWake()
    {
        OutputBatch? batch = null;
        OutputBatch? deferred;
        lock (Gate)
        {
            _isWakePending = false;
            if (!IsRunning) return;
            _deferred.TryDequeue(out deferred);
            try
            {
                batch = EndStep(endsTurn: true, SystemClock.Now);
            }
            catch (Exception bug) when (Fail(bug))
            {
            }
        }

        while (deferred is not null)
        {
            Finish(deferred);
            lock (Gate) _deferred.TryDequeue(out deferred);
        }

        Finish(batch);
    }

    /// <summary>Ends the turn. What the node does there may ask for another end (it sent something, a journal that does
    /// not wait let something out); the last few such requests are left to the next round of the event loop.</summary>
    private void EndTurn(StepTime now)
    {
        for (var i = 0; i < MostTurnsAtOnce && (_isTurnRequested || _hasAppended); i++)
        {
            if (_isTurnRequested)
            {
                _isTurnRequested = false;
                Turns++;
                Node.OnTurnEnd(now);
            }

            if (!_hasAppended) continue;
            _hasAppended = false;
            var durable = _journal.Flush();
            if (durable != default) Node.OnPersisted(durable, now);
        }
    }

    private void Collect(RespConnection client)
    {
        if (client.TryBeginFlush()) Batch().Clients.Add(client);
        if (client.TakeAfterwards() is { } call) Batch().Afterwards.Add(call);
    }

    private OutputBatch? TakeBatch()
    {
        if (_isTurnRequested && !_isWakePending)
        {
            _isWakePending = true;
            Batch().WakesTurn = true;
        }

        var batch = _batch;
        _batch = null;
        return batch;
    }

    private OutputBatch Batch() => _batch ??= _idleBatches.TryPop(out var idle) ? idle : new OutputBatch();
}
