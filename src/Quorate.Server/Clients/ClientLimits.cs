namespace Quorate.Server.Clients;

/// <summary>What clients may claim of a node.</summary>
public sealed record ClientLimits
{
    /// <summary>Connections at a time.</summary>
    public int MaxClients { get; init; } = 10_000;

    /// <summary>Replies that a client has not read: more, and nothing is read from it until it has caught up.</summary>
    public int PausingOutputBytes { get; init; } = 1024 * 1024;

    /// <summary>Replies that a client has not read: more, and it is disconnected.</summary>
    public int MaxOutputBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Commands without a reply yet: more, and nothing is read from the client until it has fewer.</summary>
    public int PausingPendingCommands { get; init; } = 100_000;

    /// <summary>Bytes of all clients' commands without a reply yet, about: a client with more than its equal share of them is not
    /// read from until it has fewer. One command of any size is always taken. Keeps a turn of the event loop short,
    /// too.</summary>
    public int PausingPendingBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>What a client may always have of <see cref="PausingPendingBytes"/>, however many there are.</summary>
    public int LeastPendingBytes { get; init; } = 16 * 1024;

    /// <summary>Bytes of one command, all its words together: more is a protocol error.</summary>
    public int MaxCommandBytes { get; init; } = 1024 * 1024 * 1024;
}
