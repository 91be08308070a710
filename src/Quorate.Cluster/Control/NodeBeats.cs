using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>The newest heartbeat of one node.</summary>
internal sealed class NodeBeats
{
    private readonly Dictionary<GroupId, GroupBeat> _groups = [];
    private long _incarnation = long.MinValue;
    private long _sentAt = long.MinValue;

    /// <summary>False: it is older than what was heard already, and says nothing.</summary>
    public bool TryTake(Heartbeat heartbeat)
    {
        if (heartbeat.Incarnation < _incarnation) return false;
        if (heartbeat.Incarnation == _incarnation && heartbeat.SentAt <= _sentAt) return false;
        (_incarnation, _sentAt) = (heartbeat.Incarnation, heartbeat.SentAt);
        _groups.Clear();
        foreach (var group in heartbeat.Groups) _groups[group.Group] = group;
        return true;
    }

    public GroupBeat? Of(GroupId group) => _groups.GetValueOrDefault(group);
}
