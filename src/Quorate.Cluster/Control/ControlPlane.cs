using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Control;

/// <summary>
/// The control group on this node: the replicated map, and, while this node leads it, the supervisor that decides. On
/// every node it tells the control leader what the node's replicas hold, and carries out what comes back.
/// </summary>
internal sealed class ControlPlane : IHosted, IControlListener
{
    /// <summary>Answers that nobody came for are kept until so many more questions were asked.</summary>
    private const int MostTickets = 1000;

    private readonly ControlOptions _options;
    private readonly IElectingReplica _electing;
    private readonly Supervisor _supervisor;
    private readonly ControlVoters _voters;
    private int _handOvers;
    private long _nextVoters;
    private readonly List<ControlCommand> _proposals = [];
    private readonly Dictionary<RequestId, (NodeId Origin, long Ticket, long Incarnation)> _asked = [];
    private readonly Dictionary<long, ControlAnswer?> _tickets = [];
    private long _lastTicket;
    private long _lastRequest;
    private readonly ToldBeats _told = new();
    private (NodeId Leader, Term Term) _toldTo;
    private long _newestAnswer;
    private long _nextBeat;
    private long _nextTelling;
    private Term _electedIn;
    private long _seenVersion = -1;
    private bool _mapIsNews;

    public ControlPlane(IControlNode node, ControlOptions options)
    {
        (Node, _options) = (node, options);
        Hosting = new HostedGroup(ControlMachine.ControlGroup, this, node);
        Machine = new ControlMachine(this, node.Options.Strategies);
        _supervisor = new Supervisor(Machine, options, node.Rules.Supervisor);
        _electing = (IElectingReplica)node.MakeControlReplica(Machine);
        _voters = new ControlVoters(_supervisor, _electing);
    }

    public HostedGroup Hosting { get; }

    public IReplica Replica => _electing;

    private IControlNode Node { get; }

    private Effects Effects => Hosting.Effects;

    internal Supervisor Supervisor => _supervisor;

    public ControlMachine Machine { get; }

    public ClusterMap Map => Machine.Map;

    /// <summary>Who leads the control group as far as known here.</summary>
    public NodeId Leader => _electing.Leader;

    /// <summary>The control leader does not hear from the node; null where this is not known.</summary>
    public bool? IsSuspected(NodeId node) => IsCurrent(Node.Now) ? _supervisor.Detector.IsSuspected(node) : null;

    /// <summary>What the control leader says of a group; null on other nodes.</summary>
    public GroupPhase? StatusOf(GroupId group) => IsCurrent(Node.Now) ? _supervisor.StatusOf(group) : null;

    /// <summary>Asks the control leader for a change, wherever it is.</summary>
    /// <returns>The ticket to ask <see cref="TryTakeAnswer"/> with.</returns>
    public long Ask(Asking what, byte[] payload, StepTime now)
    {
        var question = new ControlQuestion
        {
            Ticket = ++_lastTicket,
            Incarnation = Node.Options.Incarnation,
            What = what,
            Payload = payload,
        };
        _tickets[question.Ticket] = null;
        _tickets.Remove(question.Ticket - MostTickets); // whoever asked has gone
        if (_electing.IsLeader) OnQuestion(Node.Options.Self, question, now);
        else if (_electing.Leader.IsNone)
            _tickets[question.Ticket] = new ControlAnswer("TRYAGAIN the control group has no leader now", Map.Version);
        else Hosting.Send(_electing.Leader, question);
        Hosting.NeedsTurnEnd();
        return _lastTicket;
    }

    /// <summary>True when the answer is there; it is then forgotten. After <see cref="Forget"/> it never comes.</summary>
    public bool TryTakeAnswer(long ticket, out ControlAnswer? answer)
    {
        if (!_tickets.TryGetValue(ticket, out answer) || answer is null) return false;
        return _tickets.Remove(ticket);
    }

    public void Forget(long ticket) => _tickets.Remove(ticket);

    public void OnTick(StepTime now)
    {
        _electing.OnTick(now, Effects);
        AfterStep(now);
        if (now.Nanoseconds >= _nextBeat || Node.Held.HasNews())
        {
            _nextBeat = now.Nanoseconds + _options.Nanoseconds(_options.HeartbeatMilliseconds);
            Node.Held.MakeVoters(now);
            Beat(now);
        }

        if (_electing.HasEndedLease && now.Nanoseconds >= _nextVoters) HandOverAgain(now);
        if (!IsCurrent(now) || _electedIn != _electing.CurrentTerm) return;
        _supervisor.OnTick(now);
        if (now.Nanoseconds >= _nextVoters) CareForVoters(now);
        while (_supervisor.TryTakeNotice(out var notice)) Node.Alarms.Note(notice!);
        _supervisor.TakeProposals(_proposals);
        foreach (var command in _proposals) Propose(default, command.Encode(), now);
        _proposals.Clear();
    }

    public void OnTurnEnd(StepTime now)
    {
        _electing.OnTurnEnd(now, Effects);
        AfterStep(now);
        if (_mapIsNews) TellNews(now);
    }

    public void AfterStep(StepTime now)
    {
        if (Map.Version != _seenVersion)
        {
            _seenVersion = Map.Version;
            Node.OnMapChanged();
            _mapIsNews = true;
            Hosting.NeedsTurnEnd();
        }

        // A term's first no-op is applied when a read may be answered: then all that was decided before is known here.
        if (!IsCurrent(now) || _electedIn == _electing.CurrentTerm) return;
        _electedIn = _electing.CurrentTerm;
        _supervisor.OnElected(now, _electing.LeaderSince);
        if (Map.Nodes.Count > 0) return;
        var labels = Node.Options.Labels;
        Propose(default, new Bootstrap([.. Node.Options.Founders.Select(m => new NodeEntry(
            m.Id, m.Name, m.PeerAddress, m.RespAddress, "", m.Id == Node.Options.Self
                ? labels : new(), NodeState.Up))]).Encode(), now);
    }

    public bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now)
    {
        switch (kind)
        {
            case Heartbeat.WireKind:
                if (!Heartbeat.TryDecode(body, out var beat)) return false;
                if (_supervisor.OnHeartbeat(from, beat!, now, _electedIn == _electing.CurrentTerm && IsCurrent(now)) is { } reply)
                    Hosting.Send(from, reply);
                return true;
            case HeartbeatReply.WireKind:
                if (!HeartbeatReply.TryDecode(body, out var answer, Node.Options.Strategies)) return false;
                CarryOut(answer!, now);
                return true;
            case ControlQuestion.WireKind:
                if (!ControlQuestion.TryDecode(body, out var question)) return false;
                OnQuestion(from, question!, now);
                return true;
            case ControlReply.WireKind:
                if (!ControlReply.TryDecode(body, out var told)) return false;
                if (told!.Incarnation == Node.Options.Incarnation) Answered(told.Ticket, told.Answer);
                return true;
            default:
                if (!Node.Options.Strategies.TryDecode(kind, body, out var message)) return false;
                _electing.OnMessage(from, message!, now, Effects);
                return true;
        }
    }

    public void OnOutcome(RequestId id, in Outcome outcome)
    {
        if (!_asked.ContainsKey(id)) return;
        Tell(id, outcome.Kind == OutcomeKind.Unknown
            ? "UNCERTAIN the control group's leader changed meanwhile: check whether the change was made"
            : $"TRYAGAIN {outcome.Why ?? "the control group's leader changed"}");
    }

    public void OnResult(RequestId request, ControlResult result) =>
        Tell(request, result.Refusal is null ? null : "ERR " + result.Refusal);

    private bool IsCurrent(StepTime now) => _electing.IsLeader && _electing.MayReadLocally(now);

    private void Propose(RequestId id, byte[] entry, StepTime now)
    {
        _electing.OnRequest(new ReplicaRequest { Id = id, Kind = RequestKind.Write, Payload = entry }, now, Effects);
        Hosting.NeedsTurnEnd();
    }

    private void OnQuestion(NodeId origin, ControlQuestion question, StepTime now)
    {
        var id = new RequestId(++_lastRequest);
        _asked[id] = (origin, question.Ticket, question.Incarnation);
        if (_electedIn != _electing.CurrentTerm || !IsCurrent(now))
            Tell(id, "TRYAGAIN the control group has no leader with a lease now");
        else if (question.What == Asking.Failover) AskFailover(id, question.Payload.Span, now);
        else if (!ControlCodec.TryDecode(question.Payload.Span, out var command, Node.Options.Strategies))
            Tell(id, "ERR the control leader does not know this command: it runs another version");
        else if (Machine.WhyNot(command!) is { } refusal) Tell(id, "ERR " + refusal);
        else if (command is RemoveNode leaving && WhyStillHolds(leaving.Id) is { } why) Tell(id, "ERR " + why);
        else Propose(id, question.Payload.ToArray(), now);
    }

    private string? WhyStillHolds(NodeId node) =>
        _electing.Members.IsVoter(node)
            ? "it still votes in the control group: it is on its way out, try again in a moment"
            : _supervisor.WhyStillHolds(node);

    /// <summary>The heir did not take over, and without a lease nothing is decided here in this term: anybody may lead the
    /// next.</summary>
    private void HandOverAgain(StepTime now)
    {
        const long Every = 100 * StepTime.NanosecondsPerMillisecond;
        _nextVoters = now.Nanoseconds + Every;
        var others = _electing.Voters.Where(n => n != Node.Options.Self).ToList();
        if (others.Count == 0) return;
        _electing.OnRequest(
            new ReplicaRequest
            {
                Id = default,
                Kind = RequestKind.TransferLeadership,
                Target = others[_handOvers++ % others.Count],
            },
            now, Effects);
        Hosting.NeedsTurnEnd();
    }

    private void CareForVoters(StepTime now)
    {
        const long Every = 100 * StepTime.NanosecondsPerMillisecond;
        _nextVoters = now.Nanoseconds + Every;
        var self = Node.Options.Self;
        if (_voters.Heir(self) is { IsNone: false } heir)
            _electing.OnRequest(
                new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = heir }, now, Effects);
        else if (_voters.Step(self, now.Nanoseconds) is { } target)
            _electing.OnRequest(
                new ReplicaRequest { Id = default, Kind = RequestKind.ChangeMembership, Payload = target }, now, Effects);
        else return;
        Hosting.NeedsTurnEnd();
    }

    private void AskFailover(RequestId id, ReadOnlySpan<byte> payload, StepTime now)
    {
        if (payload.Length != 16)
        {
            Tell(id, "ERR the control leader does not know this question: it runs another version");
            return;
        }

        var group = new GroupId(BinaryPrimitives.ReadInt32LittleEndian(payload));
        var refusal = _supervisor.AskFailover(group, new NodeId(BinaryPrimitives.ReadInt32LittleEndian(payload[4..])), now,
            Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(payload[8..])),
            BinaryPrimitives.ReadInt32LittleEndian(payload[12..]) != 0);
        Tell(id, refusal is null ? null : "ERR " + refusal);
    }

    private void Tell(RequestId id, string? refusal)
    {
        if (!_asked.Remove(id, out var asked)) return;
        var answer = new ControlAnswer(refusal, Map.Version);
        if (asked.Origin == Node.Options.Self) Answered(asked.Ticket, answer);
        else Hosting.Send(
            asked.Origin, new ControlReply { Ticket = asked.Ticket, Incarnation = asked.Incarnation, Answer = answer });
    }

    private void Answered(long ticket, ControlAnswer answer)
    {
        if (_tickets.ContainsKey(ticket)) _tickets[ticket] = answer;
    }

    private void Beat(StepTime now)
    {
        if (_electing.Leader.IsNone) return;
        TellOfItself(now);
        var (oldest, last) = Node.Host.DiskDelay;
        if (_toldTo != (_electing.Leader, _electing.CurrentTerm)) _told.Forget();
        _toldTo = (_electing.Leader, _electing.CurrentTerm);
        var held = Node.Held.Beats(out var isAll);
        var (basedOn, groups, gone) = _told.Of(now.Nanoseconds, held, isAll);
        var heartbeat = new Heartbeat
        {
            Incarnation = Node.Options.Incarnation,
            SentAt = now.Nanoseconds,
            OldestUnsyncedMilliseconds = oldest,
            LastSyncMilliseconds = last,
            BasedOn = basedOn,
            Groups = groups,
            Gone = gone,
        };
        if (!_electing.IsLeader) Hosting.Send(_electing.Leader, heartbeat);
        else if (_supervisor
            .OnHeartbeat(Node.Options.Self, heartbeat, now, _electedIn == _electing.CurrentTerm && IsCurrent(now)) is { } reply)
            CarryOut(reply, now);
    }

    /// <summary>What was decided just now is told at once to whom it concerns: a fail-over does not wait for
    /// heartbeats.</summary>
    private void TellNews(StepTime now)
    {
        _mapIsNews = false;
        if (!IsCurrent(now) || _electedIn != _electing.CurrentTerm) return;
        foreach (var node in Map.Nodes)
        {
            if (_supervisor.AnswerAgain(node.Id, now) is not { } reply) continue;
            if (node.Id == Node.Options.Self) CarryOut(reply, now);
            else Hosting.Send(node.Id, reply);
        }
    }

    /// <summary>The map learns where this node is and how it is reached, when its operator has changed that. Nobody waits for the
    /// answer: as long as the map says otherwise the node says it again, at most once a second.</summary>
    private void TellOfItself(StepTime now)
    {
        const long TellAgain = 1000 * StepTime.NanosecondsPerMillisecond;
        if (now.Nanoseconds < _nextTelling || Map.Node(Node.Options.Self) is not { State: not NodeState.Removed } known) return;
        var self = Node.Options.Members.First(m => m.Id == Node.Options.Self);
        var (name, peer, clients, labels) = (self.Name, self.PeerAddress, self.RespAddress, Node.Options.Labels);
        if (known == known with { Name = name, PeerAddress = peer, ClientAddress = clients, Labels = labels }) return;
        _nextTelling = now.Nanoseconds + TellAgain;
        Forget(Ask(Asking.Command, new AddNode(self.Id, name, peer, clients, known.HttpAddress, labels).Encode(), now));
    }

    /// <summary>Assignments before grants: a lease is of the epoch that may have come with it.</summary>
    private void CarryOut(HeartbeatReply reply, StepTime now)
    {
        if (reply.Incarnation != Node.Options.Incarnation) return;
        if (reply.WantsAll)
        {
            _told.Forget();
            return;
        }

        _told.OnAnswer(reply.SentAt);
        // An answer that was overtaken by a newer map's would bring back a replica that has gone since.
        if (reply.MapVersion < _newestAnswer) return;
        _newestAnswer = reply.MapVersion;
        foreach (var assignment in reply.Assignments) Node.Held.Assign(assignment, now);
        var until = Leases.UntilOnNode(reply);
        foreach (var (group, epoch) in reply.Grants) Node.Held.Grant(group, epoch, until, now);
        foreach (var (group, to) in reply.HandOvers) Node.Held.HandOver(group, to, now);
        foreach (var group in reply.Dropped) Node.Held.Drop(group);
    }
}
