using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// One node's membership of a primary-backup group: what outlives a change of epoch, and the way in for every input. The
/// essay is in <see cref="Primary"/>. One caller at a time.
/// </summary>
public sealed class PrimaryReplica : IConfiguredReplica, IApplierOwner<Epoch>
{
    private readonly Recovery _recovery;
    private (Epoch Epoch, PersistPoint Point) _accepting;
    private Epoch _durableEpoch;
    private Epoch _leaseEpoch;
    private long _leaseUntil = long.MinValue;

    /// <param name="self">this node</param>
    /// <param name="options">the same on every replica, but for what belongs to one</param>
    /// <param name="machine">empty; the newest snapshot is restored into it here. With <see cref="Ship.State"/> it must be
    /// an <see cref="IStateShipping"/>, and its answers count only when <see cref="Effects.Reply"/> says
    /// <see cref="OutcomeKind.Done"/></param>
    /// <param name="snapshots">this group's snapshots on this node</param>
    /// <param name="lostAndFound">where entries go that the group's history lacks; writes into the same journal</param>
    /// <param name="incarnation">how often the node has been started, 1 and up, never the same twice</param>
    /// <param name="rules">for canaries only</param>
    /// <exception cref="ArgumentException">state is to be shipped and the machine cannot</exception>
    public PrimaryReplica(
        NodeId self,
        PrimaryOptions options, IStateMachine machine, ISnapshots snapshots, ILostAndFound lostAndFound, long incarnation,
        PrimaryRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(snapshots);
        Shipping = machine as IStateShipping;
        if (options.Ship == Ship.State && Shipping is null)
            throw new ArgumentException("shipping state needs a machine that can write it", nameof(machine));
        Self = self;
        Options = options;
        LostAndFound = lostAndFound;
        Incarnation = incarnation;
        Rules = rules ?? PrimaryRules.Standard;
        Log = new FrameLog<Epoch>(options.Blocks, keepsHistory: true);
        Journal = new PrimaryJournal(options);
        Amnesia = new Amnesia<Epoch>(incarnation);
        Arrivals = new Arrivals();
        Applier = new Applier<Epoch>(Log, machine, Waiting, options.ApplyBudget, this);
        Snapshots = new PrimarySnapshots(this);
        SnapshotMaker = new SnapshotMaker(snapshots, machine, options.SnapshotSizes, Snapshots);
        Backup = new Backup(this);
        Past = new Past(this);
        Inbox = new Inbox(this);
        Leaving = new Leaving(this);
        History = new EpochHistory(this);
        _recovery = new Recovery(this);
        _recovery.RestoreNewestSnapshot();
    }

    /// <inheritdoc/>
    public GroupConfiguration? Configuration { get; private set; }

    /// <summary>
    /// What this replica certainly holds, at the epoch it has durably accepted. With <see cref="ReplicaReport.NeedsState"/>
    /// it must not be named; if its last index is not 0, its log is whole all the same, and it counts among those that
    /// have answered: where it is not the most advanced it has told all that it had to tell.
    /// </summary>
    public ReplicaReport Report
    {
        get
        {
            // One that forgot may hold less than it answered for: of such a log nothing is certain.
            if (Amnesia.IsPresent) return new ReplicaReport(_durableEpoch, default, default, default, NeedsState: true);
            var last = Journal.DurableIndex;
            var lastEpoch = Log.HasStampAt(last) ? Log.StampAt(last) : default;
            return new ReplicaReport(_durableEpoch, lastEpoch, last, LogIndex.Min(CommitIndex, last), NeedsState);
        }
    }

    /// <inheritdoc/>
    public GroupConfiguration? Wanted => Serving is { } serving ? serving.Wanted : WantedToResume;

    /// <inheritdoc/>
    public bool MayLeave => Leaving.IsDone;

    public NodeId Leader => Configuration?.Leader ?? NodeId.None;

    public bool IsLeader => Serving is { TakesWrites: true };

    /// <inheritdoc/>
    public IHistory History { get; }

    /// <summary>The primary acknowledges what only it has: fewer backups answer than the policy asks for, and the policy
    /// says to go on all the same.</summary>
    public bool IsDegraded => Serving is { IsDegraded: true };

    /// <summary>This replica applies entries so many milliseconds after they arrived, or sooner where it
    /// <see cref="IsDelayCutShort"/>.</summary>
    public long DelayMilliseconds => Arrivals.DelayNanoseconds / StepTime.NanosecondsPerMillisecond;
    public bool IsDelayCutShort => Arrivals.IsCutShort;

    /// <summary>Fewer backups answer the primary than the policy asks for: writes are refused, or it
    /// <see cref="IsDegraded"/>.</summary>
    public bool IsShort => Serving is { IsShortNow: true };

    public IReadOnlyList<FollowerView> Followers => StatusReport.FollowersOf(this);

    public string? Alarm => StatusReport.AlarmOf(this);

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public PrimaryStatus Status => StatusReport.Of(this);

    internal NodeId Self { get; }

    /// <summary>As this replica was made, and as the accepted epoch's rule says.</summary>
    internal PrimaryOptions Options { get; private set; }

    internal PrimaryRules Rules { get; }

    internal IStateShipping? Shipping { get; }

    internal ILostAndFound LostAndFound { get; }

    internal long Incarnation { get; }

    internal FrameLog<Epoch> Log { get; }

    internal PrimaryJournal Journal { get; }

    internal WaitingRequests<Epoch> Waiting { get; } = new();

    internal Applier<Epoch> Applier { get; }

    /// <summary>While it is present, this replica reports that it needs state, and the control plane does not count its
    /// report.</summary>
    internal Amnesia<Epoch> Amnesia { get; }

    internal Leaving Leaving { get; }

    internal Arrivals Arrivals { get; }

    internal PrimarySnapshots Snapshots { get; }

    internal SnapshotMaker SnapshotMaker { get; }

    internal Backup Backup { get; }

    internal Past Past { get; }

    internal Inbox Inbox { get; }

    /// <summary>This replica leads its epoch and has led it since it was accepted, in this life: one that was restarted
    /// may have sent entries that it lost, and would give their indices to others.</summary>
    internal Serving? Serving { get; private set; }

    /// <summary>Feeds replicas whose source this one is.</summary>
    internal Feeder? Cascade { get; private set; }

    /// <summary>What the log holds up to here is committed, as far as this replica knows. Rises within an epoch.</summary>
    internal LogIndex CommitIndex { get; set; }

    /// <summary>The state is the one after this entry. At most <see cref="CommitIndex"/>, but at a primary that ships
    /// state.</summary>
    internal LogIndex LastApplied => Applier.LastApplied;

    /// <inheritdoc/>
    public bool HasMoreToDo => Applier.HasMore && MayApply;

    Effects IApplierOwner<Epoch>.Out => Out;

    /// <summary>At a primary applying is acknowledging, which it does only under its lease.</summary>
    private bool MayApply => !Past.IsStateLost && Serving is null or { MayServe: true };

    /// <summary>Everybody has the log up to here, as far as the primary knows: memory may forget it.</summary>
    internal LogIndex DropIndex { get; set; }

    internal bool NeedsState =>
        Past.IsStateLost || Amnesia.IsPresent || (Log.LastIndex.Value == 0 && Configuration?.InSync.Contains(Self) != true);

    /// <summary>The time and the world of the present step.</summary>
    internal StepTime Now { get; private set; }

    internal Effects Out { get; private set; } = null!;

    /// <summary>The accepted epoch is in the journal for good. A primary that spoke in one that is not could be restarted,
    /// be told of the epoch again, and give indices that it has used to other entries.</summary>
    internal bool IsEpochDurable => _durableEpoch == (Configuration?.Epoch ?? default);

    /// <summary>Leads, and nobody else can have been named since.</summary>
    internal bool HasLease => IsLeaseGranted && Rules.IsLeaseValid(_leaseUntil, Now.Nanoseconds);

    /// <summary>A lease was granted in the present epoch, whether or not it has run out.</summary>
    internal bool IsLeaseGranted => Configuration is { } c && _leaseEpoch == c.Epoch && _leaseUntil != long.MinValue;

    private GroupConfiguration? WantedToResume =>
        Configuration is not { } c || c.Leader != Self ? null
        : c with { Epoch = c.Epoch.Next, Leader = NeedsState ? NodeId.None : Self };

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Invariant.Require(!_recovery.IsDamaged, "a replica starts from a snapshot that can be read");
        _recovery.Finish();
        Journal.StartAt(Log.LastIndex);
        _durableEpoch = Configuration?.Epoch ?? default;
        _accepting = (_durableEpoch, default);
        Arrivals.Follow(Configuration, Self, Log.LastIndex, now);
        if (!Options.Durable) Journal.SaveMark(RecordKind.MemoryMode, effects, Incarnation);
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (Serving is { } serving) serving.OnRequest(request);
        else if (request.Kind == RequestKind.Read && !Leader.IsNone && Leader != Self) Backup.Reads.Add(request.Id);
        else effects.Reply(request.Id, Outcome.NotLeader(Leader == Self ? NodeId.None : Leader));
    }

    public void OnTick(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Serving?.OnTick();
        Cascade?.OnTick();
        Backup.Reads.OnTick(effects);
        Leaving.OnTick();
        if (Arrivals.DelayNanoseconds > 0) ApplyCommitted();
        Backup.ReleaseReads();
        SnapshotMaker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        if (_accepting.Epoch > _durableEpoch && _accepting.Point <= durable) _durableEpoch = _accepting.Epoch;
        Serving?.TryAdvanceCommitIndex();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Applier.BeginTurn();
        ApplyCommitted();
        Serving?.OnTurnEnd();
        if (Serving is null) Backup.AskForReads();
        Cascade ??= Feeder.CascadeOf(this);
        Cascade?.SendAll();
        Past.TrimLog();
        SnapshotMaker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
        SnapshotMaker.OnSealed(index, saved);
    }

    public bool MayReadLocally(StepTime now)
    {
        if (Serving is not { } serving || !IsLeaseGranted || !Rules.IsLeaseValid(_leaseUntil, now.Nanoseconds)) return false;
        return serving.HasReadableState;
    }

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Enter(now, effects);
        Accept(configuration);
    }

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (Configuration is not { } c || c.Epoch != epoch) return;
        _leaseUntil = _leaseEpoch == epoch ? Math.Max(_leaseUntil, untilNanoseconds) : untilNanoseconds;
        _leaseEpoch = epoch;
        Serving?.TryAdvanceCommitIndex();
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Inbox.Handle(from, message);
    }

    public void Describe(StringBuilder text) => StatusReport.Describe(this, text);

    public void CheckInvariants()
    {
        Invariant.Require(LastApplied <= CommitIndex || Options.Ship == Ship.State, "only committed entries are applied");
        Invariant.Require(LastApplied <= Log.LastIndex, "what is applied is in the log");
        Invariant.Require(CommitIndex <= Log.LastIndex, "what is committed is in the log");
        Invariant.Require(Log.BaseIndex <= LastApplied, "only applied entries are forgotten");
        Invariant.Require(Log.LastStamp <= (Configuration?.Epoch ?? default), "no entry is of an epoch not yet accepted");
        Invariant.Require(Journal.DurableIndex <= Journal.JournaledIndex, "what is durable was written");
        Invariant.Require(Journal.JournaledIndex <= Log.LastIndex, "what was written is in the log");
        Invariant.Require(_durableEpoch <= (Configuration?.Epoch ?? default), "what is reported was accepted");
        Invariant.Require(Serving is null || Leader == Self, "only the named primary serves");
        Invariant.Require(Serving is null || !NeedsState, "only a whole replica serves");
        Log.CheckInvariants();
        Applier.CheckInvariants();
        Serving?.CheckInvariants();
    }

    // What parts do to the shared state.

    /// <summary>Commits, and applies as far as this replica may.</summary>
    internal void CommitUpTo(LogIndex index)
    {
        if (index <= CommitIndex) return;
        Invariant.Require(index <= Log.LastIndex, "what is committed is in the log");
        CommitIndex = index;
        ApplyCommitted();
        Backup.ReleaseReads();
        Serving?.OnCommitAdvanced();
    }

    void IApplierOwner<Epoch>.OnApplied()
    {
        Backup.ReleaseReads();
        Serving?.OnApplied();
    }

    void IApplierOwner<Epoch>.ApplyOther(LogIndex index, in EntryView<Epoch> entry, RequestId request)
    {
        if (entry.Kind != EntryKind.Effect) return;
        Invariant.Require(Shipping is not null && Shipping.TryApplyEffect(index, entry.Payload), "a primary ships whole effects");
    }

    internal void ApplyCommitted()
    {
        if (!MayApply) return;
        if (Serving is not null) Applier.ApplyTo(CommitIndex);
        else if (LastApplied < CommitIndex) Applier.ApplyTo(Arrivals.LimitOf(CommitIndex, Log, Options.MaxLagBytes, Now));
    }

    /// <summary>A snapshot is durable: the journal before it goes, but for what a later life must know.</summary>
    internal PersistPoint MarkSnapshot(LogIndex index, Epoch epoch) => Journal.MarkSnapshot(
        index, epoch, DropIndex, Configuration, Amnesia.IsPresent || !Options.Durable ? Incarnation : 0, Out);

    // What recovery sets.

    internal void RestoreAt(LogIndex index)
    {
        CommitIndex = index;
        Applier.JumpTo(index);
    }

    internal void RestoreConfiguration(GroupConfiguration configuration)
    {
        Configuration = configuration;
        Options = Options.With(configuration.Rule);
    }

    private void Enter(StepTime now, Effects effects)
    {
        Now = now;
        Out = effects;
    }

    /// <summary>The contract's first rule: from here on nothing of an older epoch counts, and what is said waits for the
    /// journal.</summary>
    internal void Accept(GroupConfiguration configuration)
    {
        var old = Configuration;
        if (old is not null && configuration.Epoch <= old.Epoch) return;
        _accepting = (configuration.Epoch, Journal.SaveConfiguration(configuration, Out));
        Configuration = configuration;
        Options = Options.With(configuration.Rule);
        Arrivals.Follow(configuration, Self, Log.LastIndex, Now);
        Backup.OnEpoch();
        Leaving.OnEpoch();
        var leads = configuration.Leader == Self;
        if (Serving is { } serving && leads && configuration.Epoch == old!.Epoch.Next)
        {
            // Nobody else can have led in between: the log and those who wait go on.
            serving.OnEpoch();
            return;
        }

        Serving?.End(configuration);
        Serving = null;
        Cascade?.End();
        Cascade = null;
        Backup.Reads.End(Outcome.NotLeader(NodeId.None), Out);
        ApplyCommitted(); // what was held back, if it is no more
        // What is half received belongs to the history of another primary.
        if (old is null || old.Leader != configuration.Leader) SnapshotMaker.Inbox.Abandon();
        if (leads && !NeedsState)
        {
            Serving = new Serving(this);
            Serving.Begin();
        }
    }

}
