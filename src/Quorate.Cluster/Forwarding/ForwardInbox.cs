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
    private readonly List<Pending> _replies = []; // by origin, ascending: walked at the end of every turn
    private ArgRange[] _ranges = new ArgRange[16];
    private byte[] _entry = new byte[256];

    /// <summary>A new term of leadership knows nothing of what an earlier one had accepted.</summary>
    public void OnLeaderChanged() => _lastAccepted.Clear();

    /// <summary>False: the message makes no sense.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests message, StepTime now)
    {
        if (!group.Replica.IsLeader) return true; // the origin learns of the change and asks the right one
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
        node.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        foreach (var pending in _replies)
        {
            if (pending.Bytes.Length == 0) continue;
            var origin = pending.Origin;
            var message = new ForwardReplies { Session = pending.Session, Replies = pending.Bytes.Memory };
            if (origin == node.Options.Self) group.OnForwardReplies(message, now);
            else node.SendTo(origin, group.Id, message);
            pending.Bytes.Clear();
        }
    }

    private bool Accept(NodeId origin, ForwardRequests message, long sequence, ReadOnlySpan<byte> entry, StepTime now)
    {
        var session = message.Session;
        var known = _lastAccepted.TryGetValue(session, out var last);
        if (known && sequence <= last)
        {
            if (group.Machine.TryGetSessionReply(session, sequence, out var reply)) Reply(origin, session, sequence, reply.Span);
            return true;
        }

        var expected = known ? Math.Max(last + 1, message.LowestOutstanding) : message.LowestOutstanding;
        if (sequence > expected) return true;
        if (!EntryCodec.TryRead(entry, ref _ranges, out var header, out var args) || header.Kind != EntryKind.Command) return false;
        _lastAccepted[session] = sequence;
        var length = EntryCodec.WriteSessionCommand(
            ref _entry, group.Stamp(now), header.Database, header.Protocol, session, sequence, message.LowestOutstanding, args);
        var id = group.Requests.Add(RequestOwner.Peer, null, sequence, origin, session);
        group.Propose(id, _entry.AsSpan(0, length), now);
        if (!group.Requests.TryPeek(id, out _) && !group.Machine.TryGetSessionReply(session, sequence, out _))
        {
            // Refused on the spot: as if it had never come. The origin asks again, and what follows it waits, in order.
            if (known) _lastAccepted[session] = last;
            else _lastAccepted.Remove(session);
        }

        return true;
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
