using System.Text;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>What commands about keyspaces do to the map. Policies are checked for contradictions only: what is built
/// differs between versions, and replicas of two versions must come to the same map. Ask
/// <see cref="PolicyCheck.Problems"/> before proposing.</summary>
internal static class KeyspaceChanges
{
    public static string? Find(ClusterMap map, CreateKeyspace command, out Action? change)
    {
        change = null;
        if (command.Name.Length == 0 || Encoding.UTF8.GetByteCount(command.Name) > ControlLimits.LongestTextBytes)
            return $"a keyspace's name has 1 to {ControlLimits.LongestTextBytes} bytes";
        if (map.Keyspace(command.Name) is not null) return $"there is a keyspace '{command.Name}' already";
        if (command.Database is < -1 or >= ControlLimits.Databases)
            return $"a database number is 0 to {ControlLimits.Databases - 1}";
        if (command.Database >= 0 && map.KeyspaceOfDatabase(command.Database) is { } holder)
            return $"database {command.Database} is keyspace '{holder.Name}': drop that first";
        if (map.Keyspaces.Count >= ControlLimits.MostKeyspaces)
            return $"a cluster has at most {ControlLimits.MostKeyspaces} keyspaces";
        if (command.Members.Count is 0 or > ControlLimits.MostGroupsPerKeyspace)
            return $"a keyspace has 1 to {ControlLimits.MostGroupsPerKeyspace} groups";
        if (map.Groups.Count + command.Members.Count > ControlLimits.MostGroups)
            return $"a cluster has at most {ControlLimits.MostGroups} groups";
        var policy = PolicyDefaults.Normal(command.Policy);
        if (Problem(policy) is { } problem) return problem;
        if (policy is { Conflicts: ConflictRule.Merge, MergeScript: null })
            return $"conflicts merge:{policy.MergeName} needs the script of the rule: SCRIPT <text>";
        foreach (var nodes in command.Members)
        {
            if (nodes.Count != policy.Holders || nodes.Distinct().Count() != nodes.Count)
                return $"each group has {policy.Holders} replicas, on different nodes";
            foreach (var node in nodes)
                if (map.Node(node) is not { State: NodeState.Up })
                    return $"{node} is not up: the cluster changed while the groups were placed, try again";
        }

        change = () => Create(map, command, policy);
        return null;
    }

    public static string? Find(ClusterMap map, AlterKeyspace command, out Action? change)
    {
        change = null;
        if (map.Keyspace(command.Name) is not { } keyspace) return $"there is no keyspace '{command.Name}'";
        var policy = PolicyDefaults.Normal(command.Policy);
        if (Problem(policy) is { } problem) return problem;
        if (policy == keyspace.Policy) return "the policy is that already";
        if (PolicyChange.WhyNot(keyspace.Policy, policy) is { } whyNot) return whyNot;
        if (!PolicyChange.IsForReadersOnly(keyspace.Policy, policy) && OwnerOfShared(map, keyspace) is { } owner)
            return $"'{command.Name}' shares its group with '{owner.Name}', whose policy decides; only reads can be altered "
                + $"here, and the number of replicas by NODE VOTERS. Drop this keyspace and create another with the same number";
        if (keyspace.Groups.Contains(ControlMachine.DefaultGroup) && policy.Replicas != keyspace.Policy.Replicas)
            return "the numbered databases have as many replicas as there are voters: NODE VOTERS <n>";
        if (policy.Spread is { } label
            && policy.Spread != keyspace.Policy.Spread && keyspace.Groups.Any(g => !IsSpread(map, map.Group(g)!, label)))
            return $"the replicas of '{command.Name}' are not spread over {label} now, and altering does not move them: drain "
                + $"a node that stands in a {label} with another, or create a second keyspace and copy the keys";
        var up = map.Nodes.Where(n => n.State == NodeState.Up).Select(n => n.Labels).ToList();
        if ((policy.Replicas > keyspace.Policy.Replicas
            || policy.Holders > keyspace.Policy.Holders || policy.Spread != keyspace.Policy.Spread)
            && PolicyCheck.Shortage(policy, up) is { } shortage)
            return shortage;
        change = () => map.Put(keyspace with { Policy = policy });
        return null;
    }

    public static string? Find(ClusterMap map, DropKeyspace command, out Action? change)
    {
        change = null;
        if (map.Keyspace(command.Name) is not { } keyspace) return $"there is no keyspace '{command.Name}'";
        var owned = keyspace.Groups.Where(g => map.Group(g)!.Keyspace == keyspace.Id).ToList();
        if (owned.Any(g => map.Keyspaces.Any(k => k.Id != keyspace.Id && k.Groups.Contains(g))))
            return $"'{command.Name}' holds the group that the other numbered databases share";
        change = () =>
        {
            foreach (var group in owned) map.Drop(group);
            map.Drop(keyspace);
        };
        return null;
    }

    public static string? Find(ClusterMap map, SetDefaultPolicy command, out Action? change)
    {
        var policy = PolicyDefaults.Normal(command.Policy);
        change = () => map.DefaultPolicy = policy;
        return Problem(policy);
    }

    /// <summary>The keyspace whose policy decides over a group of this one; null: this one's over all of its groups.</summary>
    private static KeyspaceEntry? OwnerOfShared(ClusterMap map, KeyspaceEntry keyspace)
    {
        foreach (var id in keyspace.Groups)
            if (map.Group(id) is { } group && group.Keyspace != keyspace.Id) return map.Keyspace(group.Keyspace);
        return null;
    }

    private static bool IsSpread(ClusterMap map, GroupEntry group, string label)
    {
        var values = group.Configuration.Members.Where(n => !group.Configuration.Standby.Contains(n))
            .Select(n => map.Node(n)?.Labels.Of(label)).ToList();
        return !values.Contains(null) && values.Distinct().Count() == values.Count;
    }

    private static string? Problem(Policy policy)
    {
        var problems = PolicyCheck.Problems(policy, BuiltParts.All);
        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private static void Create(ClusterMap map, CreateKeyspace command, Policy policy)
    {
        var id = ++map.LastKeyspace;
        var groups = new List<GroupId>();
        foreach (var nodes in command.Members)
        {
            var group = new GroupId(++map.LastGroup);
            groups.Add(group);
            var isLed = policy.Strategy.Leadership == Leadership.Named;
            var first = new GroupConfiguration(
                new Epoch(1), isLed ? nodes[0] : default, [.. nodes.Take(policy.Replicas)], [.. nodes.Skip(policy.Replicas)])
            {
                Standby = FirstStandby.On(policy, nodes),
            };
            map.Put(HoldersRule.Settled(new GroupEntry(group, id, policy, first, [], [], 0)));
        }

        map.Put(new KeyspaceEntry(id, command.Name, command.Database, policy, groups));
    }
}
