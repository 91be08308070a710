using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>The newest heartbeat of one node.</summary>
internal sealed class NodeBeats
{
    private readonly Dictionary<GroupId, GroupBeat> _groups = [];

    /// <summary>The whole of it; null before the first.</summary>
    public Heartbeat? Last { get; private set; }

    /// <summary>False: it is older than what was heard already, and says nothing.</summary>
    public bool TryTake(Heartbeat heartbeat)
    {
        if (Last is { } last && (heartbeat.Incarnation < last.Incarnation || (heartbeat.Incarnation == last.Incarnation && heartbeat.SentAt <= last.SentAt))) return false;
        Last = heartbeat;
        _groups.Clear();
        foreach (var group in heartbeat.Groups) _groups[group.Group] = group;
        return true;
    }

    public GroupBeat? Of(GroupId group) => _groups.GetValueOrDefault(group);
}
