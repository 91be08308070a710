using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// Who is suspected to be dead and who is slow, from the rhythm of heartbeats: φ accrual [Hayashibara], with patience for
/// the watcher's own pauses and growing distrust of nodes that flap. Suspicion is a guess, in floating point: it decides
/// when something is attempted, never whether it is safe. Bounded by the nodes of the map. Fed with nanoseconds of the
/// watcher's clock.
/// </summary>
public sealed class FailureDetector(ControlOptions options)
{
    private readonly SortedList<int, NodeHealth> _nodes = [];
    private long _lastTick;

    /// <summary>Begins anew: every node has its first heartbeat before it.</summary>
    public void Begin(long now)
    {
        _nodes.Clear();
        _lastTick = now;
    }

    /// <summary>A heartbeat arrived, with the longest time a write has waited or waits for the node's disk.</summary>
    public void OnHeartbeat(NodeId node, int stallMilliseconds, long now) => Of(node, now).OnHeartbeat(stallMilliseconds, now);

    /// <summary>Time passed; <paramref name="known"/> are the nodes that heartbeats are expected of.</summary>
    /// <returns>True: one of them became suspected or slow since the last tick, or is so no more.</returns>
    public bool OnTick(IEnumerable<NodeId> known, long now)
    {
        ArgumentNullException.ThrowIfNull(known);
        // If this process slept, the heartbeats of that time may lie unread: nobody is to blame for it.
        var own = now - _lastTick - options.Nanoseconds(5 * IReplica.TickLength);
        _lastTick = now;
        var isNews = false;
        foreach (var node in known)
        {
            var health = Of(node, now);
            if (own > 0) health.Forgive(own, now);
            health.OnTick(now);
            isNews |= health.TakeNews();
        }

        return isNews;
    }

    public void Forget(NodeId node) => _nodes.Remove(node.Value);

    public bool IsSuspected(NodeId node) => _nodes.TryGetValue(node.Value, out var health) && health.IsSuspected;

    /// <summary>True when it was heard since <see cref="Begin"/>.</summary>
    public bool WasHeard(NodeId node) => _nodes.TryGetValue(node.Value, out var health) && health.WasHeard;

    /// <summary>True when it has been suspected for so long.</summary>
    public bool IsDeadFor(NodeId node, int milliseconds, long now) =>
        _nodes.TryGetValue(node.Value, out var health)
            && health.IsSuspected && now - health.SuspectedSince >= options.Nanoseconds(milliseconds);

    /// <summary>Its disk makes writes wait: it should lead nothing.</summary>
    public bool IsSlow(NodeId node) => _nodes.TryGetValue(node.Value, out var health) && health.IsSlow;

    /// <summary>For status pages and tests.</summary>
    public double Phi(NodeId node, long now) => _nodes.TryGetValue(node.Value, out var health) ? health.Phi(now) : 0;

    private NodeHealth Of(NodeId node, long now)
    {
        if (!_nodes.TryGetValue(node.Value, out var health)) _nodes.Add(node.Value, health = new NodeHealth(options, now));
        return health;
    }
}
