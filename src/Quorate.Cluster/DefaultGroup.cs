using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster;

/// <summary>How groups of the strategy raft are made on a node, and what can be asked of the one that all nodes hold.</summary>
public static class DefaultGroup
{
    /// <summary>Asks the default group's leader, this node, to hand leadership to another.</summary>
    public static void TransferLeadership(this Node node, NodeId target, StepTime now) =>
        Ask(node, new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = target }, now);

    /// <summary>Asks the default group's leader, this node, to change the members.</summary>
    public static void ChangeMembership(this Node node, Configuration target, StepTime now)
    {
        ArgumentNullException.ThrowIfNull(target);
        Ask(node, new ReplicaRequest { Id = default, Kind = RequestKind.ChangeMembership, Payload = target.Encode() }, now);
    }

    internal static RaftReplica MakeRaft(this Node node, GroupId id, IStateMachine machine, Configuration members, bool isDurable, RaftRules? rules) => new(
        node.Options.Self,
        members,
        node.Options.Raft with { Durable = isDurable },
        machine,
        node.Host.SnapshotsOf(id),
        node.Options.Seed ^ (ulong)id.Value,
        node.Holdings.Incarnation,
        rules,
        node.Watch);

    internal static OrderedGroup MakeDefault(this Node node, Configuration voters, Group? before, RaftRules? rules = null) => new(
        Node.DefaultGroup,
        node,
        group => node.MakeRaft(group.Id, group.Machine, voters, node.Options.Durability != Durability.Memory, rules),
        before);

    private static void Ask(Node node, in ReplicaRequest request, StepTime now)
    {
        ArgumentNullException.ThrowIfNull(node);
        node.Now = now;
        if (node.Refusal is not null) return;
        var group = node.Default;
        group.Replica.OnRequest(request, now, group.Effects);
        node.AfterStep(group.Hosting);
    }
}
