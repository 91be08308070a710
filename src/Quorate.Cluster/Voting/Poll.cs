using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Replication.Voting;

namespace Quorate.Cluster.Voting;

/// <summary>One question that an entry of the log puts to every replica, and the answers so far.</summary>
internal sealed class Poll(long number, int voters)
{
    private readonly List<(ulong Value, byte[] Reply)> _replies = [];
    private readonly List<NodeId> _told = [];

    public long Number => number;

    public MajorityGate Gate { get; } = new(voters);

    /// <summary>Of the entry that asks; none once this node's own machine has executed it.</summary>
    public RequestId Request { get; set; }

    /// <summary>Nanoseconds of this node's clock after which the poll waits for no replica.</summary>
    public long DueAt { get; init; }

    /// <summary>Null for a read.</summary>
    public StateRange? Range { get; init; }

    /// <summary>Of a read: the asker that gets the reply; none when it has gone.</summary>
    public PendingRequest Asker { get; set; }

    /// <summary>Of a read: the command, as an entry, to ask again for whole replies.</summary>
    public byte[] Command { get; init; } = [];

    public bool IsWhole { get; init; }

    public bool IsAnswered => Asker.Owner == RequestOwner.None;

    public void Keep(ulong value, ReadOnlySpan<byte> reply)
    {
        foreach (var kept in _replies)
            if (kept.Value == value) return;
        _replies.Add((value, reply.ToArray()));
    }

    public bool TryGetReply(ulong value, out byte[] reply)
    {
        foreach (var kept in _replies)
        {
            if (kept.Value != value) continue;
            reply = kept.Reply;
            return true;
        }

        reply = [];
        return false;
    }

    /// <summary>A replica that the majority contradicts and of which the control leader has not been told yet.</summary>
    public bool TryTakeDissenter(IEnumerable<NodeId> voters, out NodeId dissenter)
    {
        foreach (var node in voters)
        {
            if (!Gate.IsDissenter(node) || _told.Contains(node)) continue;
            _told.Add(node);
            dissenter = node;
            return true;
        }

        dissenter = default;
        return false;
    }
}
