using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// The primary's side, from the epoch that named this replica until one that names another. Everything that tells a client
/// of the state, an acknowledgement or a read, looks at the lease in the very step in which it does so.
/// </summary>
internal sealed class Serving
{
    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly PrimaryJournal _journal;
    private readonly LogMarks _marks;
    private readonly Commits _commits;
    private readonly SnapshotMaker _maker;
    private readonly InSyncSet _inSync;
    private readonly Handover _handover;
    private readonly StateShipper? _shipper;
    private readonly List<RequestId> _reads = [];
    private readonly WaitingReads _confirmed = new();
    private readonly List<(NodeId From, long Context)> _asked = [];
    private int _ticksInEpoch;
    private bool _isShort;
    private bool _hasEnded;

    public Serving(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits,
        SnapshotMaker maker, IStateShipping? shipping, Feeder feeder)
    {
        (_step, _accepted, _log, _journal) = (step, accepted, log, journal);
        (_marks, _commits, _maker, Feeder) = (marks, commits, maker, feeder);
        _inSync = new InSyncSet(accepted, marks, feeder);
        _handover = new Handover(step, accepted, log, marks, commits.Applier, feeder, _inSync);
        if (accepted.Options.Ship == Ship.State) _shipper = new StateShipper(step, accepted, log, marks, commits, shipping!);
    }

    public Feeder Feeder { get; }

    /// <summary>The no-op this replica began with.</summary>
    public LogIndex FirstOfEpoch { get; private set; }

    public GroupConfiguration? Wanted => _inSync.Wanted;

    public bool IsShortNow => _isShort;

    /// <inheritdoc cref="StateShipper.IsStuck"/>
    public bool IsStuck => _shipper?.IsStuck == true;

    public bool IsDegraded => _isShort && _accepted.Options.WhenShort == WhenShort.Degrade;

    /// <summary>New writes are ordered here: under the lease, or while the epoch's first one is awaited.</summary>
    public bool TakesWrites => !_handover.IsInProgress && !_handover.HasGivenUpLease && (_accepted.HasLease || IsAwaitingLease);

    /// <summary>All that earlier primaries acknowledged is applied, nothing that is committed was left for later turns, and
    /// nothing is applied that is not committed. What this one acknowledges it applies first, so nothing is missing between two
    /// entries of one batch either.</summary>
    public bool HasReadableState =>
        !_handover.HasGivenUpLease && _commits.LastApplied >= FirstOfEpoch && _commits.LastApplied <= _marks.CommitIndex
        && _accepted.Rules.IsStateNewest(_commits.Applier.IsBehind);

    private bool IsAwaitingLease => !_accepted.IsLeaseGranted && _ticksInEpoch < _accepted.Options.LeaseGraceTicks;

    public bool MayServe => _accepted.HasLease && !_handover.HasGivenUpLease;

    public void Begin()
    {
        FollowConfiguration();
        FirstOfEpoch = _log.Append(_accepted.Configuration!.Epoch, EntryKind.NoOp, default);
    }

    /// <summary>The next epoch, and this replica leads it too.</summary>
    public void OnEpoch()
    {
        _ticksInEpoch = 0;
        _inSync.OnEpoch();
        _handover.OnEpoch();
        FollowConfiguration();
        TryAdvanceCommitIndex();
    }

    public void OnRequest(in ReplicaRequest request)
    {
        switch (request.Kind)
        {
            case RequestKind.Write when _handover.IsInProgress || _handover.HasGivenUpLease:
                _step.Out.Reply(request.Id, Outcome.NotLeader(_handover.Target));
                break;
            case RequestKind.Write when !TakesWrites:
                _step.Out.Reply(request.Id, Outcome.Unavailable("the primary's lease has run out"));
                break;
            case RequestKind.Write when _isShort && !IsDegraded:
                _step.Out.Reply(request.Id, Outcome.Unavailable("NOREPLICAS Not enough good replicas to write."));
                break;
            case RequestKind.Write when _shipper is not null:
                _shipper.Add(request.Payload, request.Id);
                break;
            case RequestKind.Write:
                _commits.Waiting.Add(
                    _log.Append(_accepted.Configuration!.Epoch, EntryKind.Command, request.Payload), request.Id);
                break;
            case RequestKind.Read when MayServe || IsAwaitingLease:
                _reads.Add(request.Id);
                ReleaseReads();
                break;
            case RequestKind.Read:
                _step.Out.Reply(request.Id, Outcome.Unavailable("the primary's lease has run out"));
                break;
            case RequestKind.TransferLeadership:
                _handover.Begin(request.Target, request.Id);
                _handover.TryAsk();
                break;
            default:
                _step.Out.Reply(request.Id, Outcome.Unavailable("the control plane decides on members"));
                break;
        }
    }

    public void OnTick()
    {
        _ticksInEpoch++;
        _isShort = IsShort();
        _handover.OnTick();
        if (!_handover.IsInProgress) _inSync.Refresh(FirstOfEpoch);
        if (!MayServe && !IsAwaitingLease) FailReads();
        Feeder.OnTick();
        TryAdvanceCommitIndex();
    }

    public void OnTurnEnd()
    {
        if (_shipper is not null)
        {
            // While nothing is out, who is far behind can be sent the newest state, and a snapshot can begin.
            Feeder.SendAll();
            _maker.BeginIfDue();
        }

        do
        {
            ReleaseReads();
            if (_accepted.HasLease) _shipper?.TryExecute();
            _journal.SaveEntries(_log, _step.Out);
            TryAdvanceCommitIndex();
            if (_hasEnded) return;
        }
        while (_journal.JournaledIndex < _log.LastIndex);

        ReleaseReads();
        Feeder.SendAll();
        _marks.DropIndex = Feeder.NeededBy(onlyPresent: false);
    }

    public void OnCommitAdvanced()
    {
        _shipper?.OnCommitAdvanced();
        OnApplied();
    }

    public void OnApplied()
    {
        ReleaseReads();
        _handover.TryAsk();
    }

    public void HandleAppendResponse(NodeId from, AppendResponse response)
    {
        if (Feeder.HandleAppendResponse(from, response) is null) return;
        if (_isShort) _isShort = IsShort();
        TryAdvanceCommitIndex();
        if (!_hasEnded && from == _handover.Target) _handover.TryAsk();
    }

    public void HandleReadIndex(NodeId from, ReadIndex message)
    {
        // Putting the same question again replaces the earlier.
        _asked.RemoveAll(a => a.From == from);
        if (!_accepted.Configuration!.Contains(from)) return;
        _asked.Add((from, message.Context));
        ReleaseReads();
    }

    /// <summary>What enough replicas have durably, this one always among them, if the lease holds at this moment.</summary>
    public void TryAdvanceCommitIndex()
    {
        if (!MayServe) return;
        var own = _journal.DurableIndex;
        if (own <= _marks.CommitIndex) return;
        var reached = own;
        if (!IsDegraded)
        {
            reached = LogIndex.Min(reached, AckRule.Reached(_accepted, Feeder, _accepted.Configuration!.InSync));
            reached = LogIndex.Min(reached, _inSync.ReachedByShown());
        }

        if (reached > _marks.CommitIndex && _accepted.Rules.MayCommit(reached, FirstOfEpoch)) _commits.CommitUpTo(reached);
    }

    /// <summary>Another configuration is in force, and this replica does not go on in it.</summary>
    public void End(GroupConfiguration next)
    {
        FailReads();
        _handover.End(next);
        _shipper?.End(next.Leader);
        _commits.Applier.EndRequests(Outcome.Unknown("the next primary may or may not have it"));
        Feeder.End();
        _hasEnded = true;
    }

    public void CheckInvariants()
    {
        foreach (var member in Feeder.Fed)
        {
            Invariant.Require(member.MatchIndex <= _log.LastIndex, "a backup agrees with what the primary has");
            Invariant.Require(member.NextIndex <= _log.LastIndex.Next, "NextIndex is at most one past the log");
            Invariant.Require(
                member.State != ProgressState.Replicate || member.MatchIndex < member.NextIndex, "MatchIndex < NextIndex");
            Invariant.Require(member.Inflight.Count <= _accepted.Options.MaxInflight, "the window bounds what is in flight");
        }

        Invariant.Require(
            _marks.CommitIndex <= LogIndex.Max(_journal.DurableIndex, FirstOfEpoch),
            "the primary has durably what it commits");
    }

    private void FollowConfiguration()
    {
        var configuration = _accepted.Configuration!;
        var fed = new List<NodeId>();
        foreach (var node in configuration.Members)
        {
            if (node != _accepted.Self && configuration.SourceOf(node) == _accepted.Self) fed.Add(node);
        }

        Feeder.Follow(fed);
        _isShort = IsShort();
    }

    /// <summary>Fewer replicas answer than the policy asks for.</summary>
    private bool IsShort()
    {
        var options = _accepted.Options;
        var inSync = _accepted.Configuration!.InSync;
        if (options.Ack == Ack.Async) return false;
        var answering = 0;
        for (var i = 0; i < inSync.Count; i++) if (Feeder[inSync[i]] is { } member && !Feeder.IsSilent(member)) answering++;
        return options.Ack == Ack.Sync
            ? inSync.Count < options.MinInSync || answering + 1 < options.MinInSync
            : answering < AckRule.BackupsNeeded(options, _accepted.Rules, inSync.Count);
    }

    private void ReleaseReads()
    {
        if (_reads.Count == 0 && _asked.Count == 0 && _confirmed.IsEmpty) return;
        if (!MayServe || _marks.CommitIndex < FirstOfEpoch) return;
        foreach (var (from, context) in _asked)
        {
            // The backup may read once it has applied as much; it may not know yet that it may apply it.
            _step.Out.Send(
                from,
                new ReadIndexResponse { Epoch = _accepted.Configuration!.Epoch, Context = context, Index = _marks.CommitIndex });
            if (Feeder[from] is { } member) Feeder.SendHeartbeat(member);
        }

        _asked.Clear();
        for (var i = 0; i < _reads.Count; i++) _confirmed.Add(_marks.CommitIndex, _reads[i]);
        _reads.Clear();
        // A primary that ships state may have executed more than is committed.
        if (_commits.LastApplied <= _marks.CommitIndex) _confirmed.Release(_commits.LastApplied, _step.Out);
    }

    private void FailReads()
    {
        for (var i = 0; i < _reads.Count; i++) _step.Out.Reply(_reads[i], Outcome.NotLeader(NodeId.None));
        _reads.Clear();
        _asked.Clear();
        _confirmed.End(Outcome.NotLeader(NodeId.None), _step.Out);
    }
}
