namespace Quorate.Cluster.Peers;

/// <summary>What a node's host notices of its connection to a peer.</summary>
public enum PeerNews
{
    /// <summary>It broke: the peer may be dead.</summary>
    Lost,

    /// <summary>The peer cannot be reached again and again: it gets no reads.</summary>
    CircuitOpened,

    /// <summary>It can be reached again.</summary>
    CircuitClosed,
}
