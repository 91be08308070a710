using System.Text;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>What commands about nodes do to the map. Each answers why not, or null and the change.</summary>
internal static class NodeChanges
{
    public static string? Find(ClusterMap map, Bootstrap command, out Action? change)
    {
        change = null;
        if (map.Nodes.Count > 0 || map.RemovedUpTo > 0) return "the cluster has nodes already";
        if (command.Nodes.Count is 0 or > PolicyCheck.MostReplicas)
            return $"a cluster begins with 1 to {PolicyCheck.MostReplicas} nodes";
        if (command.Nodes.DistinctBy(n => n.Id).Count() < command.Nodes.Count
            || command.Nodes.DistinctBy(n => n.Name).Count() < command.Nodes.Count)
            return "each node has its own id and its own name";
        foreach (var node in command.Nodes)
            if (TextProblem(node.Name, node.PeerAddress, node.ClientAddress, node.HttpAddress, node.Labels) is { } problem)
                return problem;
        change = () =>
        {
            NodeId[] ids = [.. command.Nodes.Select(n => n.Id).Order()];
            var policy = PolicyDefaults.Usual(ids.Length);
            var first = new GroupConfiguration(new Epoch(1), default, ids, []);
            foreach (var node in command.Nodes) map.Put(node with { State = NodeState.Up });
            foreach (var id in (ReadOnlySpan<GroupId>)[ControlMachine.DefaultGroup, ControlMachine.ControlGroup])
                map.Put(HoldersRule.Settled(map.Group(id)! with { Policy = policy, Configuration = first }));
            foreach (var keyspace in map.Keyspaces.ToList()) map.Put(keyspace with { Policy = policy });
        };
        return null;
    }

    public static string? Find(ClusterMap map, AddNode command, out Action? change)
    {
        change = null;
        var known = map.Node(command.Id);
        if (command.Id.Value <= 0) return "a node's id is 1 or more";
        if (known is { State: NodeState.Removed } || (known is null && command.Id.Value <= map.RemovedUpTo))
            return $"{command.Id} was removed from the cluster; a node that comes back needs a new id and an empty folder";
        if (TextProblem(
            command.Name, command.PeerAddress, command.ClientAddress, command.HttpAddress, command.Labels) is { } problem)
            return problem;
        if (map.Nodes.Any(n => n.Id != command.Id && n.State != NodeState.Removed && n.Name == command.Name))
            return $"another node is called '{command.Name}'";
        if (known is null && map.Nodes.Count(n => n.State != NodeState.Removed) >= ControlLimits.MostNodes)
            return $"a cluster has at most {ControlLimits.MostNodes} nodes";
        change = () => map.Put(new NodeEntry(
            command.Id,
            command.Name, command.PeerAddress, command.ClientAddress, command.HttpAddress, command.Labels, known?.State
                ?? NodeState.Joining));
        return null;
    }

    /// <summary>The greatest id there ever was is in the map, or is the last that the map has forgotten.</summary>
    public static string? Find(ClusterMap map, JoinNode command, out Action? change)
    {
        change = null;
        if (!map.IsKnown) return "the cluster has no nodes yet";
        if (TextProblem(
            command.Name, command.PeerAddress, command.ClientAddress, command.HttpAddress, command.Labels) is { } problem)
            return problem;
        if (command.PeerAddress.Length == 0) return "a node that joins says where the others reach it";
        var same = map.Nodes.FirstOrDefault(n => n.State != NodeState.Removed && n.Name == command.Name);
        if (same is not null && (same.State != NodeState.Joining || same.PeerAddress != command.PeerAddress))
            return $"there is a node '{command.Name}' already, at {same.PeerAddress}; if it has lost its folder, drain and "
                + $"remove it first, and it joins as another";
        if (map.Nodes.FirstOrDefault(n => n.State != NodeState.Removed
            && n.Name != command.Name && n.PeerAddress == command.PeerAddress) is { } there)
            return $"the other nodes reach '{there.Name}' at {command.PeerAddress}: each has an address of its own";
        if (same is null && map.Nodes.Count(n => n.State != NodeState.Removed) >= ControlLimits.MostJoinedNodes)
            return $"a cluster has at most {ControlLimits.MostJoinedNodes} nodes";
        var id = same?.Id ?? new NodeId(Math.Max(map.RemovedUpTo, map.Nodes.Max(n => n.Id.Value)) + 1);
        change = () =>
            map.Put(new NodeEntry(
                id, command.Name, command.PeerAddress, command.ClientAddress, command.HttpAddress, command.Labels,
                NodeState.Joining));
        return null;
    }

    public static string? Find(ClusterMap map, SetLabels command, out Action? change)
    {
        change = null;
        if (!map.IsMember(command.Id)) return Unknown(command.Id);
        if (TextProblem("x", "", "", "", command.Labels) is { } problem) return problem;
        change = () => map.Put(map.Node(command.Id)! with { Labels = command.Labels });
        return null;
    }

    public static string? Find(ClusterMap map, AdmitNode command, out Action? change) =>
        SetState(map, command.Id, NodeState.Up, out change);

    public static string? Find(ClusterMap map, DrainNode command, out Action? change) =>
        SetState(map, command.Id, NodeState.Draining, out change);

    public static string? Find(ClusterMap map, RemoveNode command, out Action? change)
    {
        change = null;
        if (!map.IsMember(command.Id)) return Unknown(command.Id);
        var needed = map.Groups.Count(g => g.Needs(command.Id));
        if (needed > 0)
            return $"{command.Id} still holds {needed} replica{(needed == 1 ? "" : "s")} ({Held(map, command.Id)}): drain it "
                + $"and wait until they have moved";
        change = () =>
        {
            map.Put(map.Node(command.Id)! with { State = NodeState.Removed });
            var removed = map.Nodes.Where(n => n.State == NodeState.Removed).ToList();
            if (removed.Count <= ControlLimits.MostRemovedNodes) return;
            // Forget the lowest id, and refuse every unknown one up to it from now on.
            map.RemovedUpTo = Math.Max(map.RemovedUpTo, removed[0].Id.Value);
            map.Forget(removed[0].Id);
        };
        return null;
    }

    /// <summary>What still needs the node, the first few, for people.</summary>
    public static string Held(ClusterMap map, NodeId node)
    {
        const int MostNamed = 4;
        var names = map.Groups.Where(g => g.Needs(node))
            .Select(g => g.Id == ControlMachine.ControlGroup ? "the control group" : map.NamesOf(g.Id)).ToList();
        return string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? ", ..." : "");
    }

    private static string? SetState(ClusterMap map, NodeId id, NodeState state, out Action? change)
    {
        change = null;
        if (!map.IsMember(id)) return Unknown(id);
        if (map.Node(id)!.State == state) return $"{id} is {(state == NodeState.Up ? "up" : "draining")} already";
        change = () => map.Put(map.Node(id)! with { State = state });
        return null;
    }

    private static string Unknown(NodeId id) => $"{id} is not in the cluster";

    private static string? TextProblem(string name, string peer, string client, string http, NodeLabels labels)
    {
        if (name.Length == 0) return "a node has a name";
        string?[] texts = [name, peer, client, http, labels.Provider, labels.Region, labels.Zone];
        foreach (var text in texts)
            if (text is not null && Encoding.UTF8.GetByteCount(text) > ControlLimits.LongestTextBytes)
                return $"names, addresses and labels have at most {ControlLimits.LongestTextBytes} bytes";
        return labels is { Provider: "" } or { Region: "" } or { Zone: "" } ? "a label has a value, or is left out" : null;
    }
}
