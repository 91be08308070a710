using System.Buffers.Binary;
using Quorate.Data;
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

    /// <summary>For each origin its newest session and the greatest sequence that went into the log here, in any term.</summary>
    private readonly Dictionary<NodeId, (long Session, long Sequence)> _ordered = [];
    private readonly List<Pending> _replies = []; // by origin, ascending: walked at the end of every turn
    private ArgRange[] _ranges = new ArgRange[16];
    /// <summary>Reads that wait for their turn; more are asked for again later.</summary>
    private const int MostReads = 10_000;

    private readonly Dictionary<RequestId, byte[]> _reads = [];
    private readonly RespWriter _reply = new();
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

    public void Reply(NodeId origin, long session, long sequence, ReadOnlySpan<byte> reply)
    {
        var pending = RepliesTo(origin);
        if (pending.Session != session)
        {
            pending.Bytes.Clear(); // an earlier life of that node: nobody waits there any more
            pending.Session = session;
        }

        var span = pending.Bytes.Reserve(12 + reply.Length);
        BinaryPrimitives.WriteInt64LittleEndian(span, sequence);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], reply.Length);
        reply.CopyTo(span[12..]);
        pending.Bytes.Advance(12 + reply.Length);
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
            if (TryRead(origin, session, sequence, entry, now)) return true; // the answer was lost: read again
            if (group.Machine.TryGetSessionReply(session, sequence, out var reply)) Reply(origin, session, sequence, reply.Span);
            return true;
        }

        var expected = known ? Math.Max(last + 1, message.LowestOutstanding) : message.LowestOutstanding;
        if (sequence > expected) return true;
        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || header.Kind != EntryKind.Command) return false;
        _lastAccepted[session] = sequence;
        if (TryRead(origin, session, sequence, entry, now)) return true;
        var length = EntryCodec.WriteSessionCommand(
            ref _entry, group.Stamp(now), header.Database, header.Protocol, session, sequence, message.LowestOutstanding, args);
        var id = group.Requests.Add(RequestOwner.Peer, null, sequence, origin, session);
        group.Propose(id, _entry.AsSpan(0, length), group.KeyHashOf(args), now);
        if (group.Requests.TryPeek(id, out _) && !WasOrdered(origin, session, sequence)) _ordered[origin] = (session, sequence);
        return true;
    }

    private bool WasOrdered(NodeId origin, long session, long sequence) =>
        _ordered.TryGetValue(origin, out var known) && known.Session == session && sequence <= known.Sequence;

    /// <summary>An accepted write was not executed, or nobody knows: the origin asks again, and the log knows what it has
    /// seen. Too few replicas is an answer, unless the write is in the log from an earlier time that it was asked for.</summary>
    public void OnOutcome(in PendingRequest request, in Outcome outcome)
    {
        if (Replies.IsShort(outcome) && !WasOrdered(request.Origin, request.OriginSession, request.Sequence)) Reply(request.Origin, request.OriginSession, request.Sequence, Replies.Of(outcome));
        else if (_lastAccepted.TryGetValue(request.OriginSession, out var last) && last >= request.Sequence) _lastAccepted[request.OriginSession] = request.Sequence - 1;
    }

    public void OnReadOutcome(RequestId id, in PendingRequest request, in Outcome outcome)
    {
        if (!_reads.Remove(id, out var entry) || outcome.Kind != OutcomeKind.ReadNow) return; // the origin asks again
        Execute(request.Origin, request.OriginSession, request.Sequence, entry, node.Now);
    }

    /// <summary>False: not a read.</summary>
    private bool TryRead(NodeId origin, long session, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || node.FindInKeyspace(args) is not { Route: CommandRoute.Read } spec) return false;
        if (group.Voting.IsDistrusted) return true; // the origin asks the next leader
        if (group.IsVoted(spec))
        {
            var asker = new PendingRequest { Owner = RequestOwner.Peer, Origin = origin, OriginSession = session, Sequence = sequence };
            group.Voting.AskRead(asker, header.Database, header.Protocol, args, now);
        }
        else if (group.Replica.MayReadLocally(now))
        {
            Execute(origin, session, sequence, entry, now);
        }
        else if (_reads.Count < MostReads)
        {
            var id = group.Requests.Add(RequestOwner.PeerRead, null, sequence, origin, session);
            _reads[id] = entry.ToArray();
            group.Replica.OnRequest(new ReplicaRequest { Id = id, Kind = RequestKind.Read, KeyHash = group.KeyHashOf(args) }, now, group.Effects);
            group.NeedsTurnEnd();
        }

        return true;
    }

    private void Execute(NodeId origin, long session, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        EntryCodec.TryRead(entry, ref _ranges, out var header, out var args);
        _reply.Clear();
        _reply.Protocol = header.Protocol;
        group.Machine.ExecuteRead(node.FindInKeyspace(args)!, header.Database, args, _reply, now.UnixMilliseconds, out var clockBehind);
        if (clockBehind) group.ProposeClock(now); // the origin asks again
        else Reply(origin, session, sequence, _reply.Written.Span);
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
