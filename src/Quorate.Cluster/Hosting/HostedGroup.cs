using Quorate.Replication;

namespace Quorate.Cluster.Hosting;

/// <summary>What the node drives for one group: steps go in here, effects come out by
/// <see cref="HostedGroup.Effects"/>.</summary>
internal interface IHosted
{
    IReplica Replica { get; }

    /// <summary>The group needs no ticks until something happens.</summary>
    bool IsQuiet => false;

    /// <summary>False: the message makes no sense.</summary>
    bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now);

    /// <summary>An outcome that is not an applied entry.</summary>
    void OnOutcome(RequestId id, in Outcome outcome);

    void OnTick(StepTime now);

    void OnTurnEnd(StepTime now);

    /// <summary>To be called after every step of the replica.</summary>
    void AfterStep(StepTime now);
}

/// <summary>One group's door to the node: its effects, its messages, and its place in the node's lists.</summary>
internal sealed class HostedGroup
{
    private readonly IGroupNode _node;

    public HostedGroup(GroupId id, IHosted hosted, IGroupNode node)
    {
        (Id, Hosted, _node) = (id, hosted, node);
        Effects = new GroupEffects(this, node);
    }

    public GroupId Id { get; }

    public IHosted Hosted { get; }

    public IReplica Replica => Hosted.Replica;

    public GroupEffects Effects { get; }

    /// <summary>For the node: listed among those whose turn ends.</summary>
    public bool IsTouched { get; set; }

    /// <summary>For the node: listed among those whose clock ticks.</summary>
    public bool IsTicking { get; set; }

    /// <summary>For the node: listed among those that wait for the journal.</summary>
    public bool AwaitsJournal { get; set; }

    /// <summary>The group was dropped: the node ignores what still comes for it.</summary>
    public bool IsGone { get; set; }

    public void Send(NodeId to, Message message) => _node.SendTo(to, this, message);

    public void NeedsTurnEnd() => _node.NeedsTurnEnd(this);
}
