using System.Buffers.Binary;
using System.Text;
using Quorate.Cluster.Control;
using Quorate.Cluster.Convergent;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster;

/// <summary>One group on this node: its replica, its contents, and who waits for what.</summary>
internal sealed class Group : HostedGroup, IReplyRouter
{
    private readonly List<ClientSession> _clockWaiters = [];
    private readonly RespWriter _scratch = new();
    private byte[] _entry = new byte[256];
    private (NodeId Leader, bool IsLeader, long Reign) _seen;
    private long _lastStamp;
    private long _heardAt = -1;
    private bool _clockProposed;

    /// <param name="makeReplica">Makes the replica of this group's machine, last of all.</param>
    /// <param name="before">What stood for the group on this node until now: what it forwarded and has no answer to goes on
    /// here, and the sequence of its session, of which the log remembers what it has seen.</param>
    public Group(GroupId id, Node node, CommandTable table, Func<Group, IReplica> makeReplica, Group? before = null, Policy? policy = null)
        : base(id, node)
    {
        Policy = policy;
        Machine = new KeyspaceMachine(table, this);
        Forwarder = before?.Forwarder ?? new Forwarder(this, node, node.ForwardingSession);
        Forwarder.MoveTo(this);
        Inbox = new ForwardInbox(this, node);
        if (policy is { IsConvergent: true }) Merging = new MergingContents(this, node, policy, before?.Merging);
        RemoteReads = before?.RemoteReads ?? new RemoteReads(this, node);
        RemoteReads.MoveTo(this);
        ReadInbox = new ReadInbox(this, node);
        Gate = new ReadGate(this, node.Options.Self);
        Replica = makeReplica(this);
        Raft = Replica as RaftReplica;
        Configured = Replica as IConfiguredReplica;
        Voting = new GroupVoting(this, node);
        IsAbsent = Replica is AbsentReplica;
    }

    /// <summary>True when this node has no replica of the group, but forwards to those that have.</summary>
    public bool IsAbsent { get; }

    /// <summary>The newest configuration of the control plane that this node carried out; 0 before the first.</summary>
    public Epoch Epoch { get; set; }

    /// <summary>As it was when the replica was made, but for how reads are answered, which follows the map. Null for the default group.</summary>
    public Policy? Policy { get; set; }

    /// <summary>For a raft group: the configuration that the control plane wishes for. Null before it is known.</summary>
    public GroupConfiguration? Wish { get; set; }

    /// <summary>Null when the group runs another strategy.</summary>
    public RaftReplica? Raft { get; }

    /// <summary>Null when the strategy elects its leader itself.</summary>
    public IConfiguredReplica? Configured { get; }

    public override IReplica Replica { get; }

    /// <inheritdoc/>
    public override bool IsQuiet => Raft is { IsQuiet: true } && Forwarder.Count == 0 && RemoteReads.Count == 0 && ReadInbox.Count == 0;

    /// <summary>A raft group's voters are those that the control plane wishes for.</summary>
    public bool IsWishTrue { get; set; } = true;

    /// <summary>What the control leader was told last, while the group is quiet and so nothing changes.</summary>
    public GroupBeat? QuietBeat { get; set; }

    /// <summary>Empty in an absent group, and in one whose data merges.</summary>
    public KeyspaceMachine Machine { get; }

    /// <summary>Null in a group with one order of all writes.</summary>
    public MergingContents? Merging { get; }
    public CommandTable Commands => Merging?.Commands ?? Node.Keyspace;

    public RequestTable Requests { get; } = new();
    public Forwarder Forwarder { get; }
    public ForwardInbox Inbox { get; }

    /// <summary>Decides whether the state here may answer a read.</summary>
    public ReadGate Gate { get; }

    /// <summary>Reads of this node's clients that other replicas answer.</summary>
    public RemoteReads RemoteReads { get; }

    /// <summary>Reads of other nodes' clients that this replica answers.</summary>
    public ReadInbox ReadInbox { get; }

    /// <summary>How far the state here is in the group's history.</summary>
    public HistoryPoint Reached => Replica.History?.Reached ?? default;

    /// <summary>The connection is gone: nobody hears of its outcomes any more.</summary>
    public void Forget(ClientSession session)
    {
        Forwarder.Forget(session);
        RemoteReads.Forget(session);
        Merging?.Forwarder.Forget(session);
    }

    public GroupVoting Voting { get; }

    /// <summary>Counts the changes of leader as this node saw them. Writes of one pipeline that go different ways could
    /// overtake each other, so a session goes on writing past an unanswered write only within one epoch.</summary>
    public int PathEpoch { get; private set; }

    /// <summary>How long ago the leader was last heard of; 0 on the leader, -1 when never in this life.</summary>
    public long MillisecondsSinceLeader(StepTime now) =>
        Replica.IsLeader ? 0 : _heardAt < 0 ? -1 : (now.Nanoseconds - HeardAt) / StepTime.NanosecondsPerMillisecond;

    /// <summary>In a quiet group the leader's node speaks for it.</summary>
    private long HeardAt => IsTicking ? _heardAt : Math.Max(_heardAt, Node.Watch.LastHeard(Replica.Leader));

    /// <summary>The leader's stamp for an entry: its wall clock, never going back.</summary>
    public long Stamp(StepTime now) => _lastStamp = Math.Max(_lastStamp, now.UnixMilliseconds);

    /// <summary>Hands a write of a client of this node to the log (this node leads) or to the leader.</summary>
    /// <param name="isRead">Only where the data merges.</param>
    public void Write(ClientSession session, long slot, int database, in CommandArgs args, StepTime now, bool isRead = false)
    {
        if (Merging is not null) Merging.Take(session, slot, isRead, args, now);
        else if (!Replica.IsLeader) Forwarder.Enqueue(session, slot, database, args, now);
        else if (Policy is { Reads: ReadConsistency.Voted } && Node.FindInKeyspace(args) is { Route: CommandRoute.Read })
            Voting.AskRead(new PendingRequest { Owner = RequestOwner.Client, Session = session, Sequence = slot }, database, session.Output.Protocol, args, now);
        else WriteHere(session, slot, database, args, now);
    }

    private void WriteHere(ClientSession session, long slot, int database, in CommandArgs args, StepTime now)
    {
        var length = EntryCodec.WriteCommand(ref _entry, Stamp(now), database, session.Output.Protocol, args);
        Propose(Requests.Add(RequestOwner.Client, session, slot), _entry.AsSpan(0, length), KeyHashOf(args), now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    /// <param name="keyHash">See <see cref="KeyHashOf"/>.</param>
    public void Propose(RequestId id, ReadOnlySpan<byte> entry, ulong keyHash, StepTime now)
    {
        Replica.OnRequest(new ReplicaRequest { Id = id, Kind = RequestKind.Write, Payload = entry, KeyHash = keyHash }, now, Effects);
        NeedsTurnEnd();
    }

    /// <summary>The session reads a key that has run out by the wall clock but not yet by the log's. On a follower the
    /// leader's clock comes soon: the next tick looks again.</summary>
    public void WaitForClock(ClientSession session)
    {
        if (!Replica.IsLeader) return;
        _clockWaiters.Add(session);
        Node.AwaitClock(this);
    }

    /// <summary>Gives a voted read's reply to whoever asked.</summary>
    public void AnswerPoll(in PendingRequest asker, ReadOnlySpan<byte> reply) => Answer(asker, reply);

    /// <summary>A voted read's entry was not taken, or nobody knows: a node asks again, a client is told to.</summary>
    public void FailPoll(in PendingRequest asker, in Outcome outcome)
    {
        if (asker.Owner == RequestOwner.Client) Answer(asker, Replies.IsShort(outcome) ? Replies.Of(outcome) : Replies.TryAgain);
    }

    /// <summary>What a chain tells clean keys from dirty ones by: the hash of the only key of a command, 0 for a command of
    /// several keys or of none, which concerns them all. Other strategies do not look at it.</summary>
    public ulong KeyHashOf(in CommandArgs args) =>
        Configured is ChainReplica && Node.FindInKeyspace(args) is { FirstKey: 1, LastKey: 1 } && args.Count > 1 ? Hash.Of(args[1]) | 1 : 0;

    /// <summary>Asks when the local state may be read.</summary>
    /// <param name="owner">Who asks.</param>
    /// <param name="session">The client's, if it is one.</param>
    /// <param name="sequence">Its slot, or the ticket.</param>
    /// <param name="keyHash">0 when all keys are meant; then the answer says how new the state is.</param>
    /// <param name="now">The time of the step.</param>
    public void AskForLeave(RequestOwner owner, ClientSession? session, long sequence, ulong keyHash, StepTime now)
    {
        var id = Requests.Add(owner, session, sequence, default, keyHash == 0 ? now.Nanoseconds : long.MinValue);
        Replica.OnRequest(new ReplicaRequest { Id = id, Kind = RequestKind.Read, KeyHash = keyHash }, now, Effects);
        NeedsTurnEnd();
    }

    /// <summary>Moves the log's clock on, so that what has run out goes: expiry is decided by the log alone.</summary>
    public void ProposeClock(StepTime now)
    {
        if (_clockProposed || !Replica.IsLeader) return;
        _clockProposed = true;
        var length = EntryCodec.WriteClock(ref _entry, Stamp(now));
        Propose(Requests.Add(RequestOwner.Clock, null, 0), _entry.AsSpan(0, length), keyHash: 0, now);
    }

    public override void OnTick(StepTime now)
    {
        if (Raft is { IsLeader: true }) Raft.IsHeldAwake = !IsWishTrue || Forwarder.Count > 0 || Machine.HasExpiringKeys || Voting.NeedsTicks;
        Replica.OnTick(now, Effects);
        AfterStep(now);
        Forwarder.OnTick(now);
        Merging?.Forwarder.OnTick(now);
        RemoteReads.OnTick(now);
        ReadInbox.OnTick(now);
        Voting.OnTick(now);
        if (Merging is null && Replica.IsLeader && Machine.HasDueKeys(now.UnixMilliseconds)) ProposeClock(now);
    }

    public override void OnTurnEnd(StepTime now)
    {
        Gate.OnTurnEnd(now);
        Replica.OnTurnEnd(now, Effects);
        AfterStep(now);
        Voting.OnTurnEnd(now);
        Forwarder.Flush(now);
        Merging?.Forwarder.Flush(now);
        Inbox.Flush(now);
        RemoteReads.Flush();
        ReadInbox.Flush();
    }

    /// <summary>Notices that the leader changed.</summary>
    public override void AfterStep(StepTime now)
    {
        var leads = (Replica.Leader, Replica.IsLeader, Reign);
        if (leads == _seen) return;
        _seen = leads;
        PathEpoch++;
        _clockProposed = false;
        Voting.OnLeaderChanged();
        Inbox.OnLeaderChanged();
        Forwarder.OnLeaderChanged(now);
        Node.OnLeaderChanged();
    }

    public override bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now)
    {
        switch (kind)
        {
            case ForwardRequests.WireKind:
                if (!ForwardRequests.TryDecode(body, out var requests)) return false;
                return Merging is null ? Inbox.OnRequests(from, requests!, now) : Merging.Inbox.OnRequests(from, requests!, now);
            case ForwardRedirect.WireKind:
                if (!ForwardRedirect.TryDecode(body, out var redirect)) return false;
                if (IsAbsent) Node.Routing.OnRedirect(this, from, redirect!.Leader, now);
                return true;
            case ForwardLife.WireKind:
                if (!ForwardLife.TryDecode(body, out var life)) return false;
                Merging?.Forwarder.OnLife(from, life!.Life, now);
                return true;
            case ForwardReplies.WireKind:
                return ForwardReplies.TryDecode(body, out var replies) && OnForwardReplies(replies!, now);
            case ReadsAsked.WireKind:
                return ReadsAsked.TryDecode(body, out var asked) && ReadInbox.OnReads(from, asked!, now);
            case ReadsAnswered.WireKind:
                if (!ReadsAnswered.TryDecode(body, out var answered)) return false;
                if (IsAbsent && from == Replica.Leader && !answered!.Leader.IsNone) Node.Routing.OnRedirect(this, from, answered.Leader, now);
                return RemoteReads.OnAnswers(from, answered!, now);
            case Ballots.WireKind:
                return Ballots.TryDecode(body, out var ballots) && Voting.OnBallots(from, ballots!);
            case QuarantineOrder.WireKind:
                if (!QuarantineOrder.TryDecode(body, out var order)) return false;
                Voting.OnOrder(from, order!, now);
                return true;
            default:
                if (!MessageCodec.TryDecode(kind, body, out var message)) return false;
                Replica.OnMessage(from, message!, now, Effects);
                if (from == Replica.Leader) _heardAt = now.Nanoseconds;
                AfterStep(now);
                return true;
        }
    }

    public bool OnForwardReplies(ForwardReplies message, StepTime now)
    {
        if (message.Session != Node.ForwardingSession) return true; // meant for an earlier life
        var bytes = message.Replies;
        while (bytes.Length > 0)
        {
            if (!ForwardReplies.TryTake(ref bytes, out var sequence, out var point, out var reply)) return false;
            if (Merging is null) Forwarder.OnReply(sequence, point, reply.Span, now);
            else Merging.Forwarder.OnReply(sequence, reply.Span, now);
        }

        return true;
    }

    /// <inheritdoc/>
    /// <remarks>Applied entries come by <see cref="Begin"/> and <see cref="End"/>. Those executed early were answered then, and
    /// the answer counts now that they are done.</remarks>
    public override void OnOutcome(RequestId id, in Outcome outcome)
    {
        if (!Requests.TryPeek(id, out var request)) return;
        var isAnswered = Requests.TryGetEarly(id, out var reply) && outcome.Kind == OutcomeKind.Done;
        Requests.Remove(id);
        if (isAnswered)
        {
            if (request.Session is { FollowsHistory: true } session) session.State.Positions.Note(Id, Reached);
            Answer(request, reply);
            return;
        }

        switch (request.Owner)
        {
            case RequestOwner.Peer or RequestOwner.PeerRead when Merging is not null:
                Merging.Inbox.OnOutcome(request, outcome);
                break;
            case RequestOwner.Clock:
                _clockProposed = false;
                break;
            case RequestOwner.Client:
                if (outcome.Kind == OutcomeKind.ReadNow) Gate.OnLeave(request.AskedAt);
                request.Session!.OnOutcome(request.Sequence, outcome);
                break;
            case RequestOwner.Peer when Merging is null:
                Inbox.OnOutcome(request, outcome);
                break;
            case RequestOwner.PeerRead:
                if (outcome.Kind == OutcomeKind.ReadNow) Gate.OnLeave(request.AskedAt);
                ReadInbox.OnOutcome(request, outcome, Node.Now);
                break;
            case RequestOwner.Freshness when outcome.Kind == OutcomeKind.ReadNow:
                Gate.OnLeave(request.AskedAt);
                break;
            case RequestOwner.Poll:
                Voting.OnOutcome(request.Sequence, outcome);
                break;
        }
    }

    public RespWriter? Begin(RequestId id)
    {
        if (!Requests.TryPeek(id, out var request) || request.Owner == RequestOwner.Poll) return null;
        if (request.Owner == RequestOwner.Client && request.Session!.WriterFor(request.Sequence) is { } direct) return direct;
        return BeginScratch(request);
    }

    public void End(RequestId id)
    {
        if (!Requests.TryPeek(id, out var request)) return;
        Requests.Remove(id);
        if (request.Session is { FollowsHistory: true } session) session.State.Positions.Note(Id, Reached);
        if (request.Owner == RequestOwner.Client && request.Session!.WriterFor(request.Sequence) is not null) request.Session.OnHeadWritten();
        else Answer(request, _scratch.Written.Span);
    }

    public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result) => Voting.OnBallot(index, entry, result);

    /// <summary>Those whose ballots count.</summary>
    public IReadOnlyList<NodeId> Voters => Raft?.Voters ?? Configured?.Configuration?.InSync ?? [];

    /// <summary>So many copies there should be; a majority is more than half of that.</summary>
    public int VotersOfReads => Policy?.Replicas ?? Voters.Count;
    public int VotersOfDigests => Math.Max(VotersOfReads, Voters.Count);

    /// <summary>False where there is nothing to compare, or where state is shipped: there the commands are not in the log.</summary>
    public bool ComparesReplicas => Merging is null && Voters.Count > 1 && Policy is not { Ship: Ship.State };
    public bool HasVote(NodeId node) => Voters.Contains(node);

    /// <inheritdoc/>
    /// <remarks>Never the session's own output: what is there may leave the node.</remarks>
    public RespWriter? BeginEarly(RequestId id) => Requests.TryPeek(id, out var request) ? BeginScratch(request) : null;

    public void EndEarly(RequestId id) => Requests.KeepEarly(id, _scratch.Written.Span);
    public bool IsEarly(long session, long sequence) => Requests.IsEarly(session, sequence);

    private RespWriter BeginScratch(in PendingRequest request)
    {
        _scratch.Clear();
        _scratch.Protocol = request.Session?.Output.Protocol ?? 2;
        return _scratch;
    }

    private void Answer(in PendingRequest request, ReadOnlySpan<byte> reply)
    {
        switch (request.Owner)
        {
            case RequestOwner.Clock:
                _clockProposed = false;
                foreach (var session in _clockWaiters) session.MakeReady();
                _clockWaiters.Clear();
                break;
            case RequestOwner.Peer or RequestOwner.PeerRead:
                Inbox.Reply(request.Origin, request.OriginSession, request.Sequence, Reached, reply);
                break;
            case RequestOwner.Client:
                request.Session!.CompleteSlot(request.Sequence, reply);
                break;
        }
    }

    private long Reign => Raft?.CurrentTerm.Value ?? Configured?.Configuration?.Epoch.Value ?? 0;

    public void Describe(StringBuilder text)
    {
        text.Append(Id).Append(' ');
        Replica.Describe(text);
    }
}
