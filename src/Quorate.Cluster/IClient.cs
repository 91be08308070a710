using Quorate.Resp;

namespace Quorate.Cluster;

/// <summary>A client's connection as the host of a node sees it. Under the node's lock.</summary>
public interface IClient
{
    /// <summary>CLIENT ID: 1 and up, never reused while the node runs.</summary>
    long Id { get; }

    /// <summary>Bytes for the client. The host takes them (and clears the writer) at the end of a turn.</summary>
    RespWriter Output { get; }

    /// <summary>True once the client asked to QUIT or broke the protocol, and all it was owed is in
    /// <see cref="Output"/>.</summary>
    bool WantsClose { get; }

    /// <summary>For the host: its own object for this connection.</summary>
    object? HostState { get; set; }
}
