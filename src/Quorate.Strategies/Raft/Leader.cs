using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Orders the group's writes for one term. [Raft §5.3, fig. 2 "Leaders"]</summary>
internal sealed class Leader : Role
{
    private static readonly Outcome Overloaded = Outcome.Unavailable("the leader has more uncommitted writes than it may hold");

    private readonly List<Progress> _members = [];

    // The members but for this replica, apart because every turn walks over them.
    private readonly List<Progress> _followers = [];
    private readonly LeaderReads _reads;
    private readonly Replicator _replicator;
    private readonly MembershipChange _change;
    private LogIndex _noOp;
    private RequestId _changeRequest;
    private int _heartbeatElapsed;
    private int _checkQuorumElapsed;

    /// <summary>The newest moment at which a round was sent that a quorum has answered; long.MaxValue when this node is
    /// a quorum by itself, long.MinValue before the first answers.</summary>
    private long _quorumSentAt = long.MinValue;

    public Leader(RaftReplica replica)
        : base(replica)
    {
        _reads = new LeaderReads(replica.Rules, replica.Bounds, replica.Applier, replica.Step, TellCommitIndex);
        _replicator = new Replicator(
            replica.Options, replica.HardState, replica.Log, replica.Bounds, replica.SnapshotMaker, replica.Step);
        _change = new MembershipChange(this, replica.Configurations, replica.Bounds, replica.Rules, replica.Step);
        Transfer = new LeadershipTransfer(replica.Options, replica.HardState, replica.Log, replica.Step);
    }

    public override RaftRole Kind => RaftRole.Leader;

    public override NodeId LeaderId => Self;

    public LeadershipTransfer Transfer { get; }

    /// <summary>The newest round of heartbeats; every message to a follower carries it.</summary>
    public long Round => _replicator.Round;

    /// <summary>Everybody in the configuration, this replica too, by ascending id.</summary>
    public IReadOnlyList<Progress> Members => _members;

    /// <summary>Every member has durably all that is in the log, all of it is applied here, and nothing is under way.</summary>
    public bool IsSettled =>
        HasCommittedInTerm && Replica.LastApplied == Log.LastIndex && Journal.DurableIndex == Log.LastIndex
        && !Configuration.IsJoint && !Transfer.IsInProgress && _reads.IsEmpty && _changeRequest.IsNone
        && !Replica.SnapshotMaker.IsBusy
        && _followers.TrueForAll(IsUpToDate);

    public bool HasCommittedInTerm => Replica.CommitIndex >= _noOp;

    private bool HasAppliedInTerm => Replica.LastApplied >= _noOp;

    /// <summary>Followers, this node's own disk or its state machine do not keep up: what is not appended is certain not to
    /// happen, and costs nearly nothing to refuse.</summary>
    private bool HasTooMuchToDo =>
        Log.BytesFrom(Replica.DecidedIndex.Next) > Options.MaxUncommittedBytes
        || Journal.WaitingBytes > Options.MaxUncommittedBytes;

    private Progress? this[NodeId node]
    {
        get
        {
            foreach (var member in _members) if (member.Node == node) return member;
            return null;
        }
    }

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
        if (Replica.Quarantine.IsPresent) HandOverToAnybody();
        if (++_checkQuorumElapsed >= Options.ElectionTimeoutTicks && !CheckQuorum()) return;
        if (++_heartbeatElapsed < Options.HeartbeatTicks) return;
        _heartbeatElapsed = 0;
        if (Replica.Quiescence.TryRest(this)) return;
        foreach (var member in _followers) _replicator.OnHeartbeat(member);
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
                Replica.Waiting.Add(Log.Append(State.CurrentTerm, EntryKind.Command, request.Payload), request.Id);
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
                TransferTo(request.Target, request.Id);
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
        foreach (var member in _followers) _replicator.Send(member);
        Replica.Bounds.DropIndex = _replicator.NeededBy(_followers, Replica.LastApplied, onlyReachable: false);
    }

    public override void OnPersisted() => TryAdvanceCommitIndex();

    /// <summary>A change of members goes on when its entry is applied, not before: its client is known only then.</summary>
    public override void OnDecided()
    {
        _reads.Release();
        if (!HasCommittedInTerm || Replica.Configurations.LatestIndex > Replica.DecidedIndex) return;
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
        foreach (var member in _members) member.EndTransfer();
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
    public bool IsReachable(NodeId node) => node == Self || (this[node] is { } member && _replicator.IsReachable(member));

    /// <summary>No follower that answers needs the log up to here.</summary>
    public LogIndex NeededByReachable() => _replicator.NeededBy(_followers, Replica.LastApplied, onlyReachable: true);

    /// <summary>It said last that its state is wrong.</summary>
    public bool IsQuarantined(NodeId node) => this[node] is { IsQuarantined: true };

    /// <summary>It is reachable and less than one batch behind.</summary>
    public bool IsCaughtUp(NodeId node) =>
        this[node] is { State: ProgressState.Replicate } member && IsReachable(node)
        && Log.BytesFrom(member.MatchIndex.Next) <= Options.MaxBatchBytes;

    /// <summary>The group is not quiet any more: everybody is given a full timeout to answer, and is asked at the next
    /// tick.</summary>
    public void OnStirred()
    {
        _checkQuorumElapsed = 0;
        _heartbeatElapsed = Options.HeartbeatTicks;
    }

    public override void CheckInvariants()
    {
        foreach (var member in _followers)
        {
            Invariant.Require(member.MatchIndex <= Log.LastIndex, "a follower agrees with what the leader has");
            Invariant.Require(member.NextIndex <= Log.LastIndex.Next, "NextIndex is at most one past the log");
            Invariant.Require(
                member.State != ProgressState.Replicate || member.MatchIndex < member.NextIndex, "MatchIndex < NextIndex");
            Invariant.Require(member.Inflight.Count <= Options.MaxInflight, "the window bounds what is in flight");
        }
    }

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
        if (this[node] is { } member) _replicator.SendHeartbeat(member);
    }

    private bool OnAnswer(NodeId from, long incarnation, long round, long sentAt, out Progress member)
    {
        member = this[from]!;
        if (member is null || !member.OnAnswer(incarnation, round, sentAt, Now, Options.Durable)) return false;
        RefreshLease();
        ConfirmReads();
        return true;
    }

    private void RefreshLease() =>
        _quorumSentAt = Quorum.Reached(Configuration, Rules, new SentAtValue(this));

    private void ConfirmReads()
    {
        if (HasCommittedInTerm) _reads.TryConfirm(Quorum.Reached(Configuration, Rules, new RoundValue(this)));
        if (!_reads.TryBeginRound(_replicator.Round + 1)) return;
        _replicator.Round++;
        foreach (var member in _followers) _replicator.SendHeartbeat(member);
        // A group of one needs nobody's answer.
        if (HasCommittedInTerm) _reads.TryConfirm(Quorum.Reached(Configuration, Rules, new RoundValue(this)));
    }

    /// <summary>What a quorum has durably, if it is of this term: and with it everything before. [Raft §5.3, §5.4.2]</summary>
    private void TryAdvanceCommitIndex()
    {
        var index = new LogIndex(Quorum.Reached(Configuration, Rules, new MatchValue(this)));
        if (index <= Replica.CommitIndex) return;
        if (Rules.MayCommitByCounting(Log.StampAt(index), State.CurrentTerm)) Replica.CommitUpTo(index);
    }

    /// <summary>A leader that no quorum answers makes room: others may have gone on without it. [Raft §6.2]</summary>
    private bool CheckQuorum()
    {
        _checkQuorumElapsed = 0;
        var result = Quorum.Count(Configuration, Rules, new ActiveVote(this));
        foreach (var member in _members) member.IsActive = false;
        if (result == VoteResult.Won) return true;
        Replica.BecomeFollower(NodeId.None);
        return false;
    }

    private void TransferTo(NodeId target, RequestId request)
    {
        if (target == Self)
        {
            Out.Reply(request, Outcome.Done);
        }
        else if (Transfer.IsInProgress || this[target] is not { } member || !Configuration.IsVoter(target))
        {
            Out.Reply(request, Outcome.Unavailable(
                Transfer.IsInProgress ? "another transfer is under way" : $"{target} is not a voter"));
        }
        else
        {
            Transfer.Begin(request, target);
            Transfer.TryAsk(member);
        }
    }

    /// <summary>Effective at once, here as on the followers. [Raft §4.1]</summary>
    public void AppendConfiguration(Configuration configuration, RequestId request)
    {
        var index = Log.Append(State.CurrentTerm, EntryKind.Configuration, configuration.Encode());
        Replica.Waiting.Add(index, request);
        Replica.Configurations.Add(index, configuration);
        FollowConfiguration();
    }

    private void FollowConfiguration()
    {
        foreach (var member in _members)
        {
            if (!Configuration.Contains(member.Node)) member.EndTransfer();
        }

        _members.RemoveAll(m => !Configuration.Contains(m.Node));
        foreach (var node in Configuration.Members)
        {
            if (this[node] is null) _members.Add(new Progress(node, Log.LastIndex.Next, Now));
        }

        _members.Sort((a, b) => a.Node.CompareTo(b.Node));
        _followers.Clear();
        _followers.AddRange(_members.Where(m => m.Node != Self));
        RefreshLease();
    }

    /// <summary>In quarantine it leads only to give others what its log has and theirs lack.</summary>
    private void HandOverToAnybody()
    {
        if (Transfer.IsInProgress) return;
        foreach (var member in _followers)
        {
            var hasAll = member.MatchIndex >= Log.LastIndex;
            if (member.IsQuarantined || !hasAll || !Configuration.IsVoter(member.Node) || !IsReachable(member.Node)) continue;
            TransferTo(member.Node, default);
            return;
        }
    }

    /// <summary>C_new, which this replica is not in, is committed: its work is done. [Raft §4.2.2]</summary>
    private void StepDownAsRemoved()
    {
        Progress? best = null;
        foreach (var member in _followers)
        {
            _replicator.SendHeartbeat(member);
            if (Configuration.IsVoter(member.Node) && (best is null || member.MatchIndex > best.MatchIndex)) best = member;
        }

        if (best is not null) Transfer.Ask(best.Node);
        Replica.BecomeFollower(NodeId.None);
    }

    /// <summary>The leader's own log counts as far as it is durable: it is written while the followers are sent to. [Raft
    /// §10.2.1]</summary>
    private readonly struct MatchValue(Leader leader) : INodeValue
    {
        public long Of(NodeId node) =>
            node == leader.Self ? leader.Journal.DurableIndex.Value : leader[node]?.MatchIndex.Value ?? 0;
    }

    private readonly struct SentAtValue(Leader leader) : INodeValue
    {
        public long Of(NodeId node) => node == leader.Self ? long.MaxValue : leader[node]?.AckedSentAt ?? long.MinValue;
    }

    private readonly struct RoundValue(Leader leader) : INodeValue
    {
        public long Of(NodeId node) => node == leader.Self ? long.MaxValue : leader[node]?.AckedRound ?? 0;
    }

    private readonly struct ActiveVote(Leader leader) : INodeVote
    {
        public int Of(NodeId node) => node == leader.Self || leader[node] is { IsActive: true } ? 1 : -1;
    }
}
