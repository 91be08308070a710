using Quorate.Replication;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// What this node remembers of those who forward to it, in whatever terms it led: which writes it may have put into its log, and
/// which it has refused for certain. A copy of a refused write that comes late, when there are replicas enough again, must not
/// take effect: its client was told that it did not.
/// </summary>
internal sealed class ForwardOrigins
{
    private readonly Dictionary<NodeId, Origin> _origins = [];

    /// <summary>The write is answered at its origin, or was refused here: it is not to be executed.</summary>
    /// <param name="lowest">What the message that brought it says is the first without an answer.</param>
    public bool IsOver(NodeId node, long session, long sequence, long lowest)
    {
        var origin = Of(node, session);
        if (origin.Session != session) return true; // of an earlier life of that node
        if (lowest > origin.Lowest)
        {
            origin.Lowest = lowest;
            while (origin.Refused.Count > 0 && origin.Refused.Min < lowest) origin.Refused.Remove(origin.Refused.Min);
        }

        return sequence < origin.Lowest || origin.Refused.Contains(sequence);
    }

    public void OnOrdered(NodeId node, long session, long sequence)
    {
        var origin = Of(node, session);
        if (origin.Session == session && sequence > origin.Ordered) origin.Ordered = sequence;
    }

    public bool WasOrdered(NodeId node, long session, long sequence)
    {
        var origin = Of(node, session);
        return origin.Session == session && sequence <= origin.Ordered;
    }

    public void OnRefused(NodeId node, long session, long sequence)
    {
        var origin = Of(node, session);
        if (origin.Session == session && sequence >= origin.Lowest) origin.Refused.Add(sequence);
    }

    /// <summary>The newest life of the node: sessions grow with its incarnations.</summary>
    private Origin Of(NodeId node, long session)
    {
        if (_origins.TryGetValue(node, out var origin) && origin.Session >= session) return origin;
        return _origins[node] = new Origin { Session = session };
    }

    private sealed class Origin
    {
        public long Session { get; init; }

        /// <summary>The greatest that went into the log here.</summary>
        public long Ordered { get; set; }

        /// <summary>The origin waits for no answer to those before it.</summary>
        public long Lowest { get; set; }

        /// <summary>From <see cref="Lowest"/> on: no more than the origin has outstanding.</summary>
        public SortedSet<long> Refused { get; } = [];
    }
}
