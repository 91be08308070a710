using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// One node's membership of a primary-backup group: makes the parts, gives each what it needs, and is the way in for every
/// input. The essay is in <see cref="Primary"/>. One caller at a time.
/// </summary>
public sealed class PrimaryReplica : IConfiguredReplica
{
    private readonly Step _step = new();
    private readonly LogMarks _marks = new();
    private readonly Role _role = new();
    private readonly Arrivals _arrivals = new();
    private readonly AcceptedEpoch _accepted;
    private readonly ReadQuestions _reads;
    private readonly Commits _commits;
    private readonly IStateShipping? _shipping;
    private readonly SnapshotMaker _maker;
    private readonly Backup _backup;
    private readonly Leaving _leaving;
    private readonly Inbox _inbox;
    private readonly LogMemory _memory;
    private readonly StatusReport _status;
    private readonly Recovery _recovery;

    /// <summary>While it is present, this replica reports that it needs state, and the control plane does not count its
    /// report.</summary>
    private readonly Amnesia<Epoch> _amnesia;
    private readonly StateHealth _health;
    private readonly long _incarnation;

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
        _shipping = machine as IStateShipping;
        if (options.Ship == Ship.State && _shipping is null)
            throw new ArgumentException("shipping state needs a machine that can write it", nameof(machine));
        _incarnation = incarnation;
        Log = new FrameLog<Epoch>(options.Blocks, keepsHistory: true);
        Journal = new PrimaryJournal(options);
        _accepted = new AcceptedEpoch(self, options, rules ?? PrimaryRules.Standard, Journal, _step);
        _amnesia = new Amnesia<Epoch>(incarnation);
        _health = new StateHealth(_accepted, Log, _amnesia);
        _reads = new ReadQuestions(new QuestionNumbers(incarnation), 2 * options.HeartbeatTicks);
        _commits = new Commits(_step, _accepted, Log, _marks, _health, _role, _arrivals, _reads, machine);
        var applier = _commits.Applier;
        Lost = new LostEntries(Log, lostAndFound);
        var answers = new Answers(_step, _accepted, Log, Journal, _marks, _health, incarnation);
        var replacement = new StateReplacement(_step, Log, Journal, _marks, _commits, _health, _arrivals, Lost);
        var primarySnapshots = new PrimarySnapshots(
            _step, _accepted, Log, Journal, _marks, _commits, _health, _role, _amnesia, answers, replacement, snapshots,
            machine);
        _maker = primarySnapshots.Maker;
        var past = new Past(_step, Log, Journal, _marks, applier, _health, _arrivals, Lost, _maker);
        _backup = new Backup(
            _step, _accepted, Log, Journal, _marks, _commits, _health, past, answers, _arrivals, _amnesia, _reads, _shipping);
        _leaving = new Leaving(_step, _accepted, Log, Journal, _role, past);
        _inbox = new Inbox(_step, _accepted, Journal, _role, _backup, answers, primarySnapshots, _leaving);
        _memory = new LogMemory(_accepted, Log, Journal, _marks, applier, _health, _maker);
        _status = new StatusReport(_step, _accepted, Log, Journal, _marks, _commits, _health, _role, _arrivals, Lost, _maker);
        History = new EpochHistory(Log, _marks, applier, _health);
        _recovery = new Recovery(_accepted, Log, Journal, _marks, _commits, _health, _amnesia, _maker, _shipping);
        _recovery.RestoreNewestSnapshot();
    }

    /// <inheritdoc/>
    public GroupConfiguration? Configuration => _accepted.Configuration;

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
            var epoch = _accepted.DurableEpoch;
            if (_amnesia.IsPresent) return new ReplicaReport(epoch, default, default, default, NeedsState: true);
            var last = Journal.DurableIndex;
            var lastEpoch = Log.HasStampAt(last) ? Log.StampAt(last) : default;
            return new ReplicaReport(epoch, lastEpoch, last, LogIndex.Min(_marks.CommitIndex, last), _health.NeedsState);
        }
    }

    /// <inheritdoc/>
    public GroupConfiguration? Wanted => _role.Serving is { } serving ? serving.Wanted : WantedToResume;

    /// <inheritdoc/>
    public bool MayLeave => _leaving.IsDone;

    public NodeId Leader => _accepted.Leader;

    public bool IsLeader => _role.Serving is { TakesWrites: true };

    /// <inheritdoc/>
    public IHistory History { get; }

    /// <summary>The primary acknowledges what only it has: fewer backups answer than the policy asks for, and the policy
    /// says to go on all the same.</summary>
    public bool IsDegraded => _role.Serving is { IsDegraded: true };

    /// <summary>This replica applies entries so many milliseconds after they arrived, or sooner where it
    /// <see cref="IsDelayCutShort"/>.</summary>
    public long DelayMilliseconds => _arrivals.DelayNanoseconds / StepTime.NanosecondsPerMillisecond;
    public bool IsDelayCutShort => _arrivals.IsCutShort;

    /// <summary>Fewer backups answer the primary than the policy asks for: writes are refused, or it
    /// <see cref="IsDegraded"/>.</summary>
    public bool IsShort => _role.Serving is { IsShortNow: true };

    public IReadOnlyList<FollowerView> Followers => _status.Followers();

    public string? Alarm => _status.Alarm();

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public PrimaryStatus Status => _status.Make();

    /// <inheritdoc/>
    public bool HasMoreToDo => _commits.HasMoreToDo;

    // What checkers look at.
    internal FrameLog<Epoch> Log { get; }
    internal PrimaryJournal Journal { get; }
    internal LostEntries Lost { get; }
    internal LogIndex CommitIndex => _marks.CommitIndex;
    internal LogIndex LastApplied => _commits.LastApplied;
    internal bool NeedsState => _health.NeedsState;
    internal Serving? Serving => _role.Serving;

    private GroupConfiguration? WantedToResume =>
        Configuration is not { } c || c.Leader != _accepted.Self ? null
        : c with { Epoch = c.Epoch.Next, Leader = _health.NeedsState ? NodeId.None : _accepted.Self };

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Invariant.Require(!_recovery.IsDamaged, "a replica starts from a snapshot that can be read");
        _recovery.Finish();
        Journal.StartAt(Log.LastIndex);
        _accepted.BeginLife();
        _arrivals.Follow(Configuration, _accepted.Self, Log.LastIndex, now);
        if (!_accepted.Options.Durable) Journal.SaveMark(RecordKind.MemoryMode, effects, _incarnation);
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        if (_role.Serving is { } serving) serving.OnRequest(request);
        else if (request.Kind == RequestKind.Read && !Leader.IsNone && Leader != _accepted.Self) _reads.Add(request.Id);
        else effects.Reply(request.Id, Outcome.NotLeader(Leader == _accepted.Self ? NodeId.None : Leader));
    }

    public void OnTick(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        _role.Serving?.OnTick();
        _role.Cascade?.OnTick();
        _reads.OnTick(effects);
        _leaving.OnTick();
        if (_arrivals.DelayNanoseconds > 0) _commits.ApplyCommitted();
        _commits.ReleaseReads();
        _maker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        _accepted.OnPersisted(durable);
        _role.Serving?.TryAdvanceCommitIndex();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        _commits.Applier.BeginTurn();
        _commits.ApplyCommitted();
        _role.Serving?.OnTurnEnd();
        if (_role.Serving is null) _backup.AskForReads();
        if (_role.Cascade is null && Feeder.CascadeOf(_accepted, _marks.Verified) is { } fed) BeginCascade(fed);
        _role.Cascade?.SendAll();
        _memory.Trim(_role.Feeder);
        _maker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        _maker.OnSealed(index, saved);
    }

    public bool MayReadLocally(StepTime now) =>
        _role.Serving is { } serving && _accepted.HasLeaseAt(now) && serving.HasReadableState;

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _step.Enter(now, effects);
        Accept(configuration);
    }

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        if (_accepted.TryExtendLease(epoch, untilNanoseconds)) _role.Serving?.TryAdvanceCommitIndex();
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        if (message is Announce announce) Accept(announce.Configuration);
        else _inbox.Handle(from, message);
    }

    public void Describe(StringBuilder text) => _status.Describe(text, Wanted);

    public void CheckInvariants()
    {
        var isAhead = LastApplied > CommitIndex;
        Invariant.Require(!isAhead || _accepted.Options.Ship == Ship.State, "only committed entries are applied");
        Invariant.Require(LastApplied <= Log.LastIndex, "what is applied is in the log");
        Invariant.Require(_marks.CommitIndex <= Log.LastIndex, "what is committed is in the log");
        Invariant.Require(Log.BaseIndex <= LastApplied, "only applied entries are forgotten");
        Invariant.Require(Log.LastStamp <= _accepted.Epoch, "no entry is of an epoch not yet accepted");
        Invariant.Require(Journal.DurableIndex <= Journal.JournaledIndex, "what is durable was written");
        Invariant.Require(Journal.JournaledIndex <= Log.LastIndex, "what was written is in the log");
        Invariant.Require(_accepted.DurableEpoch <= _accepted.Epoch, "what is reported was accepted");
        Invariant.Require(_role.Serving is null || Leader == _accepted.Self, "only the named primary serves");
        Invariant.Require(_role.Serving is null || !_health.NeedsState, "only a whole replica serves");
        Log.CheckInvariants();
        _commits.Applier.CheckInvariants();
        _role.Serving?.CheckInvariants();
    }

    /// <summary>The contract's first rule: from here on nothing of an older epoch counts, and what is said waits for the
    /// journal.</summary>
    private void Accept(GroupConfiguration configuration)
    {
        var old = Configuration;
        if (!_accepted.TryAccept(configuration)) return;
        _arrivals.Follow(configuration, _accepted.Self, Log.LastIndex, _step.Now);
        _backup.OnEpoch();
        _leaving.OnEpoch();
        var leads = configuration.Leader == _accepted.Self;
        if (_role.Serving is { } serving && leads && configuration.Epoch == old!.Epoch.Next)
        {
            // Nobody else can have led in between: the log and those who wait go on.
            serving.OnEpoch();
            return;
        }

        _role.Serving?.End(configuration);
        _role.Serving = null;
        _role.Cascade?.End();
        _role.Cascade = null;
        _reads.End(Outcome.NotLeader(NodeId.None), _step.Out);
        _commits.ApplyCommitted(); // what was held back, if it is no more
        // What is half received belongs to the history of another primary.
        if (old is null || old.Leader != configuration.Leader) _maker.Inbox.Abandon();
        if (leads && !_health.NeedsState) BeginServing();
    }

    private void BeginServing()
    {
        _role.Serving = new Serving(
            _step, _accepted, Log, Journal, _marks, _commits, _maker, _shipping, NewFeeder(feedsAll: true));
        _role.Serving.Begin();
    }

    private void BeginCascade(List<NodeId> fed)
    {
        _role.Cascade = NewFeeder(feedsAll: false);
        _role.Cascade.Follow(fed);
    }

    private Feeder NewFeeder(bool feedsAll) =>
        new(_step, _accepted, Log, _marks, _commits.Applier, _maker, _shipping, feedsAll);
}
