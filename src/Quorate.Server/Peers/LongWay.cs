using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using Quorate.Replication;

namespace Quorate.Server.Peers;

/// <summary>What is on its way to a peer in another region of a <see cref="RegionNetwork"/>: whole frames, sent in order when
/// their time has come. A task that waits, no thread. What is too much is lost, as on a link that is slower than its
/// sender.</summary>
internal sealed class LongWay
{
    private const int MostBatches = 100_000;

    private readonly RegionNetwork _network;
    private readonly NodeId _from;
    private readonly NodeId _to;
    private readonly Channel<(long Due, Socket Socket, byte[] Bytes)> _batches =
        Channel.CreateBounded<(long, Socket, byte[])>(
            new BoundedChannelOptions(MostBatches) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public LongWay(RegionNetwork network, NodeId from, NodeId to, CancellationToken stop)
    {
        (_network, _from, _to) = (network, from, to);
        _ = Task.Run(() => RunAsync(stop), CancellationToken.None);
    }

    /// <summary>Copies the bytes.</summary>
    public void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        if (_network.IsCut(_from, _to)) return;
        var due = Stopwatch.GetTimestamp() + (long)(_network.OneWay.TotalSeconds * Stopwatch.Frequency);
        _batches.Writer.TryWrite((due, socket, bytes.ToArray()));
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var (due, socket, bytes) in _batches.Reader.ReadAllAsync(stop))
            {
                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (left > TimeSpan.Zero) await Task.Delay(left, stop);
                if (!_network.IsCut(_from, _to)) await PeerLink.SendAllAsync(socket, bytes);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
