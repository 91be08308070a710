using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>How many nodes decide and hold the numbered databases. Which nodes they are follows, one at a time.</summary>
internal static class VoterChanges
{
    public static string? Find(ClusterMap map, SetVoters command, out Action? change)
    {
        change = null;
        var up = map.Nodes.Count(n => n.State is NodeState.Up or NodeState.Joining);
        if (command.Count is < 1 or > PolicyCheck.MostReplicas)
            return $"there are 1 to {PolicyCheck.MostReplicas} voters, not {command.Count}";
        if (command.Count > up) return $"{command.Count} voters are more than the nodes there are: {up}";
        var control = map.Group(ControlMachine.ControlGroup)!;
        if (control.Policy.Replicas == command.Count
            && map.Keyspaces.All(k => !IsNumbered(k) || k.Policy.Replicas == command.Count))
            return $"there are {command.Count} voters already";
        change = () =>
        {
            map.Put(HoldersRule.Settled(control with { Policy = control.Policy with { Replicas = command.Count } }));
            foreach (var keyspace in map.Keyspaces.Where(IsNumbered).ToList())
                map.Put(keyspace with { Policy = PolicyDefaults.Normal(keyspace.Policy with { Replicas = command.Count }) });
        };
        return null;
    }

    private static bool IsNumbered(KeyspaceEntry keyspace) => keyspace.Groups.Contains(ControlMachine.DefaultGroup);
}
