namespace Quorate.Simulation.Worlds;

/// <summary>The far end of a connection to a node.</summary>
internal interface ISimSession
{
    /// <summary>Bytes arrived.</summary>
    void OnReply(ReadOnlySpan<byte> bytes);

    /// <summary>The node died or closed the connection.</summary>
    void OnDisconnected();
}
