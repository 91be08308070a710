using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>
/// The nodes of the cluster, its keyspaces, and which nodes hold them. The contents of <see cref="ControlMachine"/>;
/// only applied entries change it. Lists are in ascending order of id. Not thread-safe.
/// </summary>
public sealed class ClusterMap
{
    private readonly SortedList<int, NodeEntry> _nodes = [];
    private readonly SortedList<int, KeyspaceEntry> _keyspaces = [];
    private readonly SortedList<int, GroupEntry> _groups = [];
    private readonly Dictionary<string, int> _keyspaceOfName = new(StringComparer.Ordinal);

    /// <summary>Counts the changes; two maps of one cluster with the same version are equal.</summary>
    public long Version { get; internal set; }

    /// <summary>False on a node that has just been started and has not heard yet what was decided.</summary>
    public bool IsKnown => _nodes.Count > 0;

    public IList<NodeEntry> Nodes => _nodes.Values;

    public IList<KeyspaceEntry> Keyspaces => _keyspaces.Values;

    public IList<GroupEntry> Groups => _groups.Values;

    /// <summary>The policy of a keyspace that is created without words.</summary>
    public Policy DefaultPolicy { get; internal set; } = PolicyDefaults.Usual();

    /// <summary>The greatest id a group has had; ids are never used again.</summary>
    internal int LastGroup { get; set; } = ControlMachine.LastReservedGroup;

    internal int LastKeyspace { get; set; } = ControlLimits.Databases;

    /// <summary>Nodes with ids up to this that the map does not know were removed long ago.</summary>
    internal int RemovedUpTo { get; set; }

    /// <summary>Unknown nodes with ids up to this were removed.</summary>
    public int LastForgotten => RemovedUpTo;

    public NodeEntry? Node(NodeId id) => _nodes.GetValueOrDefault(id.Value);

    public KeyspaceEntry? Keyspace(int id) => _keyspaces.GetValueOrDefault(id);

    public KeyspaceEntry? Keyspace(string name) => _keyspaceOfName.TryGetValue(name, out var id) ? _keyspaces[id] : null;

    /// <summary>The keyspace that SELECT with this number chooses; null when it was dropped.</summary>
    public KeyspaceEntry? KeyspaceOfDatabase(int database)
    {
        foreach (var keyspace in _keyspaces.Values)
            if (keyspace.Database == database) return keyspace;
        return null;
    }

    public GroupEntry? Group(GroupId id) => _groups.GetValueOrDefault(id.Value);

    /// <summary>True when there was such a group. A map that lags behind does not know yet of the newest ones.</summary>
    public bool WasDropped(GroupId id) => id.Value <= LastGroup && Group(id) is null;

    /// <summary>The keyspaces that a group holds, for people: <c>cache</c>, or <c>0..15</c> of several the first and the
    /// last.</summary>
    public string NamesOf(GroupId group)
    {
        var held = _keyspaces.Values.Where(k => k.Groups.Contains(group)).ToList();
        return held switch
        {
            [] => "none",
            [var only] => only.Name,
            _ => $"{held[0].Name}..{held[^1].Name}",
        };
    }

    /// <summary>True when the node may hold replicas now or has them still.</summary>
    public bool IsMember(NodeId id) => Node(id) is { State: not NodeState.Removed };

    /// <summary>Replicas that each node holds, for <see cref="ReplicaPlacement"/>.</summary>
    public int ReplicasOn(NodeId node)
    {
        var count = 0;
        foreach (var group in _groups.Values)
            if (group.Configuration.Contains(node)) count++;
        return count;
    }

    internal void Put(NodeEntry node) => _nodes[node.Id.Value] = node;

    internal void Forget(NodeId node) => _nodes.Remove(node.Value);

    internal void Put(KeyspaceEntry keyspace)
    {
        if (_keyspaces.GetValueOrDefault(keyspace.Id) is { } before) _keyspaceOfName.Remove(before.Name);
        _keyspaces[keyspace.Id] = keyspace;
        _keyspaceOfName[keyspace.Name] = keyspace.Id;
    }

    internal void Drop(KeyspaceEntry keyspace)
    {
        _keyspaces.Remove(keyspace.Id);
        _keyspaceOfName.Remove(keyspace.Name);
    }

    internal void Put(GroupEntry group) => _groups[group.Id.Value] = group;

    internal void Drop(GroupId group) => _groups.Remove(group.Value);

    /// <summary>The map of a cluster in which nothing was decided: sixteen numbered keyspaces in one raft group.</summary>
    internal static ClusterMap First()
    {
        var map = new ClusterMap();
        var policy = PolicyDefaults.Usual();
        for (var i = 0; i < ControlLimits.Databases; i++)
            map.Put(new KeyspaceEntry(
                i + 1, i.ToString(System.Globalization.CultureInfo.InvariantCulture), i, policy, [ControlMachine.DefaultGroup]));
        map.Put(FirstGroup(ControlMachine.DefaultGroup, 1, policy));
        map.Put(FirstGroup(ControlMachine.ControlGroup, 0, policy));
        return map;
    }

    private static GroupEntry FirstGroup(GroupId id, int keyspace, Policy policy) =>
        new(id, keyspace, policy, new GroupConfiguration(default, default, [], []), [], [], HoldersRule.HoldersOf(policy));
}
