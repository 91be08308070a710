using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Sends the deltas of the log to members that have not confirmed them, each delta as the topology says, and late ones
/// to members that lack them.</summary>
internal sealed class Shipper(MultiLeaderReplica replica)
{
    private readonly ArrayBufferWriter<byte> _batch = new();

    public void SendAll()
    {
        foreach (var peer in replica.Peers) Send(peer);
    }

    public void OnTick()
    {
        var options = replica.Options;
        var now = replica.Now.Nanoseconds;
        foreach (var peer in replica.Peers)
        {
            if (!peer.IsReachable) continue;
            if (now >= peer.ResendAt) Resend(peer);
            peer.Advance(replica.Log);
            if (peer.AckedBelow < ShipEnd && !peer.NeedsState && now >= peer.RelayAt
                && now - replica.Log[peer.AckedBelow].ArrivedAt >= options.RelayTicks * MultiLeaderOptions.TickNanoseconds)
            {
                peer.RelayAt = now + (options.RelayTicks * MultiLeaderOptions.TickNanoseconds);
                peer.RelayEnd = ShipEnd;
                peer.Cursor = peer.AckedBelow;
            }

            Send(peer);
        }
    }

    /// <summary>The peer handled a round that was sent to it, or has seen more than before. What it made itself is more, too, and
    /// says nothing about what is on the way to it: only an answer puts off sending that again. Breaks otherwise: rounds that
    /// were lost are never sent again to a member that goes on writing.</summary>
    public void OnProgress(Peer peer, bool isAnswer)
    {
        if (isAnswer)
        {
            peer.Backoff = 1;
            Rearm(peer);
        }

        peer.Advance(replica.Log);
        replica.TrimLog();
        Send(peer);
    }

    private long ShipEnd => replica.Rules.MayShipUpTo(replica.Journal.DurableEnd, replica.Log.End);

    private void Send(Peer peer)
    {
        if (!peer.IsReachable || !peer.HasTold) return;
        if (replica.DeltaKeys is not null && replica.Options.Ship == Ship.State)
        {
            replica.ChangesSender.Send(peer, ShipEnd);
            return;
        }

        if (peer.Cursor < replica.Log.First) peer.Cursor = replica.Log.First;
        while (peer.SentRound - peer.EchoedRound < replica.Options.MaxInflight && TryFill(peer))
        {
            if (peer.SentRound == peer.EchoedRound) Rearm(peer);
            peer.SentRound = peer.SentRound == 0 ? (replica.Incarnation << 32) + 1 : peer.SentRound + 1;
            if (peer.EchoedRound == 0) peer.EchoedRound = peer.SentRound - 1;
            peer.BytesSent += _batch.WrittenCount;
            replica.Counters.BytesShipped += _batch.WrittenCount;
            replica.Out.Send(
                peer.Node,
                new Deltas { Incarnation = replica.Incarnation, Round = peer.SentRound, Frames = _batch.WrittenMemory });
        }
    }

    private bool TryFill(Peer peer)
    {
        var end = ShipEnd;
        if (peer.Cursor >= end) return false;
        _batch.ResetWrittenCount();
        while (peer.Cursor < end && _batch.WrittenCount < replica.Options.MaxBatchBytes)
        {
            ref readonly var item = ref replica.Log[peer.Cursor];
            if ((peer.Cursor < peer.RelayEnd || IsTheirs(item, peer)) && replica.Rules.IsNews(!peer.Acked.Contains(item.Last)))
                _batch.Write(item.Bytes);
            peer.Cursor++;
        }

        return _batch.WrittenCount > 0;
    }

    /// <summary>The topology has this replica send it at once.</summary>
    internal bool IsTheirs(in LogItem item, Peer peer) => replica.Options.Topology switch
    {
        Topology.All => item.Run.Node == replica.Self,
        Topology.Ring => peer.Node == replica.Successor,
        _ => replica.Hub == replica.Self || replica.Hub == peer.Node,
    };

    private void Resend(Peer peer)
    {
        if (peer.Backoff < 8) peer.Backoff *= 2;
        peer.EchoedRound = peer.SentRound;
        peer.Cursor = Math.Max(peer.AckedBelow, replica.Log.First);
        peer.Changes = null;
        Rearm(peer);
    }

    public void Rearm(Peer peer) => peer.ResendAt =
        peer.AckedBelow >= peer.Cursor && peer.SentRound == peer.EchoedRound && peer.Changes is null ? long.MaxValue
        : replica.Now.Nanoseconds + (peer.Backoff * replica.Options.ResendTicks * MultiLeaderOptions.TickNanoseconds);
}
