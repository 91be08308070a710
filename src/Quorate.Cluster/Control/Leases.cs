using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// The control leader's book of who may still act. A lease runs on the node's clock from the moment the node sent the
/// heartbeat that the grant answers; here it is counted from when that heartbeat was received, which is later, and
/// longer by the allowed drift, so that it is over there whenever it is over here:
/// <list type="number">
/// <item>The node sends at real time s; the heartbeat arrives at r ≥ s.</item>
/// <item>The node stops when its clock has advanced by L since s: in real time not later than s + L · (1 + ρ′).</item>
/// <item>Here the clock must advance by L · (1 + ρ) since r, where ρ covers both clocks' deviation: not earlier than that.</item>
/// </list>
/// A new control leader has no book. Whatever its predecessors granted was granted before it was elected (a grant needs
/// the control group's own lease), so after one full lease nothing of that runs.
/// </summary>
public sealed class Leases(ControlOptions options)
{
    private readonly Dictionary<(GroupId Group, NodeId Node), (Epoch Epoch, long Until)> _granted = [];
    private readonly List<(GroupId, NodeId)> _over = [];
    private long _unknownUntil;

    /// <summary>This node begins to lead the control group, at nanoseconds of its clock.</summary>
    /// <param name="waits">False is a mistake that only tests make.</param>
    public void Begin(long now, bool waits = true)
    {
        _granted.Clear();
        _unknownUntil = waits ? now + options.LeaseUntilCertainlyOver : now;
    }

    /// <summary>A grant is about to answer a heartbeat received at <paramref name="received"/>.</summary>
    public void Grant(GroupId group, NodeId node, Epoch epoch, long received)
    {
        var known = _granted.GetValueOrDefault((group, node));
        Invariant.Require(known.Epoch <= epoch, "a lease of an older epoch is never extended");
        _granted[(group, node)] = (epoch, Math.Max(known.Until, received + options.LeaseUntilCertainlyOver));
    }

    /// <summary>True while the node may believe in a lease of any epoch of the group. Its own word that it follows a
    /// newer epoch is better, and is the caller's to look at.</summary>
    public bool MayStillAct(GroupId group, NodeId node, long now) =>
        now < _unknownUntil || (_granted.TryGetValue((group, node), out var lease) && now < lease.Until);

    /// <summary>Nodes whose grants of this group still run.</summary>
    public IEnumerable<NodeId> Holders(GroupId group, long now)
    {
        foreach (var (key, lease) in _granted)
            if (key.Group == group && now < lease.Until) yield return key.Node;
    }

    /// <summary>Drops what has run out.</summary>
    public void Prune(long now)
    {
        foreach (var (key, lease) in _granted)
            if (now >= lease.Until) _over.Add(key);
        foreach (var key in _over) _granted.Remove(key);
        _over.Clear();
    }

    /// <summary>On the node: until when, by its own clock, the grants of this answer run.</summary>
    public static long UntilOnNode(HeartbeatReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return reply.SentAt + (reply.LeaseMilliseconds * StepTime.NanosecondsPerMillisecond);
    }
}
