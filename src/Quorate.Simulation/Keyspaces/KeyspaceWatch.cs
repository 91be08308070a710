using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Keyspaces;

/// <summary>Looks at all keyspaces of a node after every step: at its map, and at the replicas that it holds.</summary>
internal sealed class KeyspaceWatch(SimCluster cluster, IReadOnlyList<KeyspacePlan> plans)
{
    private readonly SortedDictionary<int, ReplicaWatch> _groups = [];
    private readonly Dictionary<long, string> _maps = [];
    private readonly Dictionary<NodeId, (long Life, long Version)> _versions = [];
    private readonly ClusterInvariants _control = new(n => n.Control?.Replica as RaftReplica);
    private readonly SortedDictionary<int, ClusterInvariants> _rafts = [];

    public ClusterMap? Newest { get; private set; }

    public long Failovers => _groups.Values.Sum(g => g.Failovers);

    public long Compared =>
        _groups.Values.Sum(g => g.Compared) + _control.EntriesCompared + _rafts.Values.Sum(r => r.EntriesCompared);

    public long Elections => _control.Elections + _rafts.Values.Sum(r => r.Elections);

    public (long Listed, long Unlisted) LossesOf(GroupId group) =>
        _groups.TryGetValue(group.Value, out var watch) ? watch.Losses : default;

    public void Check(SimNode node)
    {
        if (node.Node is not { Control: { } control } running) return;
        CheckMap(node, control.Map);
        _control.Check(node);
        foreach (var (id, watch) in _groups) watch.Check(node, running.Find(new GroupId(id)));
        foreach (var raft in _rafts.Values) raft.Check(node);
    }

    /// <summary>Maps of one version are equal, and a node's own never goes back while it runs.</summary>
    private void CheckMap(SimNode node, ClusterMap map)
    {
        var (life, version) = _versions.GetValueOrDefault(node.Id);
        if (life == node.Life && version == map.Version) return;
        if (life == node.Life && version > map.Version)
            throw new EpochOrderFailure($"{node.Id} goes back from map {version} to {map.Version}");
        _versions[node.Id] = (node.Life, map.Version);
        var text = Print(map);
        if (!_maps.TryAdd(map.Version, text) && _maps[map.Version] != text)
            throw new StateMachineSafetyFailure(
                $"{node.Id} has another map {map.Version}:\n{text}\nthan a node before it:\n{_maps[map.Version]}");
        if (Newest is null || map.Version >= Newest.Version) Newest = map;
        foreach (var plan in plans)
        {
            if (map.Keyspace(plan.Name) is not { } keyspace) continue;
            foreach (var group in keyspace.Groups)
            {
                if (plan.IsConfigured) _groups.TryAdd(group.Value, new ReplicaWatch(cluster, group, plan));
                else if (!_rafts.ContainsKey(group.Value))
                    _rafts.Add(group.Value, new ClusterInvariants(n => n.Find(group)?.Replica as RaftReplica));
            }
        }
    }

    private static string Print(ClusterMap map) => string.Join('\n',
        map.Nodes.Select(n => $"{n.Id} {n.Name} {n.State}")
            .Concat(map.Keyspaces
                .Where(k => k.Database < 0).Select(k => $"{k.Name} {Replication.Policies.PolicyText.Print(k.Policy)}"))
            .Concat(map.Groups.Select(g =>
                $"{g.Id} {g.Configuration} complete [{string.Join(' ', g.Complete)}] counted [{string.Join(' ', g.Counted)}] "
                    + $"{g.FewestHolders}")));
}
