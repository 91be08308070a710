using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>One group as the node drives it: a replica, what it says to the world, and when it wants the turn to end.</summary>
internal abstract class HostedGroup
{
    protected HostedGroup(GroupId id, Node node)
    {
        (Id, Node) = (id, node);
        Effects = new GroupEffects(this, node);
    }

    public GroupId Id { get; }

    public abstract IReplica Replica { get; }

    public GroupEffects Effects { get; }

    /// <summary>For the node: listed among those whose turn ends.</summary>
    public bool IsTouched { get; set; }

    /// <summary>For the node: listed among those whose clock ticks.</summary>
    public bool IsTicking { get; set; }

    /// <summary>The group needs no ticks until something happens.</summary>
    public virtual bool IsQuiet => false;

    /// <summary>For the node: listed among those that wait for the journal.</summary>
    public bool AwaitsJournal { get; set; }

    /// <summary>The group is dropped: whatever still comes for it is nobody's.</summary>
    public bool IsGone { get; set; }

    protected Node Node { get; }

    /// <summary>False: the message makes no sense.</summary>
    public abstract bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now);

    /// <summary>An outcome that is not an applied entry.</summary>
    public abstract void OnOutcome(RequestId id, in Outcome outcome);

    public abstract void OnTick(StepTime now);

    public abstract void OnTurnEnd(StepTime now);

    /// <summary>To be called after every step of the replica.</summary>
    public abstract void AfterStep(StepTime now);

    public void NeedsTurnEnd() => Node.NeedsTurnEnd(this);
}
