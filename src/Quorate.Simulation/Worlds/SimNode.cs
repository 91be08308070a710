using System.Buffers;
using System.Buffers.Binary;
using Quorate.Cluster;
using Quorate.Cluster.Journal;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Turns;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Merging;
using Quorate.Simulation.Workloads;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// One machine: the node that ships, and a host made of a simulated disk, network and clock. It crashes, loses power, pauses
/// and starts again; what comes back from the disk is all that the next life knows.
/// </summary>
internal sealed class SimNode : INodeHost
{
    private readonly SimCluster _cluster;
    private readonly Prng _prng;
    private readonly ArrayBufferWriter<byte>?[] _outputs;
    private readonly Dictionary<GroupId, SimSnapshots> _snapshots = [];
    private readonly List<(Action Happen, bool IsFrame)> _whilePaused = [];
    private readonly List<ClientSession> _sessions = [];
    private readonly List<ClientSession> _spoke = [];
    private SimNotes? _notes;
    private JournalPump? _journal;
    private bool _turnEndIsDue;
    private bool _isEndingTurn;
    private long _incarnation;

    public SimNode(SimCluster cluster, NodeId id, Prng prng, SimClock clock, int nodes)
    {
        (_cluster, Id, _prng, Clock) = (cluster, id, prng, clock);
        Disk = new SimDisk(World, prng.Fork(), prng.Chance(500) ? 512 : 4096);
        _outputs = new ArrayBufferWriter<byte>?[nodes + 1];
    }

    public World World => _cluster.World;

    public NodeId Id { get; }

    public SimClock Clock { get; }

    public SimDisk Disk { get; }

    /// <summary>The running node, or null while it is down.</summary>
    public Node? Node { get; private set; }

    public bool IsUp => Node is not null;
    public bool IsPaused { get; private set; }

    /// <summary>A bit of what it had made durable was flipped.</summary>
    public bool IsRotten { get; set; }

    /// <summary>It found its disk damaged and did not start: an operator has to look at it.</summary>
    public bool HasRefused { get; private set; }

    /// <summary>The journal failed under it; it answers, but has to be started again to be of use.</summary>
    public bool HasFailedJournal { get; private set; }

    /// <summary>Counts lives: what was scheduled in one does not happen in the next.</summary>
    public long Life { get; private set; }

    /// <summary>Factor on the time that the disk takes.</summary>
    public int DiskSlowness { get; set; } = 1;

    public int SnapshotFailurePerMille { get; set; }

    /// <summary>A canary's node forgets some of what its journal kept.</summary>
    public bool Forgets(ReadOnlySpan<byte> record) => _cluster.Forgets is { } forgets && forgets(record[0]);

    public int SealedSnapshots => _snapshots.Values.Sum(s => s.SealedCount);

    public void Start()
    {
        Invariant.Require(!IsUp, "a node that runs is not started");
        Life++;
        _incarnation++;
        IsPaused = false;
        HasFailedJournal = false;
        var node = new Node(_cluster.OptionsOf(Id, _prng.NextUInt64(), _incarnation), this, _cluster.Rules);
        _journal = new JournalPump(this, _prng.Fork());
        var errors = Disk.Errors;
        try
        {
            var refusal = _journal.Open(node, _cluster.JournalOptionsOf(Id));
            World.Log($"{Id} starts: {refusal ?? "recovered"}");
            World.Trace(0x57A7 + (ulong)Id.Value + (refusal is null ? 0ul : 100));
            if (refusal is not null)
            {
                if (Disk.Errors > errors) StartAgain(); // not damage: the disk refused to work just then
                else Refuse(refusal);
                return;
            }
        }
        catch (SimulatedPowerLoss)
        {
            Disk.LosePower();
            StartAgain();
            return;
        }
        catch (InvariantViolation violation)
        {
            throw new NodeInvariantFailure($"{Id} while recovering: {violation.Message}");
        }

        Node = node;
        var life = Life;
        Run(n => n.Start(Clock.Now));
        ScheduleTick(life);
    }

    /// <summary>The process dies (what it wrote survives), or the machine loses power (only what it synced does).</summary>
    public void Crash(bool losesPower)
    {
        if (!IsUp) return;
        World.Log($"{Id} {(losesPower ? "loses power" : "crashes")}");
        World.Trace(0xDEAD + (ulong)Id.Value);
        Life++;
        Node = null;
        _journal = null;
        IsPaused = false;
        _whilePaused.Clear();
        _turnEndIsDue = _isEndingTurn = false;
        foreach (var output in _outputs) output?.ResetWrittenCount();
        foreach (var snapshots in _snapshots.Values) snapshots.Forget();
        if (losesPower) Disk.LosePower();
        _notes?.OnCrash(losesPower, _snapshots);
        _spoke.Clear();
        var sessions = _sessions.ToArray();
        _sessions.Clear();
        foreach (var session in sessions) ((ISimSession)session.HostState!).OnDisconnected();
    }

    /// <summary>Stops executing (SIGSTOP, a long garbage collection, a suspended machine); clocks go on.</summary>
    public void Pause()
    {
        if (IsUp) IsPaused = true;
    }

    public void Resume()
    {
        if (!IsPaused) return;
        IsPaused = false;
        var waiting = _whilePaused.ToArray();
        _whilePaused.Clear();
        foreach (var (happen, _) in waiting) happen();
    }

    /// <summary>Drops what came in while it was paused: the connections broke meanwhile.</summary>
    public void ForgetFrames() => _whilePaused.RemoveAll(w => w.IsFrame);

    /// <summary>The only way into the node: executes a step, lets out what it produced, checks what must always hold.</summary>
    public void Run(Action<Node> step, bool isFrame = false)
    {
        if (!IsUp) return;
        if (IsPaused)
        {
            var life = Life;
            _whilePaused.Add((() =>
            {
                if (life == Life) Run(step);
            }, isFrame));
            return;
        }

        try
        {
            step(Node!);
            Node!.CheckInvariants();
        }
        catch (SimulatedPowerLoss)
        {
            LosePowerInTheMiddle();
            return;
        }
        catch (InvariantViolation violation)
        {
            throw new NodeInvariantFailure($"{Id} at step {World.Steps}: {violation.Message}");
        }

        Flush();
        _cluster.AfterStep(this);
    }

    /// <summary>Executes something of the host's own (its journal thread), in the given life only; the power may fail in
    /// it.</summary>
    public void RunHost(long life, Action happen)
    {
        if (life != Life) return;
        if (IsPaused)
        {
            _whilePaused.Add((() => RunHost(life, happen), false));
            return;
        }

        try
        {
            happen();
        }
        catch (SimulatedPowerLoss)
        {
            LosePowerInTheMiddle();
        }
        catch (InvariantViolation violation)
        {
            throw new NodeInvariantFailure($"{Id}'s journal at step {World.Steps}: {violation.Message}");
        }
    }

    public ClientSession? Connect(ISimSession client)
    {
        if (!IsUp || IsPaused) return null;
        var session = Node!.Connect("client", "node", Clock.Now);
        session.HostState = client;
        _sessions.Add(session);
        return session;
    }

    public void Execute(ClientSession session, CommandText command)
    {
        var life = Life;
        Run(_ =>
        {
            if (life == Life && _sessions.Contains(session)) session.Execute(command.Args, Clock.Now);
        });
    }

    public void Disconnect(ClientSession session)
    {
        if (!_sessions.Remove(session)) return;
        Run(node => node.Disconnect(session));
    }

    public void Deliver(NodeId from, byte[] frame, bool corrupted)
    {
        if (!IsUp) return;
        World.Trace((ulong)(from.Value * 16 + Id.Value), frame);
        Run(node =>
        {
            var taken = node.OnPeerFrame(from, frame, Clock.Now);
            if (taken && corrupted) throw new FrameFailure($"{Id} took a damaged frame from {from}");
            if (!taken && !corrupted) throw new FrameFailure($"{Id} did not understand a frame from {from} of kind {frame[4]}");
        }, isFrame: true);
    }

    PersistPoint INodeHost.AppendToJournal(GroupId group, ReadOnlySpan<byte> record) => _journal!.Append(group, record);

    void INodeHost.ReleaseJournal(GroupId group, PersistPoint point) => _journal!.Release(group, point);

    IBufferWriter<byte>? INodeHost.OutputTo(NodeId peer) => _outputs[peer.Value] ??= new ArrayBufferWriter<byte>(4096);

    ReadOnlyMemory<byte> INodeHost.ReadNote(string name) => Notes.Read(name);

    void INodeHost.WriteNote(string name, ReadOnlySpan<byte> bytes) => Notes.Write(name, bytes);

    void INodeHost.ForgetGroup(GroupId group)
    {
        if (_snapshots.Remove(group, out var snapshots)) Notes.OnForgotten(group, snapshots);
    }

    (int Oldest, int Last) INodeHost.DiskDelay => _journal?.Measured ?? default;

    IMergeRule INodeHost.MergeRuleOf(string name, string script) => new SimMergeRule();
    string? INodeHost.ProblemOf(string script) => null;

    ISnapshots INodeHost.SnapshotsOf(GroupId group)
    {
        if (!_snapshots.TryGetValue(group, out var snapshots))
        {
            snapshots = new SimSnapshots(World, _prng.Fork(), (index, saved) =>
                Run(node => node.OnSnapshotSealed(group, index, saved, Clock.Now)));
            _snapshots.Add(group, snapshots);
        }

        snapshots.FailurePerMille = SnapshotFailurePerMille;
        return snapshots;
    }

    void INodeHost.OnSessionOutput(IClient client)
    {
        var session = (ClientSession)client;
        if (!_spoke.Contains(session)) _spoke.Add(session);
    }

    void INodeHost.RequestTurnEnd()
    {
        if (_turnEndIsDue) return;
        _turnEndIsDue = true;
        var life = Life;
        // A node that asks for a turn at the end of one has put work off: it has more to do than a turn holds.
        var delay = _isEndingTurn ? _cluster.BusyNanoseconds : 0;
        if (delay > 0) World.Faults.Add(FaultKind.LateTurn);
        World.After(delay, () =>
        {
            if (life != Life) return;
            _turnEndIsDue = false;
            Run(node =>
            {
                _isEndingTurn = true;
                node.OnTurnEnd(Clock.Now);
                _isEndingTurn = false;
            });
        });
    }

    public void OnPersisted(PersistPoint durable) => Run(node => node.OnPersisted(durable, Clock.Now));

    public void OnJournalFailed(string why)
    {
        HasFailedJournal = true;
        World.Log($"{Id} journal failed: {why}");
        Run(node => node.OnJournalFailed(why, Clock.Now));
        var life = Life;
        World.After((50 + _prng.Below(1500)) * World.Millisecond, () =>
        {
            if (life != Life) return;
            Disk.Repair(); // the operator has made room, or replaced a cable
            Crash(losesPower: _prng.Chance(500));
            StartAgain();
        });
    }

    public override string ToString() => NodeText.Of(this);

    private SimNotes Notes => _notes ??= new SimNotes(Disk, _prng.Fork());

    private void LosePowerInTheMiddle()
    {
        World.Faults.Add(FaultKind.PowerLoss);
        Crash(losesPower: true);
        StartAgain();
    }

    /// <summary>By the operator, some time later.</summary>
    private void StartAgain()
    {
        var life = Life;
        World.After((20 + _prng.Below(1000)) * World.Millisecond, () =>
        {
            if (life == Life && !IsUp && !HasRefused) Start();
        });
    }

    private void Refuse(string why)
    {
        if (!IsRotten) throw new JournalRefusalFailure($"{Id} refuses to start though nothing was damaged: {why}");
        HasRefused = true;
        World.Faults.Add(FaultKind.RefusedStart);
    }

    private void ScheduleTick(long life)
    {
        var delay = Clock.TrueSpan(
            IReplica.TickLength * World.Millisecond) + _prng.Below(World.Millisecond) - World.Millisecond / 2;
        World.After(delay, () =>
        {
            if (life != Life) return;
            if (!IsPaused) Run(node => node.OnTick(Clock.Now));
            ScheduleTick(life);
        });
    }

    private void Flush()
    {
        for (var peer = 1; peer < _outputs.Length; peer++)
        {
            if (_outputs[peer] is not { WrittenCount: > 0 } output) continue;
            for (var bytes = output.WrittenSpan; bytes.Length > 0;)
            {
                var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                _cluster.Network.Send(Id, new NodeId(peer), bytes.Slice(4, length).ToArray());
                bytes = bytes[(4 + length)..];
            }

            output.ResetWrittenCount();
        }

        if (_spoke.Count == 0) return;
        var spoke = _spoke.ToArray();
        _spoke.Clear();
        foreach (var session in spoke)
        {
            var bytes = session.Output.Written.ToArray();
            session.Output.Clear();
            var client = (ISimSession)session.HostState!;
            if (!_sessions.Contains(session)) continue; // the client hung up
            if (bytes.Length > 0) client.OnReply(bytes);
            session.OnOutputTaken();
            if (session.WantsClose && _sessions.Remove(session)) client.OnDisconnected();
        }
    }
}
