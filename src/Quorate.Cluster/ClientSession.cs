using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster;

/// <summary>One client connection as the node sees it. Replies appear in <see cref="Output"/> in the order of the commands.</summary>
public sealed class ClientSession
{
    internal ClientSession(Node node, long id) => (Node, Id) = (node, id);

    internal Node Node { get; }

    /// <summary>CLIENT ID: 1 and up, never reused while the node runs.</summary>
    public long Id { get; }

    /// <summary>Bytes for the client. The host takes them (and clears the writer) at the end of a turn.</summary>
    public RespWriter Output { get; } = new();

    /// <summary>True once the client asked to QUIT: close after the output is sent.</summary>
    public bool WantsClose { get; internal set; }

    /// <summary>For the host: its own object for this connection.</summary>
    public object? HostState { get; set; }

    /// <summary>Commands taken but not yet answered; the host stops reading from a client that has too many.</summary>
    public int PendingCount => 0;

    /// <summary>Executes one command; its reply appears in <see cref="Output"/> now or in a later step, never out of order.</summary>
    public void Execute(in CommandArgs args, StepTime now) => throw new NotImplementedException();

    /// <summary>The bytes were not RESP: answers the protocol error after all earlier replies, then closes.</summary>
    public void ProtocolError(string error) => throw new NotImplementedException();
}
