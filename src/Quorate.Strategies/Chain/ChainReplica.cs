using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// One node's membership of a chain: makes the parts, gives each what it needs, and is the way in for every input. The essay is
/// in <see cref="Chain"/>. One caller at a time.
/// </summary>
public sealed class ChainReplica : IConfiguredReplica
{
    private static readonly Outcome LeftChain = Outcome.Unknown("this replica left the chain before the entry was decided");

    private readonly Step _step = new();
    private readonly Place _place = new();
    private readonly KeyedLog _keyed;
    private readonly Commits _commits;
    private readonly ReadQuestions _questions;
    private readonly ChainReads _reads;
    private readonly ChainSnapshots _snapshots;
    private readonly SnapshotMaker _maker;
    private readonly LogMemory _memory;
    private readonly Wishes _wishes;
    private readonly StatusReport _status;
    private readonly Recovery _recovery;
    private readonly long _incarnation;

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
        _incarnation = incarnation;
        Accepted = new AcceptedEpoch(self, options, rules ?? ChainRules.Paper, _step);
        Log = new FrameLog<Epoch>(options.Blocks);
        Journal = new ChainJournal(options);
        var dirty = new DirtyKeys();
        _keyed = new KeyedLog(Log, dirty);
        _questions = new ReadQuestions(new QuestionNumbers(incarnation), options.QueryTicks, options.ReadPatienceTicks);
        _commits = new Commits(_step, Accepted, Log, _keyed, Journal, _place, _questions, machine);
        _reads = new ChainReads(_step, Accepted, _place, _commits, dirty, _questions);
        _snapshots = new ChainSnapshots(_step, Accepted, Log, Journal, _commits, _place, incarnation, snapshots, machine);
        _maker = _snapshots.Maker;
        _memory = new LogMemory(Accepted, Log, _keyed, _commits.Applier, _place, _maker);
        _wishes = new Wishes(Accepted, _place);
        _status = new StatusReport(Accepted, Log, Journal, _commits, _place, dirty, _maker);
        History = new CommittedHistory<Epoch>(Log, _commits.Applier, () => Accepted.HasState);
        _recovery = new Recovery(Accepted, Log, _keyed, Journal, _commits, _maker);
        _recovery.RestoreNewestSnapshot();
    }

    /// <summary>The head, as far as this replica knows; none when it is this one and does not order (yet).</summary>
    public NodeId Leader => _place.HeadIn(Accepted);

    public bool IsLeader => _place.MayOrder;

    /// <inheritdoc/>
    public IHistory History { get; }

    public GroupConfiguration? Configuration => Accepted.Newest;

    public GroupConfiguration? Wanted => _wishes.Newest();

    public ReplicaReport Report => new(
        Accepted.DurableEpoch, Log.StampAt(Journal.DurableIndex), Journal.DurableIndex, CommitIndex, !Accepted.HasState);

    /// <inheritdoc/>
    public IReadOnlyList<FollowerView> Followers => _status.Followers();

    /// <summary>A copy of the state, for people and checkers; allocates.</summary>
    public ChainStatus Status => _status.Make();

    /// <inheritdoc/>
    public bool HasMoreToDo => _commits.HasMoreToDo;

    // What checkers look at.
    internal FrameLog<Epoch> Log { get; }
    internal ChainJournal Journal { get; }
    internal AcceptedEpoch Accepted { get; }
    internal Position? Position => _place.Position;
    internal LogIndex CommitIndex => _commits.CommitIndex;
    internal LogIndex LastApplied => _commits.LastApplied;
    internal LogIndex Verified => _commits.Verified;

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Invariant.Require(!_recovery.IsDamaged, "a replica starts from a snapshot that can be read");
        Journal.StartAt(Log.LastIndex, ownPoint: default);
        Accepted.BeginLife();
        if (Accepted.IsSettled) BeginEpoch();
    }

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _step.Enter(now, effects);
        Invariant.Require(
            configuration.Leader.IsNone || (configuration.InSync.Count > 0 && configuration.InSync[0] == configuration.Leader),
            "the head comes first in the chain");
        if (!Accepted.TryAccept(configuration, Log.LastIndex.Value == 0)) return;
        Position?.OnEnd(configuration);
        _place.Position = null;
        // An empty in-sync list is a seal: the members are told when the chain goes on.
        if (configuration.InSync.Count > 0 && !configuration.InSync.Contains(Accepted.Self))
            _commits.Applier.EndRequests(LeftChain);
        if (!configuration.Contains(Accepted.Self)) _reads.End(Outcome.NotLeader(configuration.Leader));
    }

    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Accepted.Extend(epoch, untilNanoseconds);
        _commits.TryCommit();
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        if (Position is null && Accepted.Newest?.Contains(Accepted.Self) == true && request.Kind == RequestKind.Read)
            _reads.Add(request.Id);
        else if (Position is not { } position) effects.Reply(request.Id, Outcome.NotLeader(Leader));
        else if (request.Kind == RequestKind.Read && _reads.MayRead(request.KeyHash, now))
            effects.Reply(request.Id, Outcome.ReadNow);
        else if (request.Kind == RequestKind.Read) _reads.Add(request.Id);
        else if (position.Head is { } head) head.OnRequest(request);
        else effects.Reply(request.Id, Outcome.NotLeader(Leader));
    }

    public void OnTick(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Position?.OnTick();
        _reads.OnTick();
        _maker.OnTick();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        Journal.OnPersisted(durable, effects);
        if (Accepted.OnPersisted(durable)) BeginEpoch();
        _commits.Advance();
    }

    public void OnTurnEnd(StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        _commits.Applier.BeginTurn();
        Journal.SaveEntries(Log, effects);
        _commits.Advance();
        Position?.OnTurnEnd();
        _reads.Ask();
        _memory.Trim();
        _maker.OnTurnEnd();
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        _maker.OnSealed(index, saved);
        _commits.Advance();
    }

    /// <summary>True for the tail; with <see cref="ChainOptions.Craq"/> also for a replica without any unfinished write,
    /// whatever its key. Always under a lease.</summary>
    public bool MayReadLocally(StepTime now) => _reads.MayRead(keyHash: 0, now);

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        _step.Enter(now, effects);
        if (message is not ChainMessage own || Position is not { } position) return;
        if (Accepted.Rules.IsOfAnotherEpoch(own.Epoch, Accepted.Epoch)) return;
        switch (own)
        {
            case Forward forward when position.Predecessor?.Node == from:
                position.Predecessor.HandleForward(forward);
                _commits.Advance();
                break;
            case SnapshotPiece piece when position.Predecessor?.Node == from:
                _snapshots.Handle(from, piece);
                break;
            case Acknowledge ack when position.LinkTo(from) is { } link:
                link.HandleAck(ack);
                if (link == position.Successor) _commits.LearnCommit(ack.Commit);
                _commits.Advance();
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
                _reads.HandleReply(reply);
                break;
        }
    }

    public void Describe(StringBuilder text) => _status.Describe(text, Wanted);

    public void CheckInvariants()
    {
        Invariant.Require(LastApplied <= CommitIndex, "only committed entries are applied");
        Invariant.Require(CommitIndex <= Journal.DurableIndex, "what is committed is durable here");
        Invariant.Require(CommitIndex <= Verified && Verified <= Log.LastIndex, "what is committed agrees with the head's log");
        Invariant.Require(Log.BaseIndex <= LastApplied, "only applied entries are forgotten");
        Invariant.Require(Log.LastStamp <= Accepted.Epoch, "no entry is of an epoch not yet accepted");
        Invariant.Require(Journal.DurableIndex <= Journal.JournaledIndex, "what is durable was written");
        Invariant.Require(Journal.JournaledIndex <= Log.LastIndex, "what was written is in the log");
        Invariant.Require(_maker.SealedIndex <= LastApplied, "a snapshot holds what was applied");
        Invariant.Require(Position is null || Accepted.IsSettled, "nobody acts in an epoch that is not durable");
        _keyed.CheckInvariants(LastApplied);
        _commits.Applier.CheckInvariants();
    }

    private void BeginEpoch()
    {
        var configuration = Accepted.Newest;
        Accepted.TakeUpRule();
        _commits.OnEpoch();
        if (configuration is null || configuration.Leader.IsNone || !configuration.Contains(Accepted.Self)) return;
        if (configuration.InSync.Contains(Accepted.Self) && !Accepted.HasState) return;
        var kept = Accepted.Rules.PendingKeptUpTo(CommitIndex, Log.LastIndex);
        if (kept < Log.LastIndex) _commits.CutFrom(kept.Next);
        _place.Position = new Position(
            _step, Accepted, Log, _keyed, Journal, _commits, _maker, _incarnation, configuration);
        _place.Position.Begin();
        _reads.OnEpochBegun();
    }
}
