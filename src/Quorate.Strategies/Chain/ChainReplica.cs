using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// One node's membership of a chain: what outlives an epoch, and the way in for every input. The essay is in
/// <see cref="Chain"/>. One caller at a time.
/// </summary>
public sealed class ChainReplica : IConfiguredReplica, IApplierOwner<Epoch>
{
    private static readonly Outcome LeftChain = Outcome.Unknown("this replica left the chain before the entry was decided");

    /// <summary>An entry that is cut off here is not yet certainly lost: 1. H orders w at 11 and sends it to M. 2. The next chain
    /// is T, H, M; T begins with its own 11, H cuts w. 3. T and H die before M heard of T's 11; M alone goes on, and commits
    /// w.</summary>
    private static readonly Outcome CutOff = Outcome.Unknown("the chain goes on from a log without this entry");

    private readonly Recovery _recovery;
    private LogIndex _verified;

    /// <param name="self">this node; need not be in any configuration (yet)</param>
    /// <param name="options">see <see cref="ChainOptions"/></param>
    /// <param name="machine">empty; the newest snapshot is restored into it here</param>
    /// <param name="snapshots">this group's snapshots on this node</param>
    /// <param name="incarnation">how often the node has been started, 1 and up, never the same twice</param>
    /// <param name="rules">for canaries only</param>
    public ChainReplica(
        NodeId self,
        ChainOptions options, IStateMachine machine, ISnapshots snapshots, long incarnation, ChainRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(snapshots);
        (Self, Options, Incarnation) = (self, options, incarnation);
        Rules = rules ?? ChainRules.Paper;
        Log = new FrameLog<Epoch>(options.Blocks);
        Keyed = new KeyedLog(Log, Dirty);
        (Journal, Accepted) = (new ChainJournal(options), new AcceptedEpoch(options.Durable));
        Reads = new ChainReads(this);
        Applier = new Applier<Epoch>(Log, machine, Waiting, options.ApplyBudget, this, KeyedLog.KeyHashBytes);
        Snapshots = new ChainSnapshots(this);
        SnapshotMaker = new SnapshotMaker(snapshots, machine, options.SnapshotSizes, Snapshots);
        History = new CommittedHistory(this);
        _recovery = new Recovery(this);
        _recovery.RestoreNewestSnapshot();
    }

    /// <summary>The head, as far as this replica knows; none when it is this one and does not order (yet).</summary>
    public NodeId Leader
    {
        get
        {
            var head = Accepted.Newest?.Leader ?? NodeId.None;
            return head == Self && !IsLeader ? NodeId.None : head;
        }
    }

    public bool IsLeader => Position?.Head is { MayOrder: true };

    /// <inheritdoc/>
    public IHistory History { get; }

    public GroupConfiguration? Configuration => Accepted.Newest;

    public GroupConfiguration? Wanted => Wishes.Of(this);

    public ReplicaReport Report => new(
        Accepted.DurableEpoch, Log.StampAt(Journal.DurableIndex), Journal.DurableIndex, CommitIndex, !Accepted.HasState);

    /// <inheritdoc/>
    public IReadOnlyList<FollowerView> Followers => StatusReport.FollowersOf(this);

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public ChainStatus Status => StatusReport.Of(this);

    internal NodeId Self { get; }

    /// <summary>As this replica was made, and as the rule of the epoch says in which it takes part.</summary>
    internal ChainOptions Options { get; private set; }

    internal ChainRules Rules { get; }

    internal long Incarnation { get; }

    internal DirtyKeys Dirty { get; } = new();

    /// <summary>To be read; <see cref="Keyed"/> changes it.</summary>
    internal FrameLog<Epoch> Log { get; }

    internal KeyedLog Keyed { get; }

    internal ChainJournal Journal { get; }

    internal AcceptedEpoch Accepted { get; }

    internal WaitingRequests<Epoch> Waiting { get; } = new();

    internal Applier<Epoch> Applier { get; }

    internal ChainReads Reads { get; }

    internal ChainSnapshots Snapshots { get; }

    internal SnapshotMaker SnapshotMaker { get; }

    /// <summary>Its part in the accepted epoch; null while it has none: not accepted durably yet, no member, or without
    /// state.</summary>
    internal Position? Position { get; private set; }

    /// <summary>Rises only; never beyond what is durable here. Committed means durable on every replica of the chain.</summary>
    internal LogIndex CommitIndex { get; private set; }

    /// <summary>The greatest index known to be committed by a tail. This log may not reach it yet, and a head without lease
    /// does not act upon it.</summary>
    internal LogIndex TailCommit { get; private set; }

    /// <summary>At most <see cref="CommitIndex"/>; below it while the applier is behind.</summary>
    internal LogIndex LastApplied => Applier.LastApplied;

    /// <inheritdoc/>
    public bool HasMoreToDo => Applier.HasMore && MayApply;

    Effects IApplierOwner<Epoch>.Out => Out;

    /// <summary>Without its lease a head acknowledges nothing; acknowledging is applying.</summary>
    private bool MayApply => Position is { } position && (position.Head is null || HasLease);

    /// <summary>The log agrees with the head's of this epoch up to here, for good: within an epoch nothing below is ever cut.
    /// Only this is forwarded and counted. At least <see cref="CommitIndex"/>.</summary>
    internal LogIndex Verified => Position?.Head is null ? _verified : Log.LastIndex;

    /// <summary>Every replica from the head to this one has the log durably up to here.</summary>
    internal LogIndex Stable
    {
        get
        {
            if (Position is not { Predecessor: { } predecessor }) return Journal.DurableIndex;
            return Rules.TailCommitsUpTo(predecessor.Stable, LogIndex.Min(_verified, Journal.DurableIndex));
        }
    }

    /// <summary>Head and tail act only in an epoch that was accepted in this life: see
    /// <see cref="AcceptedEpoch.IsFresh"/>.</summary>
    internal bool IsFresh => Accepted.IsFresh || !Rules.WaitsAfterRestart;

    internal bool HasLease => Rules.IsLeaseValid(Accepted.LeaseUntil, Now.Nanoseconds);

    /// <summary>The time and the world of the present step.</summary>
    internal StepTime Now { get; private set; }

    internal Effects Out { get; private set; } = null!;

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Invariant.Require(!_recovery.IsDamaged, "a replica starts from a snapshot that can be read");
        Journal.StartAt(Log.LastIndex, ownPoint: default);
        Accepted.BeginLife(effects);
        if (Accepted.IsSettled) BeginEpoch();
    }

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Enter(now, effects);
        Invariant.Require(
            configuration.Leader.IsNone || (configuration.InSync.Count > 0 && configuration.InSync[0] == configuration.Leader),
            "the head comes first in the chain");
        if (!Accepted.TryAccept(configuration, Self, Log.LastIndex.Value == 0, effects)) return;
        Position?.OnEnd(configuration);
        Position = null;
        // An empty in-sync list is a seal: the members are told when the chain goes on.
        if (configuration.InSync.Count > 0 && !configuration.InSync.Contains(Self)) Applier.EndRequests(LeftChain);
        if (!configuration.Contains(Self)) Reads.End(Outcome.NotLeader(configuration.Leader));
    }

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Accepted.Extend(epoch, untilNanoseconds);
        TryCommit();
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (Position is null && Accepted.Newest?.Contains(Self) == true && request.Kind == RequestKind.Read)
            Reads.Add(request.Id);
        else if (Position is not { } position) effects.Reply(request.Id, Outcome.NotLeader(Leader));
        else if (request.Kind == RequestKind.Read && Reads.MayRead(request.KeyHash)) effects.Reply(request.Id, Outcome.ReadNow);
        else if (request.Kind == RequestKind.Read) Reads.Add(request.Id);
        else if (position.Head is { } head) head.OnRequest(request);
        else effects.Reply(request.Id, Outcome.NotLeader(Leader));
    }

    public void OnTick(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Position?.OnTick();
        Reads.OnTick();
        SnapshotMaker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        if (Accepted.OnPersisted(durable)) BeginEpoch();
        Advance();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Applier.BeginTurn();
        Journal.SaveEntries(Log, effects);
        Advance();
        Position?.OnTurnEnd();
        Reads.Ask();
        TrimLog();
        SnapshotMaker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
        SnapshotMaker.OnSealed(index, saved);
        Advance();
    }

    /// <summary>True for the tail; with <see cref="ChainOptions.Craq"/> also for a replica without any unfinished write,
    /// whatever its key. Always under a lease.</summary>
    public bool MayReadLocally(StepTime now)
    {
        Now = now;
        return Reads.MayRead(keyHash: 0);
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (message is not ChainMessage own || Position is not { } position) return;
        if (Rules.IsOfAnotherEpoch(own.Epoch, Accepted.Epoch)) return;
        switch (own)
        {
            case Forward forward when position.Predecessor?.Node == from:
                position.Predecessor.HandleForward(forward);
                Advance();
                break;
            case SnapshotPiece piece when position.Predecessor?.Node == from:
                Snapshots.Handle(from, piece);
                break;
            case Acknowledge ack when position.LinkTo(from) is { } link:
                link.HandleAck(ack);
                if (link == position.Successor) LearnCommit(ack.Commit);
                Advance();
                break;
            case Resume resume:
                position.LinkTo(from)?.HandleResume(resume);
                break;
            case SnapshotAck ack:
                position.LinkTo(from)?.HandleSnapshotAck(ack);
                break;
            case VersionQuery query:
                position.Tail?.Answer(from, query);
                break;
            case VersionReply reply:
                Reads.HandleReply(reply);
                break;
        }
    }

    public void Describe(StringBuilder text) => StatusReport.Describe(this, text);

    public void CheckInvariants()
    {
        Invariant.Require(LastApplied <= CommitIndex, "only committed entries are applied");
        Invariant.Require(CommitIndex <= Journal.DurableIndex, "what is committed is durable here");
        Invariant.Require(CommitIndex <= Verified && Verified <= Log.LastIndex, "what is committed agrees with the head's log");
        Invariant.Require(Log.BaseIndex <= LastApplied, "only applied entries are forgotten");
        Invariant.Require(Log.LastStamp <= Accepted.Epoch, "no entry is of an epoch not yet accepted");
        Invariant.Require(Journal.DurableIndex <= Journal.JournaledIndex, "what is durable was written");
        Invariant.Require(Journal.JournaledIndex <= Log.LastIndex, "what was written is in the log");
        Invariant.Require(SnapshotMaker.SealedIndex <= LastApplied, "a snapshot holds what was applied");
        Invariant.Require(Position is null || Accepted.IsSettled, "nobody acts in an epoch that is not durable");
        Keyed.CheckInvariants(LastApplied);
        Applier.CheckInvariants();
    }

    // The epoch.

    private void BeginEpoch()
    {
        var configuration = Accepted.Newest;
        Options = Options.With(configuration?.Rule);
        _verified = CommitIndex;
        if (configuration is null || configuration.Leader.IsNone || !configuration.Contains(Self)) return;
        if (configuration.InSync.Contains(Self) && !Accepted.HasState) return;
        var kept = Rules.PendingKeptUpTo(CommitIndex, Log.LastIndex);
        if (kept < Log.LastIndex) TruncateFrom(kept.Next);
        Position = new Position(this, configuration);
        Position.Begin();
        Reads.OnEpochBegun();
    }

    /// <summary>The log agrees with the predecessor's up to here.</summary>
    internal void Verify(LogIndex index) => _verified = LogIndex.Max(_verified, index);

    // Commit and apply.

    /// <summary>A tail has committed up to <paramref name="index"/>: true for ever, of the history that this log is verified
    /// by.</summary>
    internal void LearnCommit(LogIndex index)
    {
        TailCommit = LogIndex.Max(TailCommit, index);
        TryCommit();
    }

    /// <summary>Something may have become durable, stable or verified.</summary>
    private void Advance()
    {
        Position?.Tail?.TryAdvance();
        TryCommit();
    }

    private void TryCommit()
    {
        if (!MayApply) return;
        var limit = LogIndex.Min(Rules.CommitsUpTo(TailCommit, Journal.DurableIndex), Verified);
        if (limit > CommitIndex)
        {
            CommitIndex = limit;
            Verify(limit);
        }

        if (LastApplied < CommitIndex) Applier.ApplyTo(CommitIndex);
    }

    bool IApplierOwner<Epoch>.ObservesCommands => true;
    void IApplierOwner<Epoch>.BeginCommand(in EntryView<Epoch> entry) => Keyed.OnApplying(entry);
    void IApplierOwner<Epoch>.SuspendCommand(in EntryView<Epoch> entry) => Keyed.OnSuspended(entry);

    void IApplierOwner<Epoch>.OnApplied() => Reads.Release();

    // The log.

    internal void TruncateFrom(LogIndex from)
    {
        Invariant.Require(from > CommitIndex, "a committed entry never changes");
        Invariant.Require(from > _verified, "what agrees with the head's log is not cut in its epoch");
        Waiting.EndFrom(from, CutOff, Out);
        Keyed.TruncateFrom(from);
        Journal.TruncateFrom(from, Out);
    }

    /// <summary>The state was replaced by a snapshot; the log goes on after it if it agrees with it.</summary>
    internal void JumpTo(LogIndex index, Epoch epoch)
    {
        var agrees = Log.HasStampAt(index) && Log.StampAt(index) == epoch;
        Waiting.JumpTo(index, epoch, Out, default);
        if (!agrees) Waiting.EndFrom(index.Next, CutOff, Out);
        if (agrees) Keyed.DropThrough(index, LastApplied);
        else Keyed.Reset(index, epoch, LastApplied);
        Journal.JumpTo(index, epoch, agrees, Out);
        CommitIndex = index;
        Applier.JumpTo(index);
        TailCommit = LogIndex.Max(TailCommit, index);
        Verify(index);
        Reads.Release();
    }

    internal void RestoreAt(LogIndex index, Epoch epoch)
    {
        Keyed.Reset(index, epoch, LastApplied);
        CommitIndex = TailCommit = _verified = index;
        Applier.JumpTo(index);
    }

    /// <summary>Memory keeps what a learner may still need of the applied log, within bounds; the journal has all of
    /// it.</summary>
    private void TrimLog()
    {
        if (Log.Bytes <= Options.RetainedBytes) return;
        var target = LogIndex.Min(LastApplied, Log.FirstWithin(Options.RetainedBytes).Previous);
        if (Position?.Tail is { } tail) target = LogIndex.Min(target, tail.NeededFrom(target));
        if (Log.Bytes > SnapshotMaker.FillBytes)
            target = LogIndex.Max(target, LogIndex.Min(LastApplied, Log.FirstWithin(SnapshotMaker.FillBytes).Previous));

        if (target > Log.BaseIndex) Keyed.DropThrough(target, LastApplied);
    }

    private void Enter(StepTime now, Effects effects)
    {
        Now = now;
        Out = effects;
    }
}
