using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>The node as the control plane sees it.</summary>
internal interface IControlNode : IGroupNode
{
    IHeldReplicas Held { get; }

    /// <summary>A replica of the control group.</summary>
    IReplica MakeControlReplica(IStateMachine machine);

    void OnMapChanged();
}

/// <summary>The replicas that this node holds, as the control plane assigns them.</summary>
internal interface IHeldReplicas
{
    /// <summary>Some replica has accepted an epoch, or wants something, since the last heartbeat.</summary>
    bool HasNews();

    /// <summary>What this node holds, for the control leader.</summary>
    /// <param name="isAll">False: only those that may have changed since the last call.</param>
    IReadOnlyList<GroupBeat> Beats(out bool isAll);

    /// <summary>Now and then: the leader of a group that elects for itself makes its voters those that are wished for.</summary>
    void MakeVoters(StepTime now);

    /// <summary>A configuration from the control leader, for a replica that is here or is to be made.</summary>
    void Assign(GroupAssignment assignment, StepTime now);

    void Grant(GroupId id, Epoch epoch, long until, StepTime now);

    void HandOver(GroupId id, NodeId to, StepTime now);

    /// <summary>The group is no more, or needs nothing of this node any more.</summary>
    void Drop(GroupId id);
}
