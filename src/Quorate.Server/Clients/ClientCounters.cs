namespace Quorate.Server.Clients;

/// <summary>What a node's clients have done since it started. Written under the node's lock.</summary>
internal sealed class ClientCounters
{
    public long Commands { get; set; }

    public long InputBytes { get; set; }

    public long OutputBytes { get; set; }

    public long ProtocolErrors { get; set; }

    /// <summary>Disconnected because they did not read their replies.</summary>
    public long Dropped { get; set; }

    /// <summary>Connected now.</summary>
    public int Connected { get; set; }

    public long Accepted { get; set; }

    /// <summary>Turned away because too many were connected.</summary>
    public long Refused { get; set; }
}
