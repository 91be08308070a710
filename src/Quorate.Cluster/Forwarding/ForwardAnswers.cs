using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Forwarding;

/// <summary>Replies to commands that other nodes forwarded, gathered until the turn ends.</summary>
internal sealed class ForwardAnswers(NodeId self)
{
    private readonly List<Pending> _replies = []; // by origin, ascending: walked at the end of every turn
    private IForwardingGroup _group = null!;

    /// <summary>The object that stands for the group on this node now.</summary>
    public void MoveTo(IForwardingGroup group) => _group = group;

    public void Reply(NodeId origin, long session, long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply)
    {
        var pending = RepliesTo(origin);
        if (pending.Session != session)
        {
            pending.Bytes.Clear(); // an earlier life of that node, whose clients are gone
            pending.Session = session;
        }

        ForwardReplies.Add(pending.Bytes, sequence, point, reply);
        _group.Hosting.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        foreach (var pending in _replies)
        {
            if (pending.Bytes.Length == 0) continue;
            var message = new ForwardReplies { Session = pending.Session, Replies = pending.Bytes.Memory };
            if (pending.Origin == self) _group.OnForwardReplies(message, now);
            else _group.Hosting.Send(pending.Origin, message);
            pending.Bytes.Clear();
        }
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
