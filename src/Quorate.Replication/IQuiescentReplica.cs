namespace Quorate.Replication;

/// <summary>A replica that needs no ticks while nothing happens in its group: a node with a thousand idle groups then costs
/// as much as one with a single one.</summary>
public interface IQuiescentReplica : IReplica
{
    /// <summary>True: <see cref="IReplica.OnTick"/> need not be called until something else is, or until a node that the
    /// replica counts on falls silent.</summary>
    bool IsQuiet { get; }

    /// <summary>What the quiet rested on is in doubt: ticks are needed again.</summary>
    void Stir(StepTime now, Effects effects);

    /// <summary>The connection to a node broke: a hint that it is dead, no proof. It may shorten what a timeout has to spare,
    /// never what safety rests on.</summary>
    void Suspect(NodeId node, StepTime now, Effects effects);
}

/// <summary>What the node knows of other nodes, whichever group it heard of them in. A quiet group rests on it instead of on
/// its own heartbeats.</summary>
public interface IPeerWatch
{
    /// <summary>When this node last heard anything of the other, by its own monotonic clock, in nanoseconds; long.MinValue
    /// when never.</summary>
    long LastHeard(NodeId node);
}
