using System.Buffers;
using System.Buffers.Binary;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Quorate.Replication;
using Quorate.Server.Turns;

namespace Quorate.Server.Peers;

/// <summary>Takes the connections of peers and gives their frames to the node. Frames flow one way: a node sends on the
/// connection that it made itself (<see cref="PeerLink"/>).</summary>
internal sealed class PeerEndpoint(NodeLoop loop, PeerIdentity identity, PeerLinks links, ILogger log) : ConnectionHandler
{
    /// <summary>A frame holds at most one value of the greatest length, and what belongs to it.</summary>
    public const int MaxFrameBytes = (512 << 20) + (64 << 20);

    private static readonly TimeSpan HelloTime = TimeSpan.FromSeconds(5);

    private readonly Dictionary<NodeId, ConnectionContext> _current = []; // under the node's lock

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        try
        {
            var from = await ReadHelloAsync(connection);
            if (from.IsNone) return;
            ConnectionContext? previous;
            lock (loop.Gate)
            {
                _current.TryGetValue(from, out previous);
                _current[from] = connection;
            }

            // A peer that connects again has given up the connection it had.
            previous?.Abort();
            await ReadFramesAsync(connection, from);
            lock (loop.Gate)
                if (_current.TryGetValue(from, out var current) && current == connection) _current.Remove(from);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The peer is gone, or this node stops.
        }
    }

    /// <summary>Gate: nothing more is heard from those that are no members.</summary>
    public void AbortOthers()
    {
        foreach (var (node, connection) in _current)
            if (!identity.Members.Contains(node))
                ThreadPool.UnsafeQueueUserWorkItem(static c => c.Abort(), connection, preferLocal: false);
    }

    public void AbortAll()
    {
        ConnectionContext[] all;
        lock (loop.Gate) all = [.. _current.Values];
        foreach (var connection in all) connection.Abort();
    }

    /// <summary>Reads the first frame and answers it; the none node when the connection is refused.</summary>
    private async Task<NodeId> ReadHelloAsync(ConnectionContext connection)
    {
        using var timeout = new CancellationTokenSource(HelloTime);
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(timeout.Token);
            var buffer = read.Buffer;
            if (!TryCutHello(ref buffer, out var frame, out var isTooLong))
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                if (!isTooLong && !read.IsCompleted) continue;
                if (isTooLong)
                    log.PeerRefused(connection.RemoteEndPoint?.ToString() ?? "", "it does not speak the peers' protocol");
                return NodeId.None;
            }

            input.AdvanceTo(buffer.Start);
            var isTaken = PeerHello.TryDecode(frame, out var hello, out var why)
                && hello!.IsFor(identity.Self, identity.Cluster, identity.Members, out why);
            var isRemoved = !isTaken
                && hello is not null && hello.Cluster == identity.Cluster && hello.To == identity.Self
                && identity.IsRemoved(hello.From);
            if (isRemoved) why = PeerHello.Removed(hello!.From);
            var verdict = isTaken ? PeerVerdict.Taken : isRemoved ? PeerVerdict.Removed : PeerVerdict.Refused;
            await connection.Transport.Output.WriteAsync(PeerWelcome.Encode(isTaken ? identity.RespAddress : why, verdict));
            if (isTaken)
            {
                lock (loop.Gate)
                {
                    identity.OnRespAddress(hello!.From, hello.RespAddress);
                    links.OnTold(hello.From, hello.PeerAddress);
                }

                return hello.From;
            }

            log.PeerRefused(connection.RemoteEndPoint?.ToString() ?? "", why);
            return NodeId.None;
        }
    }

    private static bool TryCutHello(ref ReadOnlySequence<byte> buffer, out byte[] frame, out bool isTooLong)
    {
        frame = [];
        isTooLong = false;
        if (buffer.Length < 4) return false;
        Span<byte> prefix = stackalloc byte[4];
        buffer.Slice(0, 4).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        isTooLong = length > PeerHello.MaxBytes;
        if (isTooLong || buffer.Length < 4 + length) return false;
        frame = buffer.Slice(4, length).ToArray();
        buffer = buffer.Slice(4 + length);
        return true;
    }

    private async Task ReadFramesAsync(ConnectionContext connection, NodeId from)
    {
        var frames = new FrameReader(MaxFrameBytes);
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            if (read.IsCanceled) return;
            var isGood = Take(frames, from, read.Buffer);
            input.AdvanceTo(read.Buffer.End);
            if (!isGood) log.PeerBroken(from);
            if (!isGood || read.IsCompleted) return;
        }
    }

    private bool Take(FrameReader frames, NodeId from, ReadOnlySequence<byte> bytes)
    {
        OutputBatch? batch = null;
        var isGood = true;
        lock (loop.Gate)
        {
            if (!loop.IsRunning) return true;
            try
            {
                var now = SystemClock.Now;
                foreach (var segment in bytes)
                {
                    isGood = frames.Take(
                        segment, (loop.Node, from, now), static (to, frame) => to.Node.OnPeerFrame(to.from, frame, to.now));
                    if (!isGood) break;
                }

                batch = loop.EndStep(endsTurn: false, now);
            }
            catch (Exception bug) when (loop.Fail(bug))
            {
            }
        }

        loop.Finish(batch);
        return isGood;
    }
}
