using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>What one node has told by its heartbeats, up to the newest.</summary>
internal sealed class NodeBeats
{
    /// <summary>All groups are looked at once in so many heartbeats.</summary>
    private const int SeldomBeats = 30;

    private readonly Dictionary<GroupId, GroupBeat> _groups = [];
    private long _looks;
    private long _lookedAtMap = -1;

    /// <summary>The newest; null before the first.</summary>
    public Heartbeat? Last { get; private set; }

    /// <summary>All groups of which the node has a replica.</summary>
    public IReadOnlyCollection<GroupBeat> Groups => _groups.Values;

    /// <summary>True: it is older than what was heard already, and says nothing.</summary>
    public bool IsOld(Heartbeat heartbeat) =>
        Last is { } last
            && (heartbeat.Incarnation < last.Incarnation
                || (heartbeat.Incarnation == last.Incarnation && heartbeat.SentAt <= last.SentAt));

    /// <summary>Takes a heartbeat that is not old. What it is based on is a state at or before the last that was heard, and it
    /// tells of all that has changed since: it fits whatever was lost in between.</summary>
    /// <returns>False: what it is based on was never heard.</returns>
    public bool TryTake(Heartbeat heartbeat)
    {
        if (heartbeat.BasedOn == 0) _groups.Clear();
        else if (Last is not { } last || last.Incarnation != heartbeat.Incarnation || last.SentAt < heartbeat.BasedOn)
            return false;
        Last = heartbeat;
        foreach (var group in heartbeat.Gone) _groups.Remove(group);
        foreach (var group in heartbeat.Groups) _groups[group.Group] = group;
        return true;
    }

    public GroupBeat? Of(GroupId group) => _groups.GetValueOrDefault(group);

    /// <summary>Whether this answer is to be about groups too that elect for themselves and of which there is no news: after a
    /// change of the map, else now and then. There may be a thousand of them.</summary>
    public bool IsTimeForAll(ClusterMap map)
    {
        var isTime = _looks++ % SeldomBeats == 0 || _lookedAtMap != map.Version || Last!.BasedOn == 0 || Last.Gone.Count > 0;
        _lookedAtMap = map.Version;
        return isTime;
    }
}
