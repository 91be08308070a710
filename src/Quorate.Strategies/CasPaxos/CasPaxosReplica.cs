using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// A member of a CASPaxos group: acceptor of the keys that hash to it, proposer of any. <see cref="CasPaxos"/> has the promise
/// and the proofs. The way in; the parts have files of their own.
/// </summary>
public sealed class CasPaxosReplica : IConfiguredReplica
{
    private readonly SnapshotMaker _snapshotMaker;
    private readonly Sweeper _sweeper;
    private readonly Seeding _seeding;
    private readonly System.Buffers.ArrayBufferWriter<byte> _part = new();
    private long _newestMark;
    private long _proposedTick;

    /// <param name="self">this node</param>
    /// <param name="options">the same on all replicas of the group</param>
    /// <param name="machine">evaluates commands; keeps no state of its own</param>
    /// <param name="snapshots">this group's on this node</param>
    /// <param name="incarnation">greater in every life of this node: no ballot is used in two lives</param>
    /// <param name="seed">of the dice that decide how long to wait after a conflict</param>
    /// <param name="rules">for canaries only</param>
    public CasPaxosReplica(
        NodeId self,
        CasPaxosOptions options, IRegisterMachine machine, ISnapshots snapshots, long incarnation, ulong seed,
        CasPaxosRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(snapshots);
        Invariant.Require(options.Acceptors is >= 1 and <= 63, "a key has 1 to 63 acceptors");
        (Self, Options, Machine, Snapshots, Incarnation) = (self, options, machine, snapshots, incarnation);
        Rules = rules ?? CasPaxosRules.Paper;
        Accepted = new AcceptedConfiguration(options);
        Acceptor = new Acceptor(this);
        Proposer = new Proposer(this, seed);
        Outbox = new Outbox(this);
        Journal = new AcceptorJournal(this);
        _snapshotMaker = new SnapshotMaker(this);
        _sweeper = new Sweeper(this);
        _seeding = new Seeding(this);
        if (options.Durable) _snapshotMaker.Restore();
    }

    /// <summary>This replica itself when it takes requests: there is no leader, everybody orders what is asked of it.</summary>
    public NodeId Leader => IsProposing ? Self : NodeId.None;

    /// <summary>True when this replica takes requests: that of any member that is in an epoch.</summary>
    public bool IsLeader => IsProposing;

    public GroupConfiguration? Configuration => Accepted.Newest;

    public GroupConfiguration? Wanted => Wishes.Of(this);

    /// <summary>There is no log: indices are 0.</summary>
    public ReplicaReport Report =>
        new(Accepted.DurableEpoch, Accepted.DurableEpoch, default, default, !Accepted.HasState || !Accepted.IsSettled);

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public CasPaxosStatus Status => new()
    {
        Configuration = Configuration,
        IsVoting = IsVoting,
        Registers = Acceptor.Store.Count,
        Active = Proposer.ActiveCount,
        Waiting = Proposer.Waiting,
        Promised = Proposer.KnownCount,
        Snapshot = _snapshotMaker.Snapshots.SealedNumber,
        RefusedConfigurations = Accepted.Refused,
        Statistics = Proposer.Statistics,
    };

    internal NodeId Self { get; }

    internal CasPaxosOptions Options { get; }

    internal CasPaxosRules Rules { get; }

    internal IRegisterMachine Machine { get; }

    internal ISnapshots Snapshots { get; }

    internal long Incarnation { get; }

    internal AcceptedConfiguration Accepted { get; }

    internal Acceptor Acceptor { get; }

    internal Proposer Proposer { get; }

    internal Outbox Outbox { get; }

    internal AcceptorJournal Journal { get; }

    /// <summary>Promises and accepts: counted in an epoch that is durable, and remembers all it ever promised and
    /// accepted.</summary>
    internal bool IsVoting { get; private set; }

    /// <summary>Begins rounds: a member, in an epoch that is durable. It needs to remember nothing.</summary>
    internal bool IsProposing { get; private set; }

    /// <summary>Counts <see cref="OnTick"/>, from 1.</summary>
    internal long Ticks { get; private set; } = 1;

    /// <summary>The time and the world of the present step.</summary>
    internal StepTime Now { get; private set; }

    internal Effects Out { get; private set; } = null!;

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.Configuration:
                Journal.NoteRecovered(point, 0);
                return Accepted.TryRecover(body);
            case RecordKind.Registers when RegisterRecord.AreWellFormed(body):
                Journal.NoteRecovered(point, body.Length);
                // Kept by an earlier life, under another policy: what was promised since then is not among it.
                if (Options.Durable) RegisterRecord.Replay(body, Acceptor.Store);
                return true;
            case RecordKind.SnapshotMark when AcceptorJournal.TryReadMark(body, out var number):
                Journal.NoteRecovered(point, 0);
                _newestMark = number;
                return true;
            default:
                return false;
        }
    }

    public void Start(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Invariant.Require(
            !Options.Durable
                || (!_snapshotMaker.IsDamaged && _newestMark <= _snapshotMaker.Snapshots.SealedNumber),
                "a replica starts from a snapshot that can be read");
        Accepted.BeginLife(effects);
        if (Accepted.IsSettled) BeginEpoch();
    }

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Enter(now, effects);
        if (!Accepted.TryAccept(configuration, Self, Acceptor.Store.Count == 0, effects)) return;
        IsVoting = IsProposing = false;
        Outbox.Clear();
        _seeding.OnEpoch();
    }

    /// <summary>Nothing depends on leases: a proposer with an older configuration finds no quorum.</summary>
    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (request.Kind is not (RequestKind.Write or RequestKind.Read))
            effects.Reply(
                request.Id, Outcome.Unavailable("there is no leader to hand over, and the control plane names the members"));
        else if (Accepted.Newest?.Contains(Self) != true)
            effects.Reply(request.Id, Outcome.Unavailable("this node does not know the members yet"));
        else if (!Machine.TryKey(request.Payload, out var key)) TakeApart(request);
        else if (!Proposer.TryAdd(key, request.Id, null, 0, request.Payload, request.Kind == RequestKind.Read))
            RefuseForRoom(request.Id);
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (message is not CasPaxosMessage own || !Accepted.IsSettled || own.Epoch != Accepted.Epoch) return;
        switch (own)
        {
            case Proposal proposal when IsVoting:
                Outbox.Answer(from, proposal);
                break;
            case Confirmation confirmation when IsProposing && confirmation.Incarnation == Incarnation:
                Outbox.OnHeard(from);
                Proposer.HandleAnswers(from, confirmation.Items.Span);
                break;
            case SeedRequest request:
                _seeding.Answer(from, request);
                break;
            case SeedPiece piece:
                _seeding.HandlePiece(from, piece);
                break;
        }
    }

    public void OnTick(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Ticks++;
        Proposer.OnTick();
        if (IsProposing) _proposedTick = Ticks;
        else if (Ticks - _proposedTick >= Options.PatienceTicks)
            Proposer.RefuseReady("the group's configuration is being changed");
        _seeding.OnTick();
        _sweeper.OnTick();
        _snapshotMaker.Work();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        if (Accepted.OnPersisted(durable)) BeginEpoch();
        if (IsProposing) Outbox.Flush();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Proposer.BeginReady();
        Outbox.Flush();
        if (!Options.Durable) return;
        _snapshotMaker.BeginIfDue();
        _snapshotMaker.Work();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
        _snapshotMaker.OnSealed(index, saved);
    }

    /// <summary>Never: this node's acceptor may not have heard of what the others have chosen.</summary>
    public bool MayReadLocally(StepTime now) => false;

    public void Describe(StringBuilder text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StatusReport.Describe(this, text);
    }

    public void CheckInvariants()
    {
        Proposer.CheckInvariants();
        var store = Acceptor.Store;
        for (var i = 0; i < store.SlotCount; i++)
        {
            if (store.SlotAt(i) is not { } register) continue;
            Invariant.Require(register.Accepted <= register.Promise, "a register promises at least the ballot that it accepted");
            Invariant.Require(register.Promise.Epoch <= Accepted.Epoch, "nothing is promised in an epoch not yet accepted");
            Invariant.Require(register.Accepted.IsNone == register.Value.Length < 1, "a value has the ballot it was accepted at");
        }
    }

    private void BeginEpoch()
    {
        var newest = Accepted.Newest;
        if (newest is null) return;
        IsVoting = Accepted.HasState && newest.InSync.Contains(Self);
        IsProposing = newest.Contains(Self);
        if (IsProposing) Proposer.OnEpoch();
    }

    private void TakeApart(in ReplicaRequest request)
    {
        _part.ResetWrittenCount();
        var parts = Machine.CountParts(request.Payload, _part);
        if (parts == 0)
        {
            Machine.Keep(request.Id, _part.WrittenSpan);
            Out.Reply(request.Id, Outcome.Done);
            return;
        }

        if (Proposer.Waiting + parts > Options.MostRequests)
        {
            RefuseForRoom(request.Id);
            return;
        }

        var isRead = request.Kind == RequestKind.Read;
        var whole = new Whole(request.Id, request.Payload.ToArray(), parts, isRead);
        for (var i = 0; i < parts; i++)
        {
            _part.ResetWrittenCount();
            Machine.WritePart(request.Payload, i, _part);
            Invariant.Require(Machine.TryKey(_part.WrittenSpan, out var key), "a part is about one key");
            Proposer.TryAdd(key, default, whole, i, _part.WrittenSpan, isRead);
        }
    }

    private void RefuseForRoom(RequestId id) => Out.Reply(id, Outcome.Unavailable("too many requests wait"));

    private void Enter(StepTime now, Effects effects)
    {
        Now = now;
        Out = effects;
    }
}
