using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Keyspaces;

/// <summary>What the operator does to the keyspaces of a run, and which nodes the faults strike first.</summary>
internal sealed class KeyspaceOperations
{
    private readonly SimCluster _cluster;
    private readonly KeyspaceWatch _watch;
    private readonly SimOperator _operator;
    private readonly IReadOnlyList<KeyspacePlan> _plans;
    private readonly HashSet<string> _altered = new(StringComparer.Ordinal);

    public KeyspaceOperations(SimCluster cluster, KeyspaceWatch watch, SimOperator @operator, IReadOnlyList<KeyspacePlan> plans)
    {
        (_cluster, _watch, _operator, _plans) = (cluster, watch, @operator, plans);
        cluster.Operate = Strike;
        cluster.Prominent = Prominent;
        cluster.MayStop = MayStop;
    }

    public bool HasAltered(KeyspacePlan plan) => _altered.Contains(plan.Name);

    public void Create(KeyspacePlan plan)
    {
        _cluster.World.Faults.Add(FaultKind.KeyspaceCreated);
        _operator.Ask($"KEYSPACE CREATE {plan.Name} {PolicyText.Print(plan.Policy)}", insists: true);
    }

    /// <summary>What is to happen to it while the faults strike.</summary>
    public void Schedule(KeyspacePlan plan)
    {
        if (plan.CreatedAfterMilliseconds > 0)
            _cluster.World.After(plan.CreatedAfterMilliseconds * World.Millisecond, () => Create(plan));
        if (plan.DroppedAfterMilliseconds == 0) return;
        _cluster.World.After(plan.DroppedAfterMilliseconds * World.Millisecond, () =>
        {
            _cluster.World.Faults.Add(FaultKind.KeyspaceDropped);
            _operator.Ask($"KEYSPACE DROP {plan.Name}", insists: true);
        });
    }

    /// <summary>The operator takes back what would keep the cluster from coming to rest.</summary>
    public void Mend()
    {
        foreach (var node in _cluster.Nodes)
            if (_watch.Newest!.Node(node.Id) is { State: NodeState.Draining } entry)
                _operator.Ask($"NODE UNDRAIN {entry.Name}", insists: true);
    }

    private void Strike(FaultKind kind, Prng prng)
    {
        var plan = _plans[prng.Below(_plans.Count)];
        switch (kind)
        {
            case FaultKind.FailoverAsked:
                Count(kind);
                _operator.Ask(
                    prng.Chance(500)
                        ? $"KEYSPACE FAILOVER {plan.Name}"
                        : $"KEYSPACE FAILOVER {plan.Name} TO node{1 + prng.Below(_cluster.Nodes.Count)}",
                    insists: false);
                break;
            case FaultKind.NodeDrained:
                Count(kind);
                _operator.Ask($"NODE DRAIN node{1 + prng.Below(_cluster.Nodes.Count)}", insists: false);
                break;
            case FaultKind.NodeUndrained:
                Count(kind);
                _operator.Ask($"NODE UNDRAIN node{1 + prng.Below(_cluster.Nodes.Count)}", insists: false);
                break;
            case FaultKind.ReadsAltered:
                if (!plan.IsConfigured || !_altered.Add(plan.Name)) return;
                Count(kind);
                _operator.Ask($"KEYSPACE ALTER {plan.Name} READS eventual", insists: false);
                break;
            default:
                throw new InvalidOperationException($"{kind} is nothing that an operator does");
        }
    }

    private void Count(FaultKind kind) => _cluster.World.Faults.Add(kind);

    /// <summary>The control leader, the node that orders a keyspace's writes, or the end of a chain.</summary>
    private SimNode? Prominent(Prng prng)
    {
        var choice = prng.Below(_plans.Count + 1);
        if (choice == _plans.Count) return _cluster.Nodes.FirstOrDefault(n => n.Node?.Control?.Replica.IsLeader == true);
        if (_watch.Newest is not { } map || map.Keyspace(_plans[choice].Name) is not { } keyspace) return null;
        var groups = keyspace.Groups;
        if (map.Group(groups.Count == 1 ? groups.Single() : groups[prng.Below(groups.Count)]) is not { } group) return null;
        if (!group.IsConfigured) return _cluster.Nodes.FirstOrDefault(n => n.Node?.Find(group.Id)?.Replica.IsLeader == true);
        var inSync = group.Configuration.InSync;
        var node = group.Policy.Strategy == Strategy.Chain && prng.Chance(500)
            ? inSync[prng.Below(inSync.Count)] : group.Configuration.Leader;
        return node.IsNone ? null : _cluster.Nodes[node.Value - 1];
    }

    /// <summary>Of what is kept in memory only, as many replicas may stop at once as the guarantee says: one that is empty
    /// since it stopped counts among them until it is filled again.</summary>
    private bool MayStop(SimNode node)
    {
        foreach (var plan in _plans)
        {
            if (plan.Policy.Durability != Durability.Memory || _watch.Newest?.Keyspace(plan.Name) is not { } keyspace) continue;
            foreach (var group in keyspace.Groups.Select(_watch.Newest.Group).OfType<GroupEntry>())
            {
                var holders = plan.Policy.IsMerging
                    ? group.Configuration.Members : group.Counted.Union(group.Configuration.InSync);
                var gone = holders.Count(n => n == node.Id || IsEmpty(_cluster.Nodes[n.Value - 1], group.Id));
                if (gone > (plan.MayVanish ? 1 : plan.Guarantee.NodesLost)) return false;
            }
        }

        return true;
    }

    private static bool IsEmpty(SimNode node, GroupId id) =>
        node.Node?.Find(id) is not { Configured: { } replica } || replica.Report.NeedsState;
}
