using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>A replica that keeps one order of all writes, and the state that it comes to: clients' writes go to its leader, reads
/// are answered here when <see cref="Gate"/> allows it.</summary>
internal sealed class OrderedGroup : Group, IAnswering, IOrderingGroup, IReadableGroup, IVotingGroup
{
    private readonly OrderedOutgoing _outgoing;
    private readonly PendingReplies _replies;
    private readonly List<IAsker> _clockWaiters = [];
    private readonly bool _wantsKeyHash;
    private byte[] _entry = new byte[256];
    private long _lastStamp;
    private bool _clockProposed;

    /// <param name="id">Which group.</param>
    /// <param name="node">Where.</param>
    /// <param name="makeReplica">Makes the replica of this group's machine, last of all.</param>
    /// <param name="before">What stood for the group on this node until now: what it forwarded and has no answer to goes on
    /// here, and the sequence of its session, of which the log remembers what it has seen.</param>
    /// <param name="policy">Null for the default group.</param>
    public OrderedGroup(
        GroupId id, IGroupsNode node, Func<OrderedGroup, IReplica> makeReplica, Group? before = null, Policy? policy = null)
        : base(id, node, policy, Succession.ToOrdered(before, node))
    {
        _outgoing = (OrderedOutgoing)Outgoing;
        _replies = new PendingReplies(this);
        Machine = new KeyspaceMachine(Commands.Table, _replies);
        Inbox = new ForwardInbox(this, node.Options.Self);
        ReadInbox = new ReadInbox(this, node, node.ReadStatistics);
        Gate = new ReadGate(this, node.Options.Self);
        Replica = makeReplica(this);
        _wantsKeyHash = Row.WantsKeyHash;
        Electing = Replica as IElectingReplica;
        Configured = Replica as IConfiguredReplica;
        Voting = new GroupVoting(this, node);
    }

    public override IReplica Replica { get; }

    public override bool IsAbsent => false;

    public override IElectingReplica? Electing { get; }

    public override IConfiguredReplica? Configured { get; }

    public override KeyspaceMachine Machine { get; }

    public override GroupCommands Commands => OrderedCommands.Instance;

    public RequestTable Requests => _replies.Requests;

    public ForwardInbox Inbox { get; }

    /// <summary>Decides whether the state here may answer a read.</summary>
    public ReadGate Gate { get; }

    /// <summary>Reads of other nodes' clients that this replica answers.</summary>
    public ReadInbox ReadInbox { get; }

    public GroupVoting Voting { get; }

    public override string Trust => Voting.State;

    public override VotingFigures Figures => Voting.Figures;

    public override IReadOnlyList<NodeId> Diverged => Voting.Diverged;

    public override bool IsDelayed => Gate.IsDelayed;

    /// <inheritdoc/>
    public override bool IsQuiet => Electing is { IsQuiet: true } && _outgoing.IsEmpty && ReadInbox.Count == 0;

    protected override long Reign => Electing?.CurrentTerm.Value ?? Configured?.Configuration?.Epoch.Value ?? 0;

    /// <summary>The replicas whose ballots count.</summary>
    public IReadOnlyList<NodeId> Voters => Electing?.Voters ?? Configured?.Configuration?.InSync ?? [];

    /// <summary>So many copies there should be; a majority is more than half of that.</summary>
    public int VotersOfReads => Policy?.Replicas ?? Voters.Count;

    public int VotersOfDigests => Math.Max(VotersOfReads, Voters.Count);

    /// <summary>False where there is nothing to compare, or where state is shipped: there the commands are not in the
    /// log.</summary>
    public bool ComparesReplicas => Voters.Count > 1 && Policy is not { Ship: Ship.State };

    public GroupConfiguration? Configuration => Configured?.Configuration;

    public bool IsDistrusted => Voting.IsDistrusted;

    public bool VotesOnReads => Policy is { Reads: ReadConsistency.Voted };

    /// <summary>The leader's stamp for an entry: its wall clock, never going back.</summary>
    public long Stamp(StepTime now) => _lastStamp = Math.Max(_lastStamp, now.UnixMilliseconds);

    public override void Take(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        if (!Replica.IsLeader) _outgoing.Enqueue(session, slot, database, spec, args, now);
        else if (spec.Route == CommandRoute.Read) AskRead(session, slot, database, args, now);
        else Write(session, slot, database, spec, args, now);
    }

    /// <param name="id">The request.</param>
    /// <param name="entry">What is to be ordered.</param>
    /// <param name="keyHash">See <see cref="KeyHashOf"/>.</param>
    /// <param name="now">The time of the step.</param>
    public void Propose(RequestId id, ReadOnlySpan<byte> entry, ulong keyHash, StepTime now)
    {
        Replica.OnRequest(
            new ReplicaRequest { Id = id, Kind = RequestKind.Write, Payload = entry, KeyHash = keyHash }, now, Effects);
        NeedsTurnEnd();
    }

    public override ReadVerdict Judge(in ReadRule rule, SessionPositions? seen, StepTime now) => Gate.Judge(rule, seen, now);

    public override bool TryRead(
        CommandSpec spec, int database, in CommandArgs args, RespWriter reply, in ReadRule rule, StepTime now)
    {
        var seesDue = rule.Consistency is ReadConsistency.Eventual or ReadConsistency.Weak;
        Machine.ExecuteRead(spec, database, args, reply, now.UnixMilliseconds, out var clockBehind, seesDue);
        return !clockBehind;
    }

    public override void NoteRead(SessionPositions seen) => Gate.NoteRead(seen);

    public override bool ReadsKeepUp(StepTime now) => Replica.IsLeader && Replica.MayReadLocally(now);

    /// <inheritdoc/>
    /// <remarks>On a follower the leader's clock comes soon: the next tick looks again.</remarks>
    public override void WaitForClock(IAsker session)
    {
        if (!Replica.IsLeader) return;
        _clockWaiters.Add(session);
        Node.AwaitClock(this);
    }

    public CommandSpec? Find(in CommandArgs args) => Commands.Find(args);

    public bool TryGetSessionReply(long session, long sequence, out ReadOnlyMemory<byte> reply) =>
        Machine.TryGetSessionReply(session, sequence, out reply);

    public bool Refuse(NodeId origin, ForwardRequests requests, StepTime now) => Outgoing.Refuse(origin, requests, now);

    public void AskRead(in PendingRequest asker, in EntryHeader header, in CommandArgs args, StepTime now) =>
        Voting.AskRead(asker, header.Database, header.Protocol, args, now);

    /// <summary>Gives a voted read's reply to its asker.</summary>
    public void AnswerPoll(in PendingRequest asker, ReadOnlySpan<byte> reply) => Answer(asker, reply);

    /// <summary>A voted read's entry was not taken, or its fate is unknown: a node asks again, a client is told to.</summary>
    public void FailPoll(in PendingRequest asker, in Outcome outcome)
    {
        if (asker.Owner == RequestOwner.Client) Answer(asker, Replies.IsShort(outcome) ? Replies.Of(outcome) : Replies.TryAgain);
    }

    public override ulong KeyHashOf(CommandSpec spec, in CommandArgs args) =>
        _wantsKeyHash && spec is { FirstKey: 1, LastKey: 1 } && args.Count > 1 ? Hash.Of(args[1]) | 1 : 0;

    public override void AskForLeave(RequestOwner owner, IAsker? session, long sequence, ulong keyHash, StepTime now)
    {
        var id = Requests.Add(owner, session, sequence, default, keyHash == 0 ? now.Nanoseconds : long.MinValue);
        Replica.OnRequest(new ReplicaRequest { Id = id, Kind = RequestKind.Read, KeyHash = keyHash }, now, Effects);
        NeedsTurnEnd();
    }

    public override bool Foresee(int database, ReadOnlySpan<byte> key)
    {
        Machine.Foresee(database, key);
        return true;
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
        if (Electing is { IsLeader: true })
            Electing.IsHeldAwake = !IsWishTrue || _outgoing.Forwarder.Count > 0 || Machine.HasExpiringKeys || Voting.NeedsTicks;
        base.OnTick(now);
        ReadInbox.OnTick(now);
        Voting.OnTick(now);
        if (Replica.IsLeader && Machine.HasDueKeys(now.UnixMilliseconds)) ProposeClock(now);
    }

    public override void OnTurnEnd(StepTime now)
    {
        Gate.OnTurnEnd(now);
        Replica.OnTurnEnd(now, Effects);
        AfterStep(now);
        Voting.OnTurnEnd(now);
        Outgoing.Flush(now);
        Inbox.Answers.Flush(now);
        ReadInbox.Flush();
    }

    public override bool OnRequests(NodeId from, ForwardRequests requests, StepTime now) => Inbox.OnRequests(from, requests, now);

    public override bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now)
    {
        switch (kind)
        {
            case Ballots.WireKind:
                return Ballots.TryDecode(body, out var ballots) && Voting.OnBallots(from, ballots!);
            case QuarantineOrder.WireKind:
                if (!QuarantineOrder.TryDecode(body, out var order)) return false;
                Voting.OnOrder(from, order!, now);
                return true;
            default:
                return base.OnMessage(from, kind, body, now);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Applied entries come by <see cref="PendingReplies"/>.</remarks>
    public override void OnOutcome(RequestId id, in Outcome outcome)
    {
        if (!_replies.TryEnd(id, outcome, out var request)) return;
        if (outcome.Kind == OutcomeKind.ReadNow
            && request.Owner is RequestOwner.Client or RequestOwner.PeerRead or RequestOwner.Freshness)
            Gate.OnLeave(request.AskedAt);
        switch (request.Owner)
        {
            case RequestOwner.Clock:
                _clockProposed = false;
                break;
            case RequestOwner.Client:
                request.Session!.OnOutcome(request.Sequence, outcome);
                break;
            case RequestOwner.Peer:
                Inbox.OnOutcome(request, outcome);
                break;
            case RequestOwner.PeerRead:
                ReadInbox.OnOutcome(request, outcome, Node.Now);
                break;
            case RequestOwner.Poll:
                Voting.OnOutcome(request.Sequence, outcome);
                break;
        }
    }

    public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result) =>
        Voting.OnBallot(index, entry, result);

    public void Answer(in PendingRequest request, ReadOnlySpan<byte> reply)
    {
        switch (request.Owner)
        {
            case RequestOwner.Clock:
                _clockProposed = false;
                foreach (var session in _clockWaiters) session.MakeReady();
                _clockWaiters.Clear();
                break;
            case RequestOwner.Peer or RequestOwner.PeerRead:
                Inbox.Answers.Reply(request.Origin, request.OriginSession, request.Sequence, Reached, reply);
                break;
            case RequestOwner.Client:
                request.Session!.CompleteSlot(request.Sequence, reply);
                break;
        }
    }

    protected override bool OnReadsAsked(NodeId from, ReadsAsked asked, StepTime now) => ReadInbox.OnReads(from, asked, now);

    protected override void OnLeaderChanged()
    {
        _clockProposed = false;
        Voting.OnLeaderChanged();
        Inbox.OnLeaderChanged();
    }

    /// <summary>A read comes this way when all replicas are to vote on it.</summary>
    private void AskRead(IAsker session, long slot, int database, in CommandArgs args, StepTime now)
    {
        var asker = new PendingRequest { Owner = RequestOwner.Client, Session = session, Sequence = slot };
        Voting.AskRead(asker, database, session.Protocol, args, now);
    }

    private void Write(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        var length = EntryCodec.WriteCommand(ref _entry, Stamp(now), database, session.Protocol, args);
        Propose(Requests.Add(RequestOwner.Client, session, slot), _entry.AsSpan(0, length), KeyHashOf(spec, args), now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }
}
