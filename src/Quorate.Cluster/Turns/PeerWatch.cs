using Quorate.Cluster.Peers;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Turns;

/// <summary>When other nodes were last heard of. While groups here are quiet it pings their members for all of them at once, and
/// stirs them when one falls silent: one message between two nodes stands for the heartbeats of all groups that they
/// share.</summary>
internal sealed class PeerWatch(NodeTurns node, GroupClocks clocks) : IPeerWatch
{
    private readonly PingRhythm? _rhythm = node.Options.Strategies.Electing.PingsBy(node.Options.Settings);
    private readonly Dictionary<NodeId, Peer> _peers = [];
    private int _ticks;

    /// <inheritdoc/>
    public long LastHeard(NodeId peer) =>
        peer == node.Options.Self
            ? node.Now.Nanoseconds : _peers.TryGetValue(peer, out var known) ? known.HeardAt : long.MinValue;

    public void OnFrame(NodeId from, StepTime now)
    {
        if (!_peers.TryGetValue(from, out var peer)) _peers[from] = peer = new Peer();
        peer.HeardAt = now.Nanoseconds;
        peer.IsSilent = false;
    }

    /// <summary>Something goes to the node: that says as well that this one lives.</summary>
    public void OnSent(NodeId to)
    {
        if (_peers.TryGetValue(to, out var peer)) peer.WasSentTo = true;
    }

    public void OnTick(StepTime now)
    {
        if (_rhythm is not { } rhythm || ++_ticks % rhythm.PingTicks != 0) return;
        var longest = (long)rhythm.SilenceTicks * IReplica.TickLength * StepTime.NanosecondsPerMillisecond;
        foreach (var (id, peer) in _peers)
        {
            if (clocks.QuietCount > 0 && !peer.WasSentTo) node.Tell(id, PeerPing.Instance);
            peer.WasSentTo = false;
            if (peer.IsSilent || now.Nanoseconds - peer.HeardAt <= longest) continue;
            peer.IsSilent = true;
            clocks.StirAll(id);
        }
    }

    private sealed class Peer
    {
        public long HeardAt { get; set; }

        public bool IsSilent { get; set; }

        /// <summary>Since the last round of pings.</summary>
        public bool WasSentTo { get; set; }
    }
}
