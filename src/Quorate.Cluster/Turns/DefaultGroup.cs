using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>What can be asked of the group of the numbered databases.</summary>
public static class DefaultGroup
{
    /// <summary>Asks the default group's leader, this node, to hand leadership to another.</summary>
    public static void TransferLeadership(this Node node, NodeId target, StepTime now) =>
        Ask(node, new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = target }, now);

    /// <summary>Asks the default group's leader, this node, to change the members.</summary>
    /// <param name="node">The leader.</param>
    /// <param name="voters">At least one.</param>
    /// <param name="learners">None of them a voter.</param>
    /// <param name="now">The time of the step.</param>
    public static void ChangeMembership(this Node node, IEnumerable<NodeId> voters, IEnumerable<NodeId> learners, StepTime now)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Default.Electing is not { } electing) return;
        var payload = electing.EncodeMembers(voters, learners);
        Ask(node, new ReplicaRequest { Id = default, Kind = RequestKind.ChangeMembership, Payload = payload }, now);
    }

    private static void Ask(Node node, in ReplicaRequest request, StepTime now)
    {
        ArgumentNullException.ThrowIfNull(node);
        node.Turns.Now = now;
        if (node.Refusal is not null) return;
        var group = node.Default;
        group.Replica.OnRequest(request, now, group.Effects);
        node.Turns.AfterStep(group.Hosting);
    }
}
