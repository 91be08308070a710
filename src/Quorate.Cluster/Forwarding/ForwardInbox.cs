using System.Buffers.Binary;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// The leader's side of forwarding. Takes each origin's writes in the order of their sequence (a gap means that a message
/// was lost: the rest is left until the origin asks again), so that one client's pipeline keeps its order.
/// </summary>
internal sealed class ForwardInbox(Group group, Node node)
{
    private readonly SortedDictionary<long, long> _lastAccepted = [];

    private readonly ForwardOrigins _origins = new();
    private readonly List<Pending> _replies = []; // by origin, ascending: walked at the end of every turn
    private ArgRange[] _ranges = new ArgRange[16];
    private byte[] _entry = new byte[256];

    /// <summary>A new term of leadership knows nothing of what an earlier one had accepted.</summary>
    public void OnLeaderChanged() => _lastAccepted.Clear();

    /// <summary>False: the message makes no sense.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests message, StepTime now)
    {
        if (!group.Replica.IsLeader)
        {
            // A member learns of the change by itself and asks the right one; others must be told.
            var leader = group.Replica.Leader;
            if (!leader.IsNone && node.Routing.IsOutsider(group.Id, origin)) node.SendTo(origin, group, new ForwardRedirect { Leader = leader });
            return true;
        }

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

    public void Reply(NodeId origin, long session, long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply)
    {
        var pending = RepliesTo(origin);
        if (pending.Session != session)
        {
            pending.Bytes.Clear(); // an earlier life of that node: nobody waits there any more
            pending.Session = session;
        }

        ForwardReplies.Add(pending.Bytes, sequence, point, reply);
        group.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        foreach (var pending in _replies)
        {
            if (pending.Bytes.Length == 0) continue;
            var origin = pending.Origin;
            var message = new ForwardReplies { Session = pending.Session, Replies = pending.Bytes.Memory };
            if (origin == node.Options.Self) group.OnForwardReplies(message, now);
            else node.SendTo(origin, group, message);
            pending.Bytes.Clear();
        }
    }

    private bool Accept(NodeId origin, ForwardRequests message, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        var session = message.Session;
        var known = _lastAccepted.TryGetValue(session, out var last);
        if (known && sequence <= last)
        {
            if (TryVote(origin, session, sequence, entry, now)) return true; // the answer was lost: vote again
            if (group.Machine.TryGetSessionReply(session, sequence, out var reply)) Reply(origin, session, sequence, group.Reached, reply.Span);
            return true;
        }

        var expected = known ? Math.Max(last + 1, message.LowestOutstanding) : message.LowestOutstanding;
        if (sequence > expected) return true;
        if (_origins.IsOver(origin, session, sequence, message.LowestOutstanding))
        {
            _lastAccepted[session] = sequence; // a late copy of what the origin had an answer to
            return true;
        }

        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || header.Kind != EntryKind.Command) return false;
        _lastAccepted[session] = sequence;
        if (TryVote(origin, session, sequence, entry, now)) return true;
        var length = EntryCodec.WriteSessionCommand(
            ref _entry, group.Stamp(now), header.Database, header.Protocol, session, sequence, message.LowestOutstanding, args);
        var id = group.Requests.Add(RequestOwner.Peer, null, sequence, origin, session);
        group.Propose(id, _entry.AsSpan(0, length), group.KeyHashOf(args), now);
        if (group.Requests.TryPeek(id, out _)) _origins.OnOrdered(origin, session, sequence);
        return true;
    }

    /// <summary>False: not a read. A read comes this way when it is to be voted on.</summary>
    private bool TryVote(NodeId origin, long session, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        if (group.Policy is not { Reads: ReadConsistency.Voted }) return false;
        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || node.FindInKeyspace(args) is not { Route: CommandRoute.Read }) return false;
        var asker = new PendingRequest { Owner = RequestOwner.Peer, Origin = origin, OriginSession = session, Sequence = sequence };
        group.Voting.AskRead(asker, header.Database, header.Protocol, args, now);
        return true;
    }

    /// <summary>An accepted write was not executed, or nobody knows: the origin asks again, and the log knows what it has
    /// seen. Too few replicas is an answer, unless the write is in the log from an earlier time that it was asked for.</summary>
    public void OnOutcome(in PendingRequest request, in Outcome outcome)
    {
        if (Replies.IsShort(outcome) && !_origins.WasOrdered(request.Origin, request.OriginSession, request.Sequence))
        {
            _origins.OnRefused(request.Origin, request.OriginSession, request.Sequence);
            Reply(request.Origin, request.OriginSession, request.Sequence, default, Replies.Of(outcome));
        }
        else if (_lastAccepted.TryGetValue(request.OriginSession, out var last) && last >= request.Sequence) _lastAccepted[request.OriginSession] = request.Sequence - 1;
    }

    private Pending RepliesTo(NodeId origin)
    {
        var at = 0;
        while (at < _replies.Count && _replies[at].Origin.Value < origin.Value) at++;
        if (at == _replies.Count || _replies[at].Origin != origin) _replies.Insert(at, new Pending(origin));
        return _replies[at];
    }

    private sealed class Pending(NodeId origin)
    {
        public NodeId Origin => origin;

        public long Session { get; set; }

        public ByteQueue Bytes { get; } = new();
    }
}
