using Quorate.Cluster.Commands;
using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>Which group a session's commands go to, and, for groups of which this node has no replica, to which node.</summary>
internal sealed class Routing(Node node)
{
    private readonly Dictionary<int, NodeId> _elsewhere = [];

    /// <summary>Counts the changes of who holds what: sessions then look for their way again.</summary>
    public long Version { get; private set; }

    /// <summary>Where one goes who has selected nothing that is there.</summary>
    public Group First => node.Default;

    public void OnMapChanged()
    {
        Version++;
        if (node.Control is not { Map: var map }) return;
        foreach (var group in node.Groups.OfType<Group>().Where(g => g.IsAbsent && map.WasDropped(g.Id)).ToList()) Forget(group.Id);
        node.Lost.OnMapChanged(map);
        node.Host.OnMembersChanged();

        // Altered reads need no new epoch: every node answers by the newest policy that it knows.
        foreach (var keyspace in map.Keyspaces)
        {
            foreach (var id in keyspace.Groups)
            {
                if (node.Find(id) is not Group { Policy: { } policy } group || policy.Reads == keyspace.Policy.Reads) continue;
                group.Policy = policy with { Reads = keyspace.Policy.Reads, BoundMilliseconds = keyspace.Policy.BoundMilliseconds };
            }
        }
    }

    /// <summary>This node's replica is no more. As long as there are others, what was forwarded to them goes on.</summary>
    public void OnReplicaGone(GroupId id)
    {
        var before = node.Find(id) as Group;
        Forget(id);
        if (node.Control?.Map.Group(id) is not null) StandIn(id, before);
    }

    /// <summary>Null when the session's keyspace is no more.</summary>
    /// <param name="database">The number within that group.</param>
    public Group? Of(SessionState session, out int database)
    {
        database = session.Database;
        if (node.Control is not { } control) return First;
        if (!control.Map.IsKnown) return session is { Keyspace: null, Database: 0 } ? First : null;
        var keyspace = session.Keyspace is { } name ? control.Map.Keyspace(name) : control.Map.KeyspaceOfDatabase(session.Database);
        if (keyspace is null) return null;
        var id = keyspace.Groups[0];
        if (id != Node.DefaultGroup) database = 0;
        return GroupOf(id);
    }

    /// <summary>What reads of the session's keyspace may return when nobody says otherwise.</summary>
    public ReadRule RuleOf(SessionState session)
    {
        if (node.Control is not { Map: { IsKnown: true } map }) return default;
        var keyspace = session.Keyspace is { } name ? map.Keyspace(name) : map.KeyspaceOfDatabase(session.Database);
        if (keyspace is null) return default;
        var rule = ReadRule.Of(keyspace.Policy);
        // A delayed replica is read by who says so, not by a keyspace's clients that happen to come here.
        var isDelayed = rule.Consistency == ReadConsistency.Weak && node.Find(keyspace.Groups[0]) is Group { Gate.IsDelayed: true };
        return isDelayed ? new ReadRule(ReadConsistency.Eventual) : rule;
    }

    /// <summary>The node holds no replica of a group that the other does.</summary>
    public bool IsOutsider(GroupId group, NodeId other) =>
        node.Control?.Map.Group(group) is { } entry && !entry.Configuration.Contains(other);

    /// <summary>Who leads a raft group that is not here, if one of its members has said so.</summary>
    public NodeId ToldLeader(GroupId group) => _elsewhere.GetValueOrDefault(group.Value);

    /// <summary>A member says who leads.</summary>
    public void OnRedirect(Group group, NodeId from, NodeId leader, StepTime now)
    {
        if (leader == from || leader == node.Options.Self) return;
        _elsewhere[group.Id.Value] = leader;
        group.AfterStep(now);
    }

    /// <summary>Whoever was asked does not answer: the next of the group's members.</summary>
    public void OnSilence(Group group, StepTime now)
    {
        if (node.Control?.Map.Group(group.Id) is not { IsConfigured: false } entry) return;
        var members = entry.Configuration.InSync;
        var at = members.ToList().IndexOf(LeaderElsewhere(group.Id));
        _elsewhere[group.Id.Value] = members[(at + 1) % members.Count];
        group.AfterStep(now);
    }

    /// <summary>The group on this node, or what stands for it here.</summary>
    private Group GroupOf(GroupId id)
    {
        return node.Find(id) as Group ?? StandIn(id, null);
    }

    /// <summary>Everything for the group goes to those that have it.</summary>
    public Group StandIn(GroupId id, Group? before)
    {
        var absent = new Group(id, node, node.Keyspace, _ => new AbsentReplica(() => LeaderElsewhere(id)), before, node.Control?.Map.Group(id)?.Policy);
        node.AddGroup(absent);
        return absent;
    }

    private void Forget(GroupId id)
    {
        node.RemoveGroup(id);
        _elsewhere.Remove(id.Value);
    }

    private NodeId LeaderElsewhere(GroupId id)
    {
        if (node.Control?.Map.Group(id) is not { } group) return NodeId.None;
        if (group.IsConfigured) return group.Configuration.Leader;
        var members = group.Configuration.InSync;
        if (_elsewhere.TryGetValue(id.Value, out var told) && members.Contains(told)) return told;
        return members.Count > 0 ? members[0] : NodeId.None;
    }
}
