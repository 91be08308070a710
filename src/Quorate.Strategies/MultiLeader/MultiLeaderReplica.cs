using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// One node's membership of a multi-leader group: the way in for every input, and what its parts share. The essay is in
/// <see cref="MultiLeader"/>. One caller at a time.
/// </summary>
public sealed class MultiLeaderReplica : IConfiguredReplica
{
    private readonly Recovery _recovery;
    private readonly ArrayBufferWriter<byte> _reply = new();
    private readonly ArrayBufferWriter<byte> _delta = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly List<Peer> _peers = [];
    private (Epoch Epoch, PersistPoint Point) _accepting;
    private Epoch _durableEpoch;
    private long _ticks;

    /// <param name="self">this node</param>
    /// <param name="options">the same on every replica</param>
    /// <param name="machine">empty; the newest snapshot is restored into it here. Its updates are numbered with the same
    /// <paramref name="incarnation"/></param>
    /// <param name="snapshots">this group's snapshots on this node</param>
    /// <param name="incarnation">how often a replica of this group was made on this node, 1 and up, below 2^22, counted durably,
    /// never the same twice: also not when the node left the group and came back without being restarted</param>
    /// <param name="rules">for canaries only</param>
    public MultiLeaderReplica(
        NodeId self,
        MultiLeaderOptions options, IMergeMachine machine, ISnapshots snapshots, long incarnation, MultiLeaderRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(snapshots);
        Self = self;
        Options = options;
        Machine = machine;
        DeltaKeys = machine as IDeltaKeys;
        Snapshots = snapshots;
        Incarnation = incarnation;
        Rules = rules ?? MultiLeaderRules.Standard;
        Journal = new MultiLeaderJournal(options, Log);
        Knowledge = new Knowledge(this);
        Arrivals = new Arrivals(this);
        Shipper = new Shipper(this);
        ChangesSender = new ChangesSender(this);
        ChangesReceiver = new ChangesReceiver(this);
        Pulls = new Pulls(this);
        Comparison = new Comparison(this);
        Upkeep = new Upkeep(this);
        Acknowledgements = new Acknowledgements(this);
        SnapshotMaker = new SnapshotMaker(this);
        Gossip = new Gossip(this);
        _recovery = new Recovery(this);
        _recovery.RestoreNewestSnapshot();
    }

    /// <inheritdoc/>
    public GroupConfiguration? Configuration { get; private set; }

    /// <summary>What this replica certainly holds. The indices count updates in its log since it was made here; they say nothing
    /// about which replica is ahead, which has no meaning between leaders. With <see cref="ReplicaReport.NeedsState"/> it
    /// does not serve.</summary>
    public ReplicaReport Report => new(
        _durableEpoch, default, new LogIndex(Journal.DurableEnd), new LogIndex(Log.First), Configuration is null
            || Pulls.NeedsWhole);

    /// <summary>A learner that holds all that others had asks to be a member that serves.</summary>
    public GroupConfiguration? Wanted =>
        Configuration is not { } c
            || !c.Learners.Contains(Self) || Pulls.NeedsWhole || !Knowledge.IsCausal || c.Epoch != _durableEpoch
            || !Gossip.HasCaughtUp
            ? null
        : c with { Epoch = c.Epoch.Next, InSync = [.. c.InSync, Self], Learners = [.. c.Learners.Where(n => n != Self)] };

    /// <summary>Itself, while it serves; else one that may.</summary>
    public NodeId Leader => IsLeader ? Self : Gossip.Another();

    /// <summary>It takes commands: it is a member and has its memory, or what others had.</summary>
    public bool IsLeader => Configuration is { } c && c.InSync.Contains(Self) && !Pulls.NeedsWhole;

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public MultiLeaderStatus Status => StatusReport.Of(this);

    /// <inheritdoc/>
    public RepairFigures Repairs => new(Statistics.StampsRefused, 0, 0);

    /// <summary>What is counted, for metrics.</summary>
    public MultiLeaderStatistics Statistics => Counters with
    {
        BacklogDeltas = Log.End - Log.First,
        BacklogBytes = Log.Bytes,
        HeldDeltas = Arrivals.HeldCount,
        HeldBytes = Arrivals.HeldBytes,
        WaitingWrites = Acknowledgements.Count,
    };

    /// <summary>No member may be in doubt about an update that this replica knows: it holds nothing that another lacks. A member
    /// that is to be removed is asked to be so first.</summary>
    public bool IsDrained => Log.First == Log.End && Journal.IsAllDurable;

    internal NodeId Self { get; }

    internal MultiLeaderOptions Options { get; }

    internal MultiLeaderRules Rules { get; }

    internal IMergeMachine Machine { get; }

    internal IDeltaKeys? DeltaKeys { get; }

    internal ISnapshots Snapshots { get; }

    internal long Incarnation { get; }

    internal DeltaLog Log { get; } = new();

    internal MultiLeaderJournal Journal { get; }

    internal Knowledge Knowledge { get; }

    internal Arrivals Arrivals { get; }

    internal Shipper Shipper { get; }

    internal ChangesSender ChangesSender { get; }

    internal ChangesReceiver ChangesReceiver { get; }

    internal Pulls Pulls { get; }

    internal Comparison Comparison { get; }

    internal Upkeep Upkeep { get; }

    internal Acknowledgements Acknowledgements { get; }

    internal SnapshotMaker SnapshotMaker { get; }

    internal Gossip Gossip { get; }

    internal ref MultiLeaderStatistics Counters => ref _counters;

    private MultiLeaderStatistics _counters;

    /// <summary>The other members, learners too, by ascending id.</summary>
    internal IReadOnlyList<Peer> Peers => _peers;

    internal Birth? Birth { get; set; }

    /// <summary>It is known whether this replica remembers, and which members its peers are.</summary>
    internal bool IsConfigured => Configuration is not null;

    internal StepTime Now { get; private set; }

    internal Effects Out { get; private set; } = null!;

    internal NodeId Successor => Gossip.Successor();

    internal NodeId Hub => Gossip.Hub();

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Enter(now, effects);
        var seen = Machine.Seen;
        Log.Base.Join(seen);
        if (Log.End > 0)
        {
            var logged = new DotContext();
            for (var position = Log.First; position < Log.End; position++) logged.Add(Log[position].Run);
            Log.Base = Contexts.Minus(seen, logged);
        }

        SnapshotMaker.Snapshots.NoteSealed(_recovery.LastSnapshot, SnapshotMaker.Snapshots.SealedBytes);
        Journal.StartAt(seen);
        _durableEpoch = Configuration?.Epoch ?? default;
        _accepting = (_durableEpoch, default);
        Pulls.Recover(_recovery.Missing.NeedsWhole, _recovery.Missing.HasGaps);
        // One that never got what it lacked has made nothing since, and may as well begin once more.
        if (Rules.BeginsAnew(_recovery.MayHaveForgotten || _recovery.Missing.NeedsWhole)) BeginAnew();
        else if (!_recovery.IsEmpty) RememberAll();
        if (Configuration is not null) Gossip.SetPeers(_peers);
        Acknowledgements.FindRegion();
        Gossip.TellAll();
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (request.Kind is not (RequestKind.Write or RequestKind.Read))
        {
            effects.Reply(
                request.Id,
                Outcome.Unavailable("in a multileader keyspace every member leads; the control plane changes its members"));
            return;
        }

        if (!IsLeader)
        {
            effects.Reply(
                request.Id,
                Leader.IsNone
                    ? Outcome.Unavailable("this replica is not ready, and it knows no replica that is")
                    : Outcome.NotLeader(Leader));
            return;
        }

        if (request.Kind == RequestKind.Write && Acknowledgements.Refusal is { } refusal)
        {
            effects.Reply(request.Id, Outcome.Unavailable(refusal));
            return;
        }

        _reply.ResetWrittenCount();
        _delta.ResetWrittenCount();
        var changed = Machine.Execute(request.Payload, now, _reply, _delta);
        Machine.Keep(request.Id, _reply.WrittenSpan);
        if (changed)
        {
            Knowledge.AddOwn(_delta.WrittenSpan, request.KeyHash);
            Acknowledgements.Add(request.Id, Knowledge.LastOwn);
        }
        else if (!Knowledge.ShowsUndurable(request.KeyHash)) effects.Reply(request.Id, Outcome.Done);
        else Acknowledgements.Add(request.Id, 0);
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (IsConfigured) Gossip.OnMessage(from, (MultiLeaderMessage)message);
    }

    public void OnTick(StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (!IsConfigured) return;
        _ticks++;
        Gossip.OnTick(_ticks);
        if (_ticks % Options.HeartbeatTicks == 0) Acknowledgements.FindRegion();
        Shipper.OnTick();
        Pulls.OnTick();
        if (_ticks % 10 == 0 && Arrivals.HeldCount > 0) Arrivals.DeliverHeld(retryRefused: true);
        if (_ticks % Options.UpkeepTicks == 0)
        {
            TrimLog();
            Upkeep.Work();
        }

        Comparison.OnTick();
        Acknowledgements.TryAnswer();
        SnapshotMaker.Work();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        if (_accepting.Epoch > _durableEpoch && _accepting.Point <= durable) _durableEpoch = _accepting.Epoch;
        OnDurable();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.Flush(effects);
        Acknowledgements.OnFlushed(Options.Durable ? Journal.LastPoint : default);
        OnDurable();
        SnapshotMaker.BeginIfDue();
        SnapshotMaker.Work();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
        SnapshotMaker.OnSealed(index, saved);
    }

    /// <summary>Never: a write accepted elsewhere may not be here.</summary>
    public bool MayReadLocally(StepTime now) => false;

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Enter(now, effects);
        if (Configuration is { } old && configuration.Epoch <= old.Epoch) return;
        // A member of the first configuration it hears of founded the group: nothing of it can be missing.
        if (Configuration is null && _recovery.IsEmpty && Birth is null)
        {
            if (configuration.InSync.Contains(Self)) RememberAll();
            else BeginAnew();
        }

        Configuration = configuration;
        _accepting = (configuration.Epoch, Journal.Save(configuration, effects));
        Gossip.SetPeers(_peers);
        Acknowledgements.FindRegion();
        Gossip.TellAll();
        TrimLog();
    }

    /// <summary>Leaders of regions need no lease: no other node can be named in their place.</summary>
    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
    }

    public void Describe(StringBuilder text) => StatusReport.Describe(this, text);

    public void CheckInvariants() => StatusReport.CheckInvariants(this);

    // What parts do to the shared state.

    internal bool IsMember(NodeId node) => Configuration is { } c && c.Contains(node);

    internal void RestoreConfiguration(GroupConfiguration configuration) => Configuration = configuration;

    /// <summary>Forgets the deltas that everybody has, and the oldest when there are too many bytes of them.</summary>
    internal void TrimLog()
    {
        var least = Journal.DurableEnd;
        foreach (var peer in _peers)
        {
            peer.Advance(Log);
            least = Math.Min(least, peer.AckedBelow);
        }

        Log.DropBefore(Math.Max(least, Log.First));
        while (Log.Bytes > Options.MaxBacklogBytes && Log.First < Journal.DurableEnd)
        {
            Log.DropBefore(Log.First + 1);
            Counters.DeltasOverflowed++;
        }

        Journal.OnDropped();
    }

    /// <summary>Writes again what a later life must know besides the state.</summary>
    internal void SaveStanding()
    {
        Journal.Save(Configuration!, Out);
        if (Birth is not { } birth) return;
        Journal.Save(RecordKind.Birth, birth.Record, Out);
        if (!Pulls.NeedsWhole) Journal.Save(RecordKind.Whole, [], Out);
        if (!Pulls.HasGaps) Journal.Save(RecordKind.GapsClosed, [], Out);
    }

    internal void TellAll() => Gossip.TellAll();

    private void OnDurable()
    {
        if (!IsConfigured) return;
        if (Log.Bytes > Options.MaxBacklogBytes || _peers.Count == 0) TrimLog();
        Shipper.SendAll();
        Gossip.AnswerOwed();
        Acknowledgements.TryAnswer();
    }

    private void RememberAll()
    {
        Machine.RemembersAll();
        Knowledge.LastOwn = Math.Max(Birth?.Born ?? 0, Machine.Seen.LastOf(Self));
        if (!Options.Durable) Journal.Save(RecordKind.MemoryMode, Incarnation, Out);
    }

    private void BeginAnew()
    {
        _scratch.ResetWrittenCount();
        var born = Incarnation << Dot.SequenceBits;
        Packing.WriteNatural(_scratch, born);
        Machine.BeginAnew(_scratch);
        Birth = new Birth(born, _scratch.WrittenSpan.ToArray());
        Knowledge.LastOwn = born;
        Pulls.Recover(needsWhole: true, hasGaps: true);
        Journal.Save(RecordKind.Birth, Birth.Record, Out);
        if (!Options.Durable) Journal.Save(RecordKind.MemoryMode, Incarnation, Out);
    }

    private void Enter(StepTime now, Effects effects)
    {
        Now = now;
        Out = effects;
    }
}
