using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Orders the group's writes for one term. [Raft §5.3, fig. 2 "Leaders"]</summary>
internal sealed class Leader : Role
{
    private static readonly Outcome Overloaded = Outcome.Unavailable("the leader has more uncommitted writes than it may hold");

    private readonly ProgressTable _progress;
    private readonly LeaderReads _reads;
    private readonly Replicator _replicator;
    private readonly MembershipChange _change;
    private LogIndex _noOp;
    private RequestId _changeRequest;
    private int _heartbeatElapsed;
    private int _checkQuorumElapsed;

    /// <inheritdoc cref="ProgressTable.QuorumSentAt"/>
    private long _quorumSentAt = long.MinValue;

    public Leader(RaftReplica replica)
        : base(replica)
    {
        _progress = new ProgressTable(Self, Rules, Journal, replica.Configurations);
        _reads = new LeaderReads(Rules, replica.Bounds, replica.Applier, replica.Step, TellCommitIndex);
        _replicator = new Replicator(Options, State, Log, replica.Bounds, replica.SnapshotMaker, replica.Step);
        _change = new MembershipChange(this, replica.Configurations, replica.Bounds, Rules, replica.Step);
        Transfer = new LeadershipTransfer(
            Self, Options, State, Log, replica.Configurations, _progress, _replicator, replica.Step);
    }

    public override RaftRole Kind => RaftRole.Leader;

    public override NodeId LeaderId => Self;

    public LeadershipTransfer Transfer { get; }

    /// <summary>The newest round of heartbeats; every message to a follower carries it.</summary>
    public long Round => _replicator.Round;

    /// <inheritdoc cref="ProgressTable.Members"/>
    public IReadOnlyList<Progress> Members => _progress.Members;

    /// <summary>Every member has durably all that is in the log, all of it is applied here, and nothing is under way.</summary>
    public bool IsSettled =>
        HasCommittedInTerm && Replica.LastApplied == Log.LastIndex && Journal.DurableIndex == Log.LastIndex
        && !Configuration.IsJoint && !Transfer.IsInProgress && _reads.IsEmpty && _changeRequest.IsNone
        && !Replica.SnapshotMaker.IsBusy
        && _progress.Followers.TrueForAll(IsUpToDate);

    public bool HasCommittedInTerm => Replica.CommitIndex >= _noOp;

    private bool HasAppliedInTerm => Replica.LastApplied >= _noOp;

    /// <summary>Followers, this node's own disk or its state machine do not keep up: what is not appended is certain not to
    /// happen, and costs nearly nothing to refuse.</summary>
    private bool HasTooMuchToDo =>
        Log.BytesFrom(Replica.Commits.DecidedIndex.Next) > Options.MaxUncommittedBytes
        || Journal.WaitingBytes > Options.MaxUncommittedBytes;

    /// <summary>An entry of its own term first: only through it can a leader commit what earlier terms left. [Raft §5.4.2,
    /// §6.4]</summary>
    public void Begin()
    {
        FollowConfiguration();
        _noOp = Log.Append(State.CurrentTerm, EntryKind.NoOp, default);
    }

    public override void OnTick()
    {
        Transfer.OnTick();
        if (Replica.Quarantine.IsPresent) Transfer.BeginToAnybody();
        if (++_checkQuorumElapsed >= Options.ElectionTimeoutTicks && !CheckQuorum()) return;
        if (++_heartbeatElapsed < Options.HeartbeatTicks) return;
        _heartbeatElapsed = 0;
        if (Replica.Quiescence.TryRest(this)) return;
        foreach (var member in _progress.Followers) _replicator.OnHeartbeat(member);
    }

    public override void OnRequest(in ReplicaRequest request)
    {
        switch (request.Kind)
        {
            case RequestKind.Write or RequestKind.Read when Replica.Quarantine.IsPresent:
                Out.Reply(request.Id, Outcome.NotLeader(Transfer.Target));
                break;
            case RequestKind.Write when Transfer.IsInProgress:
                Out.Reply(request.Id, Outcome.NotLeader(Transfer.Target));
                break;
            case RequestKind.Write when HasTooMuchToDo:
                Out.Reply(request.Id, Overloaded);
                break;
            case RequestKind.Write:
                Replica.Commits.Waiting.Add(Log.Append(State.CurrentTerm, EntryKind.Command, request.Payload), request.Id);
                break;
            case RequestKind.Read when MayReadLocally(Now):
                Out.Reply(request.Id, Outcome.ReadNow);
                break;
            case RequestKind.Read when HasLease(Now):
                _reads.AddConfirmed(request.Id);
                break;
            case RequestKind.Read:
                _reads.Add(request.Id);
                break;
            case RequestKind.TransferLeadership:
                Transfer.Begin(request.Target, request.Id);
                break;
            case RequestKind.ChangeMembership:
                _change.Handle(request);
                break;
        }
    }

    public override void OnTurnEnd()
    {
        // A commit can append an entry (C_new), which then has to be written and sent too.
        do
        {
            Journal.SaveEntries(Log, Out);
            TryAdvanceCommitIndex();
            if (Replica.Role != this) return;
        }
        while (Journal.JournaledIndex < Log.LastIndex);

        ConfirmReads();
        foreach (var member in _progress.Followers) _replicator.Send(member);
        Replica.Bounds.DropIndex = _replicator.NeededBy(_progress.Followers, Replica.LastApplied, onlyReachable: false);
    }

    public override void OnPersisted() => TryAdvanceCommitIndex();

    /// <summary>A change of members goes on when its entry is applied, not before: its client is known only then.</summary>
    public override void OnDecided()
    {
        _reads.Release();
        if (!HasCommittedInTerm || Replica.Configurations.LatestIndex > Replica.Commits.DecidedIndex) return;
        if (Configuration.IsJoint)
        {
            // C_old,new is committed: from here on C_new can do without C_old. [Raft §4.3]
            AppendConfiguration(Configuration.LeaveJoint(), _changeRequest);
            _changeRequest = default;
        }
        else if (!Configuration.IsVoter(Self))
        {
            StepDownAsRemoved();
        }
    }

    public override void OnEnd()
    {
        _reads.Fail();
        Transfer.OnLeaderEnd(Replica.AwaitedLeader);
        if (!_changeRequest.IsNone) Out.Reply(_changeRequest, Outcome.Unknown("the next leader finishes the change"));
        foreach (var member in _progress.Members) member.EndTransfer();
    }

    /// <summary>
    /// Under its lease, with everything applied that earlier leaders committed and nothing left for later turns (its own commits
    /// it acknowledges by applying them, so nothing acknowledged is missing even between two entries of one batch); not while
    /// leadership is handed over.
    /// </summary>
    public override bool MayReadLocally(StepTime now) =>
        HasAppliedInTerm && Rules.IsStateNewest(Replica.Applier.IsBehind) && HasLease(now);

    public void HandleAppendEntriesResponse(NodeId from, AppendEntriesResponse response)
    {
        if (!OnAnswer(from, response.Incarnation, response.Round, response.SentAt, out var member)) return;
        if (!response.Success)
        {
            member.OnRefusal(response.LastIndex, Log.LastNotAbove(response.HintIndex, response.HintTerm));
            return;
        }

        Invariant.Require(response.MatchIndex <= Log.LastIndex, "a follower agrees with what the leader has");
        if (response.IsQuarantined || member.IsQuarantined) member.OnQuarantine(response.IsQuarantined, response.HintIndex);
        if (member.OnSuccess(response.MatchIndex, LogIndex.Min(response.LastIndex, Log.LastIndex))) TryAdvanceCommitIndex();
        if (Transfer.Target == from && Replica.Role == this) Transfer.TryAsk(member);
    }

    public void HandleInstallSnapshotResponse(NodeId from, InstallSnapshotResponse response)
    {
        if (!OnAnswer(from, response.Incarnation, response.Round, response.SentAt, out var member)) return;
        member.Transfer?.OnAnswer(response.LastIncludedIndex, response.NextPiece);
        member.Reseed?.OnAnswer(response.LastIncludedIndex, response.NextPiece);
    }

    public void HandleReadIndex(NodeId from, ReadIndex message)
    {
        if (HasLease(Now)) TellCommitIndex(from, message.Context);
        else _reads.Add(from, message.Context);
    }

    /// <summary>The joint configuration was committed for a client who waits for the end of the change.</summary>
    public void KeepChangeRequest(RequestId request) => _changeRequest = request;

    /// <summary>It has answered within an election timeout.</summary>
    public bool IsReachable(NodeId node) => node == Self || (_progress[node] is { } member && _replicator.IsReachable(member));

    /// <summary>No follower that answers needs the log up to here.</summary>
    public LogIndex NeededByReachable() => _replicator.NeededBy(_progress.Followers, Replica.LastApplied, onlyReachable: true);

    /// <summary>It said last that its state is wrong.</summary>
    public bool IsQuarantined(NodeId node) => _progress[node] is { IsQuarantined: true };

    /// <summary>It is reachable and less than one batch behind.</summary>
    public bool IsCaughtUp(NodeId node) =>
        _progress[node] is { State: ProgressState.Replicate } member && IsReachable(node)
        && Log.BytesFrom(member.MatchIndex.Next) <= Options.MaxBatchBytes;

    /// <summary>The group is not quiet any more: everybody is given a full timeout to answer, and is asked at the next
    /// tick.</summary>
    public void OnStirred()
    {
        _checkQuorumElapsed = 0;
        _heartbeatElapsed = Options.HeartbeatTicks;
    }

    public override void CheckInvariants() => _progress.CheckInvariants(Log.LastIndex, Options.MaxInflight);

    /// <summary>No other replica leads, and all that earlier leaders have committed is known to be.</summary>
    private bool HasLease(StepTime now) =>
        HasCommittedInTerm && !Transfer.IsInProgress && !Transfer.HasEndedLease && _quorumSentAt != long.MinValue
        && Rules.IsLeaseValid(_quorumSentAt, now.Nanoseconds, Options.LeaseNanoseconds);

    private bool IsUpToDate(Progress member) =>
        member.State == ProgressState.Replicate && member.MatchIndex == Log.LastIndex && member.Inflight.Count == 0
        && _replicator.IsReachable(member);

    /// <summary>The follower may read once it has applied as much; it may not know yet that it may apply it.</summary>
    private void TellCommitIndex(NodeId node, long context)
    {
        var index = Replica.CommitIndex;
        Out.Send(node, new ReadIndexResponse { Term = State.CurrentTerm, Context = context, Index = index });
        if (_progress[node] is { } member) _replicator.SendHeartbeat(member);
    }

    private bool OnAnswer(NodeId from, long incarnation, long round, long sentAt, out Progress member)
    {
        member = _progress[from]!;
        if (member is null || !member.OnAnswer(incarnation, round, sentAt, Now, Options.Durable)) return false;
        RefreshLease();
        ConfirmReads();
        return true;
    }

    private void RefreshLease() => _quorumSentAt = _progress.QuorumSentAt;

    private void ConfirmReads()
    {
        if (HasCommittedInTerm) _reads.TryConfirm(_progress.QuorumRound);
        if (!_reads.TryBeginRound(_replicator.Round + 1)) return;
        _replicator.Round++;
        foreach (var member in _progress.Followers) _replicator.SendHeartbeat(member);
        // A group of one needs nobody's answer.
        if (HasCommittedInTerm) _reads.TryConfirm(_progress.QuorumRound);
    }

    /// <summary>What a quorum has durably, if it is of this term: and with it everything before. [Raft §5.3, §5.4.2]</summary>
    private void TryAdvanceCommitIndex()
    {
        var index = _progress.QuorumIndex;
        if (index <= Replica.CommitIndex) return;
        if (Rules.MayCommitByCounting(Log.StampAt(index), State.CurrentTerm)) Replica.Commits.CommitUpTo(index);
    }

    /// <summary>A leader that no quorum answers makes room: others may have gone on without it. [Raft §6.2]</summary>
    private bool CheckQuorum()
    {
        _checkQuorumElapsed = 0;
        if (_progress.TakeQuorumActive()) return true;
        Replica.Roles.BecomeFollower(NodeId.None);
        return false;
    }

    /// <summary>Effective at once, here as on the followers. [Raft §4.1]</summary>
    public void AppendConfiguration(Configuration configuration, RequestId request)
    {
        var index = Log.Append(State.CurrentTerm, EntryKind.Configuration, configuration.Encode());
        Replica.Commits.Waiting.Add(index, request);
        Replica.Configurations.Add(index, configuration);
        FollowConfiguration();
    }

    private void FollowConfiguration()
    {
        _progress.FollowConfiguration(Log.LastIndex.Next, Now);
        RefreshLease();
    }

    /// <summary>C_new, which this replica is not in, is committed: its work is done. [Raft §4.2.2]</summary>
    private void StepDownAsRemoved()
    {
        foreach (var member in _progress.Followers) _replicator.SendHeartbeat(member);
        if (_progress.MostAdvancedVoter() is { } best) Transfer.Ask(best.Node);
        Replica.Roles.BecomeFollower(NodeId.None);
    }
}
