using Quorate.Server.Clients;
using Quorate.Server.Peers;

namespace Quorate.Server.Turns;

/// <summary>What is to be done once the node's lock is given back: system calls, and waking those who wait.</summary>
internal sealed class OutputBatch
{
    public List<RespConnection> Clients { get; } = [];

    public List<PeerLink> Peers { get; } = [];

    /// <summary>Calls to make after the lock, each once.</summary>
    public List<Action> Afterwards { get; } = [];

    public bool WakesTurn { get; set; }

    public bool IsEmpty => Clients.Count == 0 && Peers.Count == 0 && Afterwards.Count == 0 && !WakesTurn;
}
