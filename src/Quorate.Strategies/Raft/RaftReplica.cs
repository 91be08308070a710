using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// One node's membership of a raft group: what outlives a change of role, and the way in for every input. The essay is in
/// <see cref="Raft"/>. One caller at a time.
/// </summary>
public sealed class RaftReplica : IElectingReplica, IQuarantiningReplica, IApplierOwner<Term>
{
    private readonly Recovery _recovery;
    private readonly Elections _elections;

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
        _elections = new Elections(HardState, Log, Amnesia, Contact, Rules, Step);
        Quarantine = new Quarantine(options, Contact, Step);
        Applier = new Applier<Term>(Log, machine, Waiting, options.ApplyBudget, this);
        Snapshots = new RaftSnapshots(this);
        SnapshotMaker = new SnapshotMaker(snapshots, machine, options.SnapshotSizes, Snapshots);
        Quiescence = new Quiescence(self, options, HardState, Log, Questions, Step, peers);
        Role = new Follower(this, NodeId.None);
        // A replica that has just joined has applied nothing; one that lost its memory does not know what it had.
        History = new CommittedHistory<Term>(Log, Applier, () => LastApplied.Value > 0 && !Amnesia.IsPresent);
        _recovery = new Recovery(this);
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
    public IReadOnlyList<FollowerView> Followers => StatusReport.FollowersOf(this);

    /// <inheritdoc/>
    public ElectedMembers Members => new(
        Configuration.Voters, Configuration.Learners, Configuration.OutgoingVoters, Configurations.LatestIndex <= CommitIndex);

    /// <inheritdoc/>
    public byte[] EncodeMembers(IEnumerable<NodeId> voters, IEnumerable<NodeId> learners) =>
        new Configuration(voters, learners).Encode();

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public RaftStatus Status => StatusReport.Of(this);

    internal NodeId Self { get; }

    internal RaftOptions Options { get; }

    internal RaftRules Rules { get; }

    internal long Incarnation { get; }

    internal Prng Dice { get; }

    internal FrameLog<Term> Log { get; }

    internal RaftJournal Journal { get; }

    internal ConfigurationHistory Configurations { get; }

    internal WaitingRequests<Term> Waiting { get; } = new();

    internal QuestionNumbers Questions { get; }

    internal Applier<Term> Applier { get; }

    internal HardState HardState { get; }

    internal LeaderContact Contact { get; }

    internal AwaitedLeader AwaitedLeader { get; }

    internal Amnesia<Term> Amnesia { get; }

    internal Quarantine Quarantine { get; }

    internal RaftSnapshots Snapshots { get; }

    internal SnapshotMaker SnapshotMaker { get; }

    internal Quiescence Quiescence { get; }

    internal Role Role { get; private set; }

    /// <summary>See <see cref="HardState"/>.</summary>
    public Term CurrentTerm => HardState.CurrentTerm;

    /// <inheritdoc cref="LogBounds.CommitIndex"/>
    public LogIndex CommitIndex
    {
        get => Bounds.CommitIndex;
        private set => Bounds.CommitIndex = value;
    }

    /// <summary>At most <see cref="CommitIndex"/>; below it while the applier is behind, and in quarantine. [Raft fig.
    /// 2]</summary>
    public LogIndex LastApplied => Applier.LastApplied;

    /// <summary>What is committed up to here has been done as far as this replica does anything about it.</summary>
    internal LogIndex DecidedIndex => Quarantine.IsPresent ? CommitIndex : LastApplied;

    /// <inheritdoc/>
    public bool HasMoreToDo => Applier.HasMore && !Quarantine.IsPresent;

    /// <summary>A snapshot beyond this tells more than the state here; in quarantine one of the same index does.</summary>
    internal LogIndex StateIndex => Quarantine.IsPresent ? LastApplied.Previous : CommitIndex;

    internal LogBounds Bounds { get; } = new();

    internal Configuration Configuration => Configurations.Latest;

    internal Step Step { get; } = new();

    internal StepTime Now => Step.Now;

    internal Effects Out => Step.Out;

    Effects IApplierOwner<Term>.Out => Out;

    /// <summary>The state machine here was found to differ from those of the majority: it is used no more until the leader has
    /// sent its own. False: this replica leads, and has to hand over before.</summary>
    public bool TryQuarantine(StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (IsLeader) return false;
        if (!Quarantine.TryBegin()) return true;
        // What is being written down would be the wrong state.
        SnapshotMaker.Abandon();
        Journal.SaveMark(RecordKind.Quarantined, LastApplied.Value, Incarnation, Out);
        BecomeFollower(Role.LeaderId);
        return true;
    }

    /// <summary>Those who vote in the newest configuration, ascending.</summary>
    public IReadOnlyList<NodeId> Voters => Configuration.Voters;

    /// <summary>On the leader: the member said last that it is in quarantine.</summary>
    public bool IsQuarantinedMember(NodeId node) => Role is Leader leader && leader.IsQuarantined(node);

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Enter(now, effects);
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
        Role = new Follower(this, NodeId.None);
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Quiescence.Stir(Role);
        Role.OnRequest(request);
    }

    public void OnTick(StepTime now, Effects effects)
    {
        if (IsQuiet) return;
        Enter(now, effects);
        AwaitedLeader.OnTick();
        Role.OnTick();
        SnapshotMaker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        Role.OnPersisted();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Applier.BeginTurn();
        ApplyCommitted();
        Role.OnTurnEnd();
        TrimLog();
        SnapshotMaker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
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
        Enter(now, effects);
        Quiescence.Stir(Role);
    }

    public void Suspect(NodeId node, StepTime now, Effects effects)
    {
        if (Role is not Follower follower || follower.LeaderId != node) return;
        Enter(now, effects);
        Quiescence.Stir(Role);
        follower.Hasten();
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (message is not (Quiesce or QuiesceResponse)) Quiescence.Stir(Role);
        switch (message)
        {
            case Quiesce quiesce:
                if (FollowLeader(from, quiesce.Term) is { } quiet) Quiescence.HandleQuiesce(quiet, from, quiesce, IsBusy);
                else RefuseStale(from, new AppendEntries());
                break;
            case QuiesceResponse response:
                if (IsOfThisTerm(response) && Role is Leader resting) Quiescence.HandleResponse(resting, from, response);
                break;
            case RequestVote { PreVote: true } request:
                _elections.AnswerPreVote(from, request, Role);
                break;
            case RequestVote request:
                var isHeard = _elections.MayHear(request, Role);
                if (isHeard && request.Term > CurrentTerm) FollowTerm(request.Term);
                _elections.AnswerVote(from, request, Role, isHeard);
                break;
            case RequestVoteResponse response:
                HandleRequestVoteResponse(from, response);
                break;
            case AppendEntries append:
                if (FollowLeader(from, append.Term) is { } follower) follower.HandleAppendEntries(from, append);
                else RefuseStale(from, append);
                Spares.Return(append);
                break;
            case InstallSnapshot snapshot:
                if (FollowLeader(from, snapshot.Term) is { } receiver) Snapshots.Handle(receiver, from, snapshot);
                else RefuseStale(from, new AppendEntries());
                break;
            case AppendEntriesResponse response:
                if (IsOfThisTerm(response) && Role is Leader leader) leader.HandleAppendEntriesResponse(from, response);
                Spares.Return(response);
                break;
            case InstallSnapshotResponse response:
                if (IsOfThisTerm(response) && Role is Leader sender) sender.HandleInstallSnapshotResponse(from, response);
                break;
            case ReadIndex read:
                if (IsOfThisTerm(read) && Role is Leader asked) asked.HandleReadIndex(from, read);
                break;
            case ReadIndexResponse response:
                if (IsOfThisTerm(response) && Role is Follower asker) asker.HandleReadIndexResponse(response);
                break;
            case TimeoutNow timeoutNow:
                if (IsOfThisTerm(timeoutNow) && Role is Follower target && target.LeaderId == from && Configuration.IsVoter(Self)
                    && !Amnesia.IsPresent && !Quarantine.IsPresent) Candidate.BeginElection(this, transfer: true);
                break;
        }
    }

    public void Describe(StringBuilder text) => StatusReport.Describe(this, text);

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

    // Changes of term and role.

    internal void Become(Role role)
    {
        Role.OnEnd();
        Role = role;
        Quiescence.OnRoleChanged();
    }

    internal void BecomeFollower(NodeId leader, bool isRetry = false) => Become(new Follower(this, leader, isRetry));

    /// <summary>When this replica last became the leader. Nobody else's lease runs any more then: those who elected it had not
    /// heard another leader for as long as its lease takes. [Raft §6.4.1]</summary>
    public StepTime LeaderSince { get; private set; }

    internal void BecomeLeader()
    {
        LeaderSince = Now;
        // It is the leader that the others are measured by.
        if (Amnesia.IsPresent) NoteRemembers();
        var leader = new Leader(this);
        Become(leader);
        leader.Begin();
        OnLeaderKnown(Self);
    }

    /// <summary>Somebody is in a later term. [Raft §5.1]</summary>
    internal void FollowTerm(Term term)
    {
        HardState.Enter(term, NodeId.None);
        BecomeFollower(NodeId.None);
    }

    /// <summary>Voters do, and one whose removal is not known to be committed: its log may be the one that is needed to
    /// commit it. [Raft §4.2.2]</summary>
    private bool MayCampaign => Configuration.IsVoter(Self)
        || (Configurations.LatestIndex > CommitIndex && Configurations.At(Configurations.LatestIndex.Previous).IsVoter(Self));

    /// <summary>The election timeout has passed.</summary>
    internal void Campaign()
    {
        if (!MayCampaign || !Quarantine.MayCampaign)
        {
            if (Role is Follower learner) learner.PostponeCampaign();
            else BecomeFollower(NodeId.None);
        }
        else if (!Contact.IsRecent)
        {
            if (Rules.AsksPreVote) Candidate.BeginPreVote(this);
            else Candidate.BeginElection(this, transfer: false);
        }
    }

    internal void OnLeaderKnown(NodeId leader)
    {
        Contact.ElectionsBegun = 0;
        AwaitedLeader.OnLeaderKnown(leader);
    }

    internal void NoteRemembers()
    {
        Amnesia.OnRemembers();
        if (Options.Durable) Journal.SaveMark(RecordKind.Remembers, Incarnation, 0, Out);
    }

    /// <summary>A snapshot is durable: the journal before it goes, but for what a later life must know.</summary>
    internal PersistPoint MarkSnapshot(LogIndex index, Term term) => Journal.MarkSnapshot(
        index, term, CurrentTerm, HardState.VotedFor, Amnesia.IsPresent || !Options.Durable ? Incarnation : 0, Out);

    // The log.

    /// <summary>Commits, and applies as much as the turn's budget allows.</summary>
    internal void CommitUpTo(LogIndex index)
    {
        if (index <= CommitIndex) return;
        Invariant.Require(index <= Log.LastIndex, "what is committed is in the log");
        CommitIndex = index;
        ApplyCommitted();
        if (!Quarantine.IsPresent) return;
        if (IsLogTooLong) Applier.SkipTo(CommitIndex); // the snapshot has to be a later one
        Role.OnDecided();
    }

    /// <summary>The log that is kept in quarantine for the snapshot to come has a bound, as a log that is kept for a slow
    /// follower has.</summary>
    private bool IsLogTooLong =>
        Log.BytesFrom(LastApplied.Next) > 4 * Options.MaxLagBytes && !SnapshotMaker.Inbox.IsInstalling;

    private void ApplyCommitted()
    {
        if (!Quarantine.IsPresent) Applier.ApplyTo(Rules.ApplyUpTo(CommitIndex, Log.LastIndex));
    }

    void IApplierOwner<Term>.OnApplied() => Role.OnDecided();

    void IApplierOwner<Term>.ApplyOther(LogIndex index, in EntryView<Term> entry, RequestId request)
    {
        if (entry.Kind != EntryKind.Configuration || request.IsNone) return;
        if (!Configurations.At(index).IsJoint) Out.Reply(request, Outcome.Done);
        else if (Role is Leader leader) leader.KeepChangeRequest(request);
        else Out.Reply(request, Outcome.Unknown("the next leader finishes the change"));
    }

    internal void TruncateFrom(LogIndex from, bool conflicts)
    {
        Invariant.Require(!conflicts || from > CommitIndex, "a committed entry never changes [Raft §5.4.3]");
        Waiting.KeepFrom(from, Log);
        if (Rules.RevertsConfigurationOnTruncation) Configurations.TruncateFrom(from);
        Log.TruncateFrom(from);
        Journal.TruncateFrom(from, Out);
    }

    /// <summary>The configurations among the entries from <paramref name="first"/> on take effect. [Raft §4.1]</summary>
    internal void LearnConfigurations(LogIndex first)
    {
        for (var index = first; index <= Log.LastIndex; index = index.Next)
        {
            var entry = Log[index];
            if (entry.Kind != EntryKind.Configuration) continue;
            Invariant.Require(
                Configuration.TryDecode(entry.Payload, out var configuration), "a leader writes whole configurations");
            if (index > Configurations.LatestIndex) Configurations.Add(index, configuration!);
        }
    }

    // What recovery sets.

    internal void RestoreAt(LogIndex index, Term term, Configuration configuration)
    {
        Log.Reset(index, term);
        CommitIndex = index;
        Applier.JumpTo(index);
        Configurations.Restore(index, configuration, keepLater: false);
    }

    /// <summary>[Raft fig. 13, 6-8] The state was replaced by a snapshot; the log goes on after it if it agrees with
    /// it.</summary>
    internal void JumpTo(LogIndex index, Term term, Configuration configuration)
    {
        var agrees = Log.HasStampAt(index) && Log.StampAt(index) == term;
        if (!agrees) Waiting.KeepFrom(index.Next, Log);
        Waiting.JumpTo(index, term, Out, Leader);
        if (agrees) Log.DropThrough(index);
        else Log.Reset(index, term);
        Journal.JumpTo(index, term, agrees, Out);
        Configurations.Restore(index, configuration, agrees);
        CommitIndex = LogIndex.Max(CommitIndex, index);
        Quarantine.End();
        Applier.JumpTo(index);
        ApplyCommitted();
        Role.OnDecided();
    }

    private void Enter(StepTime now, Effects effects) => Step.Enter(now, effects);

    /// <summary>Memory keeps what somebody may still need of the log, within bounds; the journal has all of it.</summary>
    private void TrimLog()
    {
        var target = Bounds.DropIndex;
        if (Log.Bytes > Options.MaxLagBytes)
        {
            var most = Log.FirstWithin(Options.MaxLagBytes).Previous;
            if (Role is Leader leader)
                most = LogIndex.Max(
                    LogIndex.Min(most, leader.NeededByReachable()), Log.FirstWithin(SnapshotMaker.FillBytes).Previous);
            target = LogIndex.Max(target, most);
        }

        target = LogIndex.Min(LogIndex.Min(target, LastApplied), Journal.JournaledIndex);
        if (target <= Log.BaseIndex) return;
        Log.DropThrough(target);
        Configurations.DropBefore(LastApplied);
    }

    /// <summary>Something is under way here besides the log: the replica does not rest.</summary>
    private bool IsBusy =>
        SnapshotMaker.IsBusy || SnapshotMaker.Inbox.IsInstalling || Amnesia.IsPresent || Quarantine.IsPresent;

    // Messages.

    private bool IsOfThisTerm(RaftMessage message)
    {
        if (message.Term > CurrentTerm) FollowTerm(message.Term);
        return !Rules.IsStale(message.Term, CurrentTerm);
    }

    private void HandleRequestVoteResponse(NodeId from, RequestVoteResponse response)
    {
        // A granted pre-vote speaks of the term asked for, which nobody has entered.
        if (response.Term > CurrentTerm && !(response.PreVote && response.Granted))
        {
            FollowTerm(response.Term);
            return;
        }

        if (!response.PreVote && response.Term != CurrentTerm) return;
        if (Role is Candidate candidate) candidate.HandleResponse(from, response);
    }

    /// <summary>The sender says it leads <paramref name="term"/>.</summary>
    /// <returns>Null when that term is over.</returns>
    private Follower? FollowLeader(NodeId from, Term term)
    {
        if (Rules.IsStale(term, CurrentTerm)) return null;
        if (term > CurrentTerm) FollowTerm(term);
        Invariant.Require(!IsLeader, "a term has one leader [Raft §5.2]");
        if (Role is Candidate) BecomeFollower(NodeId.None);
        var follower = (Follower)Role;
        follower.OnLeader(from);
        return follower;
    }

    /// <summary>A deposed leader hears of the newer term.</summary>
    private void RefuseStale(NodeId from, AppendEntries message) => Out.Send(from, new AppendEntriesResponse
    {
        Term = CurrentTerm,
        LastIndex = message.PrevLogIndex,
        Incarnation = Incarnation,
    }, HardState.Point);
}
