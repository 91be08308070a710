using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// The leader's side of forwarding. Takes each origin's writes in the order of their sequence (a gap means that a message
/// was lost: the rest is left until the origin asks again), so that one client's pipeline keeps its order.
/// </summary>
internal sealed class ForwardInbox
{
    private readonly SortedDictionary<long, long> _lastAccepted = [];

    private readonly ForwardOrigins _origins = new();
    private readonly IOrderingGroup _group;
    private ArgRange[] _ranges = new ArgRange[16];
    private byte[] _entry = new byte[256];

    /// <param name="group">Whose inbox.</param>
    /// <param name="self">This node.</param>
    public ForwardInbox(IOrderingGroup group, NodeId self)
    {
        _group = group;
        Answers = new ForwardAnswers(self);
        Answers.MoveTo(group);
    }

    public ForwardAnswers Answers { get; }

    /// <summary>A new term of leadership knows nothing of what an earlier one had accepted.</summary>
    public void OnLeaderChanged() => _lastAccepted.Clear();

    /// <summary>False: the message makes no sense.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests message, StepTime now)
    {
        if (!_group.Hosting.Replica.IsLeader) return _group.Refuse(origin, message, now);
        var bytes = message.Commands;
        for (var i = 0; i < message.Count; i++)
        {
            if (bytes.Length < 4) return false;
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - 4) return false;
            if (!Accept(origin, message, message.FirstSequence + i, bytes.Span.Slice(4, length), now)) return false;
            bytes = bytes[(4 + length)..];
        }

        return true;
    }

    private bool Accept(NodeId origin, ForwardRequests message, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        var session = message.Session;
        var known = _lastAccepted.TryGetValue(session, out var last);
        if (known && sequence <= last)
        {
            // The answer to a voted read was lost: the replicas vote again.
            if (EntryCodec.TryRead(entry, ref _ranges, out var voted, out var words)
                && TryVote(origin, session, sequence, voted, words, _group.Find(words), now)) return true;
            if (_group.TryGetSessionReply(session, sequence, out var reply))
                Answers.Reply(origin, session, sequence, _group.Reached, reply.Span);
            return true;
        }

        var expected = known ? Math.Max(last + 1, message.LowestOutstanding) : message.LowestOutstanding;
        if (sequence > expected) return true;
        if (_origins.IsOver(origin, session, sequence, message.LowestOutstanding))
        {
            _lastAccepted[session] = sequence; // a late copy of what the origin had an answer to
            return true;
        }

        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || header.Kind != KeyspaceEntryKind.Command)
            return false;
        _lastAccepted[session] = sequence;
        var spec = _group.Find(args);
        if (TryVote(origin, session, sequence, header, args, spec, now)) return true;
        var length = EntryCodec.WriteSessionCommand(
            ref _entry, _group.Stamp(now), header.Database, header.Protocol, session, sequence, message.LowestOutstanding, args);
        var id = _group.Requests.Add(RequestOwner.Peer, null, sequence, origin, session);
        _group.Propose(id, _entry.AsSpan(0, length), spec is null ? 0 : _group.KeyHashOf(spec, args), now);
        if (_group.Requests.TryPeek(id, out _)) _origins.OnOrdered(origin, session, sequence);
        return true;
    }

    /// <summary>False: not a read. A read comes this way when all replicas are to vote on it.</summary>
    private bool TryVote(
        NodeId origin, long session, long sequence, in EntryHeader header, in CommandArgs args, CommandSpec? spec, StepTime now)
    {
        if (spec is not { Route: CommandRoute.Read } || !_group.VotesOnReads) return false;
        var asker = new PendingRequest
        {
            Owner = RequestOwner.Peer,
            Origin = origin,
            OriginSession = session,
            Sequence = sequence,
        };
        _group.AskRead(asker, header, args, now);
        return true;
    }

    /// <summary>An accepted write was not executed, or its fate is unknown: the origin asks again, and the log knows what it has
    /// seen. Too few replicas is an answer, unless the write is in the log from an earlier time that it was asked for.</summary>
    public void OnOutcome(in PendingRequest request, in Outcome outcome)
    {
        if (Replies.IsShort(outcome) && !_origins.WasOrdered(request.Origin, request.OriginSession, request.Sequence))
        {
            _origins.OnRefused(request.Origin, request.OriginSession, request.Sequence);
            Answers.Reply(request.Origin, request.OriginSession, request.Sequence, default, Replies.Of(outcome));
        }
        else if (_lastAccepted.TryGetValue(request.OriginSession, out var last) && last >= request.Sequence)
        {
            _lastAccepted[request.OriginSession] = request.Sequence - 1;
        }
    }
}
