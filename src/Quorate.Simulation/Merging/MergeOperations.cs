using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.Leaderless;

namespace Quorate.Simulation.Merging;

/// <summary>What the operator does to a keyspace whose data merges, and where its replicas are.</summary>
internal sealed class MergeOperations
{
    private readonly SimCluster _cluster;
    private readonly KeyspaceWatch _watch;
    private readonly SimOperator _operator;
    private readonly MergePlan _plan;

    public MergeOperations(SimCluster cluster, KeyspaceWatch watch, SimOperator @operator, MergePlan plan)
    {
        (_cluster, _watch, _operator, _plan) = (cluster, watch, @operator, plan);
        cluster.Operate = Strike;
        cluster.Prominent = _ => null;
        cluster.MayStop = MayStop;
    }

    public ClusterMap Map => _watch.Newest!;

    public GroupEntry? Entry => Map.Keyspace(MergePlan.Name) is { } keyspace ? Map.Group(keyspace.Groups.Single()) : null;

    /// <summary>The node's replica; null: it has none.</summary>
    public MergingGroup? ReplicaOn(SimNode node) => Entry is { } entry ? node.Node?.Find(entry.Id) as MergingGroup : null;

    /// <summary>The contents that the node's replica holds now.</summary>
    public IEnumerable<MergingMachine> MachinesOf(SimNode node) => ReplicaOn(node) switch
    {
        null => [],
        { Replica: LeaderlessReplica replica } =>
            replica.Partitions.Where(p => p is { IsHeld: true }).Select(p => ((ContentsWatch)p!.Machine).Machine),
        var group => group.Stores,
    };

    /// <summary>The operator takes back what would keep the cluster from coming to rest.</summary>
    public void Mend()
    {
        foreach (var node in _cluster.Nodes)
            if (Map.Node(node.Id) is { State: NodeState.Draining } entry)
                _operator.Ask($"NODE UNDRAIN {entry.Name}", insists: true);
    }

    private void Strike(FaultKind kind, Prng prng)
    {
        var node = 1 + prng.Below(_cluster.Nodes.Count);
        _cluster.World.Faults.Add(kind);
        switch (kind)
        {
            case FaultKind.NodeDrained:
                _operator.Ask($"NODE DRAIN node{node}", insists: false);
                break;
            case FaultKind.NodeUndrained:
                _operator.Ask($"NODE UNDRAIN node{node}", insists: false);
                break;
            default:
                throw new InvalidOperationException($"{kind} is nothing that an operator does");
        }
    }

    /// <summary>Of what is kept in memory only, as many replicas may stop at once as the guarantee says; one that is empty since
    /// it stopped counts among them until it is filled again.</summary>
    private bool MayStop(SimNode node)
    {
        if (_plan.IsMultiLeader || _plan.Policy.Durability != Durability.Memory || Entry is not { } entry) return true;
        var lacking = entry.Configuration.Members.Count(n =>
            n == node.Id || ReplicaOn(_cluster.Nodes[n.Value - 1]) is not { Configured.Report.NeedsState: false });
        return lacking <= _plan.Guarantee.NodesLost;
    }
}
