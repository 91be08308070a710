using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Takes entries from the leader of the term, once it hears of one, and stands for election when it does not. [Raft
/// §5.2]</summary>
internal sealed class Follower : Role
{
    private readonly ElectionTimer _timer;
    private readonly ReadQuestions _reads;
    private readonly AppendEntriesResponse _response = new();
    private NodeId _leader;

    /// <summary>The log agrees with that of the leader of this term up to here; more may, less may not.</summary>
    private LogIndex _verified;

    public Follower(RaftReplica replica, NodeId leader, bool isRetry = false)
        : base(replica)
    {
        _timer = new ElectionTimer(replica.Options, replica.Dice, replica.Contact, isRetry);
        _reads = new ReadQuestions(replica.Questions, 2 * replica.Options.HeartbeatTicks);
        _leader = leader;
        // Whatever is committed is in the log of every later leader. [Raft §5.4.3]
        _verified = replica.CommitIndex;
    }

    public override RaftRole Kind => RaftRole.Follower;

    public override NodeId LeaderId => _leader;

    public override void OnTick()
    {
        _reads.OnTick(Out);
        if (_timer.Tick()) Replica.Roles.Campaign();
    }

    public void OnVoteGranted() => _timer.Reset();

    /// <summary>Not now: waits for another election timeout.</summary>
    public void PostponeCampaign() => _timer.Reset();

    /// <summary>The log agrees with the leader's up to <paramref name="last"/>, ends there, and is durable; nobody waits for
    /// anything.</summary>
    public bool HoldsExactly(LogIndex last) =>
        _verified == last && Log.LastIndex == last && Journal.DurableIndex == last && _reads.IsEmpty;

    /// <summary>The leader holds exactly this log, durably everywhere.</summary>
    /// <returns>True: all of it is applied here.</returns>
    public bool TryCommitAll()
    {
        Replica.Commits.CommitUpTo(Log.LastIndex);
        return Replica.LastApplied == Log.LastIndex;
    }

    /// <summary>The leader is said to be dead. The shortest timeout must pass all the same, for the voters are loyal so long;
    /// what is drawn beyond it keeps two from standing at once, which their order does as well.</summary>
    public void Hasten()
    {
        var ahead = 0;
        foreach (var voter in Configuration.Voters)
            if (voter.Value < Self.Value && voter != _leader) ahead++;
        _timer.Hasten(ahead);
    }

    /// <summary>The group is not quiet any more; the leader's node was heard of then.</summary>
    public void OnStirred(long leaderHeardAt)
    {
        if (leaderHeardAt == long.MinValue) return;
        Replica.Contact.NoteHeard(leaderHeardAt);
        _timer.Reset((Now.Nanoseconds - leaderHeardAt) / RaftOptions.TickNanoseconds);
    }

    public override void OnRequest(in ReplicaRequest request)
    {
        if (request.Kind == RequestKind.Read && !_leader.IsNone) _reads.Add(request.Id);
        else Out.Reply(request.Id, Outcome.NotLeader(_leader));
    }

    /// <summary>One question for a read index is on its way to the leader; later reads gather behind it. [Raft §6.4]</summary>
    public override void OnTurnEnd()
    {
        if (_reads.TryAsk()) Out.Send(_leader, new ReadIndex { Term = State.CurrentTerm, Context = _reads.Question });
    }

    public override void OnDecided()
    {
        if (!Replica.Quarantine.IsPresent) _reads.Release(Replica.LastApplied, Out);
    }

    public override void OnEnd() => _reads.End(Outcome.NotLeader(NodeId.None), Out);

    public void HandleReadIndexResponse(ReadIndexResponse response)
    {
        // The index is committed in the leader's log; where this log agrees with it, so it is here.
        Replica.Commits.CommitUpTo(LogIndex.Min(response.Index, _verified));
        if (_reads.TryAnswer(response.Context, response.Index)) OnDecided();
    }

    public void OnLeader(NodeId leader)
    {
        Invariant.Require(_leader.IsNone || _leader == leader, "a term has one leader [Raft §5.2]");
        _timer.Reset();
        Replica.Contact.NoteHeard();
        if (_leader == leader) return;
        _leader = leader;
        Replica.Roles.OnLeaderKnown(leader);
    }

    public void HandleAppendEntries(NodeId from, AppendEntries message)
    {
        var log = Log;
        var prev = message.PrevLogIndex;
        var frames = message.Entries.Span;
        if (prev > log.LastIndex || (prev >= log.BaseIndex && log.StampAt(prev) != message.PrevLogTerm))
        {
            Refuse(from, message);
            return;
        }

        // What lies before the base is committed and applied: it agrees.
        var last = prev;
        while (!frames.IsEmpty && last < log.BaseIndex)
        {
            frames = frames[EntryFrame.LengthOf(frames)..];
            last = last.Next;
        }

        last = SkipKnown(ref frames, last);
        if (!frames.IsEmpty)
        {
            var firstConfiguration = log.AppendFrames(frames);
            last = log.LastIndex;
            if (firstConfiguration.Value > 0) Replica.Changes.LearnConfigurations(firstConfiguration);
            Journal.SaveEntries(log, Out);
        }

        _verified = LogIndex.Max(_verified, last);
        Acknowledge(from, message, message.Entries.IsEmpty);
        EndAmnesia(message);
        Replica.Bounds.DropIndex = LogIndex.Max(Replica.Bounds.DropIndex, message.DropIndex);
        Replica.Commits.CommitUpTo(LogIndex.Min(message.LeaderCommit, LogIndex.Max(last, Replica.CommitIndex)));
    }

    /// <summary>Passes over entries that are here already; truncates where one differs. [Raft §5.3, fig. 2 AppendEntries
    /// 3]</summary>
    private LogIndex SkipKnown(ref ReadOnlySpan<byte> frames, LogIndex last)
    {
        var log = Log;
        while (!frames.IsEmpty && last < log.LastIndex)
        {
            var conflicts = log.StampAt(last.Next) != EntryFrame.StampOf<Term>(frames);
            if (Rules.MustTruncate(conflicts))
            {
                Replica.Changes.TruncateFrom(last.Next, conflicts);
                break;
            }

            frames = frames[EntryFrame.LengthOf(frames)..];
            last = last.Next;
        }

        return last;
    }

    private void Refuse(NodeId from, AppendEntries message)
    {
        var hint = Log.LastNotAbove(message.PrevLogIndex, message.PrevLogTerm);
        if (hint == message.PrevLogIndex) hint = hint.Previous;
        hint = LogIndex.Max(hint, Log.BaseIndex);
        Out.Send(from, new AppendEntriesResponse
        {
            Term = State.CurrentTerm,
            LastIndex = message.PrevLogIndex,
            HintIndex = hint,
            HintTerm = Log.StampAt(hint),
            Round = message.Round,
            SentAt = message.SentAt,
            Incarnation = Replica.Incarnation,
        }, State.Point);
    }

    /// <summary>A heartbeat is answered at once, so that a slow disk does not end the leader's lease; entries when they are
    /// durable.</summary>
    private void Acknowledge(NodeId from, AppendEntries message, bool isHeartbeat)
    {
        var journal = Journal;
        var after = journal.HardStatePoint;
        var match = _verified;
        if (isHeartbeat) match = LogIndex.Min(_verified, journal.DurableIndex);
        else if (_verified > journal.DurableIndex && journal.EntriesPoint > after) after = journal.EntriesPoint;
        // One that need not wait is encoded as it is sent, hence one object for all of those.
        var isDue = after <= journal.DurablePoint;
        var response = isDue ? _response : new AppendEntriesResponse();
        response.Term = State.CurrentTerm;
        response.Success = true;
        response.MatchIndex = match;
        response.LastIndex = _verified;
        response.IsQuarantined = Replica.Quarantine.IsPresent;
        // In quarantine: a snapshot of this index or later is asked for; 0: none.
        response.HintIndex = Replica.Quarantine.IsAsking ? LogIndex.Max(Replica.LastApplied, new LogIndex(1)) : default;
        response.Round = message.Round;
        response.SentAt = message.SentAt;
        response.Incarnation = Replica.Incarnation;
        Out.Send(from, response, isDue ? default : after);
    }

    /// <summary>A snapshot was put in place, or was not needed: tells the leader where to go on.</summary>
    public void AcknowledgeSnapshot(NodeId to, LogIndex upTo, PersistPoint after)
    {
        _verified = LogIndex.Max(_verified, upTo);
        Out.Send(to, new AppendEntriesResponse
        {
            Term = State.CurrentTerm,
            Success = true,
            MatchIndex = upTo,
            LastIndex = upTo,
            SentAt = long.MinValue,
            Incarnation = Replica.Incarnation,
        }, after);
    }

    private void EndAmnesia(AppendEntries message)
    {
        Replica.Amnesia.OnLeaderReport(message.Term, message.FollowerIncarnation, message.LeaderLastIndex);
        if (Replica.Amnesia.TryEnd(message.Term, _verified)) Replica.Roles.NoteRemembers();
    }
}
