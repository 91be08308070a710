using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>
/// What a keyspace's policy comes to on the nodes that are there: what is promised to people is computed from this. The
/// numbered databases take their durability from the nodes' setting, and where nothing outlives the processes no policy
/// can make it.
/// </summary>
public static class PoliciesInForce
{
    public static Policy PolicyInForce(this INodeView node, KeyspaceEntry keyspace)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(keyspace);
        if (node.Options.IsEphemeral) return keyspace.Policy with { Durability = Durability.Memory };
        return keyspace.Groups.Contains(ControlMachine.DefaultGroup)
            ? keyspace.Policy with { Durability = node.Options.Durability } : keyspace.Policy;
    }
}
