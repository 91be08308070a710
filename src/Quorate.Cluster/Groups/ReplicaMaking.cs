using Quorate.Cluster.Maps;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Groups;

/// <summary>Makes the replicas of this node's groups by the rows of their strategies.</summary>
internal static class ReplicaMaking
{
    /// <summary>A replica of a group with one order of all writes.</summary>
    /// <param name="members">The group's members at its birth.</param>
    public static IReplica MakeOrdered(
        this IGroupsNode node, GroupId group, Policy policy, IReadOnlyList<NodeId> members, IStateMachine machine, bool isDurable,
        StrategyRules rules)
    {
        var setup = node.SetupOf(group, policy, members, isDurable) with { StateMachine = () => machine, Rules = rules };
        return node.Options.Strategies.Of(policy).MakeReplica(setup);
    }

    /// <summary>A replica of a group that elects for itself and follows no keyspace's policy.</summary>
    /// <param name="members">The group's members at its birth.</param>
    public static IReplica MakeElecting(
        this IGroupsNode node,
        GroupId group, IReadOnlyList<NodeId> members, IStateMachine machine, bool isDurable, StrategyRules rules)
    {
        var policy = PolicyDefaults.For(node.Options.Strategies.Electing.Strategy);
        return node.MakeOrdered(group, policy, members, machine, isDurable, rules);
    }

    /// <summary>The group of the numbered databases.</summary>
    public static OrderedGroup MakeDefault(this IGroupsNode node, IReadOnlyList<NodeId> voters, Group? before) => new(
        ControlMachine.DefaultGroup,
        node,
        group =>
            node.MakeElecting(
                group.Id, voters, group.Machine, node.Options.Durability != Durability.Memory, node.Rules.Strategies),
        before);

    /// <summary>All but the machine.</summary>
    public static ReplicaSetup SetupOf(
        this IGroupsNode node, GroupId group, Policy policy, IReadOnlyList<NodeId> members, bool isDurable) => new()
        {
            Self = node.Options.Self,
            Group = group,
            Policy = policy,
            Members = members,
            Incarnation = node.Holdings.Incarnation,
            Seed = node.Options.Seed ^ (ulong)group.Value,
            IsDurable = isDurable,
            Snapshots = node.Host.SnapshotsOf(group),
            LostAndFound = node.Lost.Of(group),
            Peers = node.Watch,
            Blocks = node.Options.Blocks,
            Settings = node.Options.Settings,
            Rules = node.Rules.Strategies,
            Keys = new CommandKeys(),
            RegionOf = id => node.Map?.Node(id) is { } entry ? entry.Labels.Of("region") ?? "" : null,
        };
}
