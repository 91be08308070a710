using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// One node's membership of a raft group: what outlives a change of role, and the way in for every input. The essay is in
/// <see cref="Raft"/>. One caller at a time.
/// </summary>
public sealed class RaftReplica : IElectingReplica, IQuarantiningReplica
{
    private readonly Recovery _recovery;
    private readonly LogMemory _memory;
    private readonly Inbox _inbox;
    private readonly StatusReport _status;

    /// <param name="self">this node; need not be in the configuration (yet)</param>
    /// <param name="initial">the members of the group at its birth, the same on every replica; what the log or a snapshot says
    /// replaces it</param>
    /// <param name="options">the same on every replica, but for <see cref="RaftOptions.Durable"/></param>
    /// <param name="machine">empty; the newest snapshot is restored into it here</param>
    /// <param name="snapshots">this group's snapshots on this node</param>
    /// <param name="seed">of the election timeouts</param>
    /// <param name="incarnation">how often the node has been started, 1 and up, never the same twice</param>
    /// <param name="rules">for canaries only</param>
    /// <param name="peers">lets an idle group fall quiet; null: it never does</param>
    public RaftReplica(
        NodeId self,
        Configuration initial,
        RaftOptions options,
        IStateMachine machine,
        ISnapshots snapshots,
        ulong seed,
        long incarnation,
        RaftRules? rules = null,
        IPeerWatch? peers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(snapshots);
        Self = self;
        Options = options;
        Log = new FrameLog<Term>(options.Blocks);
        Incarnation = incarnation;
        Questions = new QuestionNumbers(incarnation);
        Rules = rules ?? RaftRules.Paper;
        Dice = new Prng(seed);
        Configurations = new ConfigurationHistory(initial);
        Journal = new RaftJournal(options);
        HardState = new HardState(Journal, Step);
        Contact = new LeaderContact(options, Step);
        AwaitedLeader = new AwaitedLeader(Step);
        Amnesia = new Amnesia<Term>(incarnation);
        Quarantine = new Quarantine(options, Contact, Step);
        Roles = new Roles(this);
        Commits = new Commits(
            Step, options, Rules, Log, Bounds, Configurations, Quarantine, Roles, machine,
            () => SnapshotMaker!.Inbox.IsInstalling);
        Changes = new LogChanges(Step, Rules, Log, Journal, Configurations, Bounds, Quarantine, Commits, Roles);
        var raftSnapshots = new RaftSnapshots(
            Step, options, Rules, HardState, Log, Journal, Configurations, Bounds, Commits, Changes, Roles, Amnesia, Quarantine,
            incarnation, snapshots, machine);
        SnapshotMaker = raftSnapshots.Maker;
        Quiescence = new Quiescence(self, options, HardState, Log, Questions, Step, peers);
        var elections = new Elections(HardState, Log, Amnesia, Contact, Rules, Step);
        _memory = new LogMemory(options, Log, Journal, Configurations, Bounds, Applier, SnapshotMaker);
        _inbox = new Inbox(
            Step, Rules, HardState, Roles, elections, Quiescence, raftSnapshots, SnapshotMaker, Amnesia, Quarantine, incarnation);
        _status = new StatusReport(
            self, Step, HardState, Log, Journal, Configurations, Bounds, Commits, Roles, Amnesia, Quarantine, SnapshotMaker);
        Roles.Begin();
        // A replica that has just joined has applied nothing; one that lost its memory does not know what it had.
        History = new CommittedHistory<Term>(Log, Applier, () => LastApplied.Value > 0 && !Amnesia.IsPresent);
        _recovery = new Recovery(HardState, Log, Journal, Configurations, Changes, Quarantine, Amnesia, SnapshotMaker);
        _recovery.RestoreNewestSnapshot();
    }

    public NodeId Leader => Role.LeaderId;

    public bool IsLeader => Role is Leader;

    /// <summary>The state here was found wrong and is to be replaced: it must answer no read.</summary>
    public bool IsQuarantined => Quarantine.IsPresent;

    /// <summary>How often the state was replaced in this life of the node, and whether that is over for good.</summary>
    public (long Count, bool HasGivenUp) Reseeds => (Quarantine.Reseeds, Quarantine.HasGivenUp);

    public bool IsQuiet => Quiescence.IsQuiet;

    /// <summary>Set by the node while it needs this leader to go on: keys that run out, members that are to change.</summary>
    public bool IsHeldAwake
    {
        get => Quiescence.IsHeldAwake;
        set => Quiescence.IsHeldAwake = value;
    }

    /// <inheritdoc/>
    public IHistory History { get; }

    /// <inheritdoc/>
    public LogIndex LastIndex => Log.LastIndex;

    /// <inheritdoc/>
    public IReadOnlyList<FollowerView> Followers => _status.Followers();

    /// <inheritdoc/>
    public ElectedMembers Members => new(
        Configuration.Voters, Configuration.Learners, Configuration.OutgoingVoters, Configurations.LatestIndex <= CommitIndex);

    /// <inheritdoc/>
    public byte[] EncodeMembers(IEnumerable<NodeId> voters, IEnumerable<NodeId> learners) =>
        new Configuration(voters, learners).Encode();

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public RaftStatus Status => _status.Make();

    // What roles are made of.
    internal NodeId Self { get; }
    internal RaftOptions Options { get; }
    internal RaftRules Rules { get; }
    internal long Incarnation { get; }
    internal Prng Dice { get; }
    internal Step Step { get; } = new();
    internal FrameLog<Term> Log { get; }
    internal RaftJournal Journal { get; }
    internal LogBounds Bounds { get; } = new();
    internal ConfigurationHistory Configurations { get; }
    internal QuestionNumbers Questions { get; }
    internal HardState HardState { get; }
    internal LeaderContact Contact { get; }
    internal AwaitedLeader AwaitedLeader { get; }
    internal Amnesia<Term> Amnesia { get; }
    internal Quarantine Quarantine { get; }
    internal Roles Roles { get; }
    internal Commits Commits { get; }
    internal LogChanges Changes { get; }
    internal SnapshotMaker SnapshotMaker { get; }
    internal Quiescence Quiescence { get; }

    internal Role Role => Roles.Current;

    internal Applier<Term> Applier => Commits.Applier;

    internal Configuration Configuration => Configurations.Latest;

    internal StepTime Now => Step.Now;

    internal Effects Out => Step.Out;

    /// <summary>See <see cref="HardState"/>.</summary>
    public Term CurrentTerm => HardState.CurrentTerm;

    /// <inheritdoc cref="LogBounds.CommitIndex"/>
    public LogIndex CommitIndex => Bounds.CommitIndex;

    /// <summary>At most <see cref="CommitIndex"/>; below it while the applier is behind, and in quarantine. [Raft fig.
    /// 2]</summary>
    public LogIndex LastApplied => Commits.LastApplied;

    /// <inheritdoc/>
    public bool HasMoreToDo => Commits.HasMoreToDo;

    /// <summary>The state machine here was found to differ from those of the majority: it is used no more until the leader has
    /// sent its own. False: this replica leads, and has to hand over before.</summary>
    public bool TryQuarantine(StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        if (IsLeader) return false;
        if (!Quarantine.TryBegin()) return true;
        // What is being written down would be the wrong state.
        SnapshotMaker.Abandon();
        Journal.SaveMark(RecordKind.Quarantined, LastApplied.Value, Incarnation, Out);
        Roles.BecomeFollower(Role.LeaderId);
        return true;
    }

    /// <summary>Those who vote in the newest configuration, ascending.</summary>
    public IReadOnlyList<NodeId> Voters => Configuration.Voters;

    /// <summary>On the leader: the member said last that it is in quarantine.</summary>
    public bool IsQuarantinedMember(NodeId node) => Role is Leader leader && leader.IsQuarantined(node);

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        Invariant.Require(!_recovery.IsDamaged, "a replica starts from a snapshot that can be read");
        Journal.StartAt(Log.LastIndex);
        if (CurrentTerm < Log.LastStamp) HardState.Enter(Log.LastStamp, NodeId.None);
        if (!Options.Durable)
        {
            Journal.SaveMark(RecordKind.MemoryMode, Incarnation, 0, Out);
            // Every answer waits for the newest term, and so for the confession before it.
            HardState.Save();
        }

        // It may have answered a leader a moment before it was stopped, and that leader may read under a lease.
        if (CurrentTerm.Value > 0) Contact.NoteHeard();
        Roles.Begin();
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        Quiescence.Stir(Role);
        Role.OnRequest(request);
    }

    public void OnTick(StepTime now, Effects effects)
    {
        if (IsQuiet) return;
        Step.Enter(now, effects);
        AwaitedLeader.OnTick();
        Role.OnTick();
        SnapshotMaker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        Role.OnPersisted();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        Applier.BeginTurn();
        Commits.ApplyCommitted();
        Role.OnTurnEnd();
        _memory.Trim(Role);
        SnapshotMaker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        SnapshotMaker.OnSealed(index, saved);
    }

    /// <summary>It leads, and somebody was asked to take over who has not: for the rest of the term there is no lease. [Raft
    /// §3.10]</summary>
    public bool HasEndedLease => Role is Leader { Transfer: { HasEndedLease: true, IsInProgress: false } };

    public bool MayReadLocally(StepTime now)
    {
        Quiescence.WasRead = true;
        return Role.MayReadLocally(now);
    }

    public void Stir(StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        Quiescence.Stir(Role);
    }

    public void Suspect(NodeId node, StepTime now, Effects effects)
    {
        if (Role is not Follower follower || follower.LeaderId != node) return;
        Step.Enter(now, effects);
        Quiescence.Stir(Role);
        follower.Hasten();
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Step.Enter(now, effects);
        _inbox.Handle(from, message);
    }

    /// <inheritdoc cref="Roles.LeaderSince"/>
    public StepTime LeaderSince => Roles.LeaderSince;

    public void Describe(StringBuilder text) => _status.Describe(text);

    public void CheckInvariants()
    {
        Invariant.Require(LastApplied <= CommitIndex, "only committed entries are applied");
        Invariant.Require(CommitIndex <= Log.LastIndex, "what is committed is in the log");
        Invariant.Require(Log.BaseIndex <= LastApplied, "only applied entries are forgotten");
        Invariant.Require(Log.LastStamp <= CurrentTerm, "no entry is of a term not yet entered");
        Invariant.Require(Journal.DurableIndex <= Journal.JournaledIndex, "what is durable was written");
        Invariant.Require(Journal.JournaledIndex <= Log.LastIndex, "what was written is in the log");
        Invariant.Require(SnapshotMaker.SealedIndex <= LastApplied, "a snapshot holds what was applied");
        Invariant.Require(Configurations.LatestIndex <= Log.LastIndex, "a configuration comes from the log");
        Log.CheckInvariants();
        Applier.CheckInvariants();
        Role.CheckInvariants();
    }
}
