using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Quorate.Compare.Processes;

/// <summary>
/// Stands between the nodes of a cluster: each node is known to the others by a port of this program, which passes on what
/// comes there. The first bytes of a connection say from which node it comes, so single ways can be cut, in one direction or
/// both. What is on a cut way is held back, not refused, as by a network that swallows packets; it arrives when the way is
/// mended. Thread-safe.
/// </summary>
internal sealed class PeerNetwork : IDisposable
{
    /// <summary>A hello: its length, four letters, two bytes of version; then the number of the node that speaks.</summary>
    private const int SenderOffset = 10;

    private readonly TcpListener[] _listeners;
    private readonly int[] _targets;
    private readonly Lock _lock = new();
    private readonly HashSet<(int From, int To)> _cut = [];
    private readonly List<Socket> _open = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOver;

    /// <param name="ports">Where the others look for each node.</param>
    /// <param name="targets">Where each node listens.</param>
    public PeerNetwork(int[] ports, int[] targets)
    {
        _targets = targets;
        _listeners = [.. ports.Select(p => new TcpListener(IPAddress.Loopback, p))];
        for (var i = 0; i < ports.Length; i++)
        {
            _listeners[i].Start();
            _ = AcceptAsync(i);
        }
    }

    /// <summary>From now on nothing that the one sends reaches the other; nodes are counted from 0.</summary>
    public void Cut(int from, int to)
    {
        lock (_lock) _cut.Add((from, to));
    }

    /// <summary>Neither of these hears any of the others, nor they it.</summary>
    public void CutOff(int node)
    {
        for (var other = 0; other < _targets.Length; other++)
        {
            Cut(node, other);
            Cut(other, node);
        }
    }

    /// <summary>Everybody hears everybody again, and what was held back.</summary>
    public void Mend()
    {
        lock (_lock)
        {
            _cut.Clear();
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (var listener in _listeners) listener.Dispose();
        Mend();
        lock (_lock)
        {
            foreach (var socket in _open) socket.Dispose();
            _open.Clear();
        }
    }

    private async Task AcceptAsync(int node)
    {
        while (!_isOver)
        {
            try
            {
                _ = PassAsync(await _listeners[node].AcceptSocketAsync(), node);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>One connection, until either side ends it.</summary>
    private async Task PassAsync(Socket near, int to)
    {
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        lock (_lock) _open.AddRange([near, far]);
        try
        {
            var hello = new byte[SenderOffset + 4];
            for (var got = 0; got < hello.Length;)
            {
                var count = await near.ReceiveAsync(hello.AsMemory(got));
                if (count == 0) return;
                got += count;
            }

            var from = BinaryPrimitives.ReadInt32LittleEndian(hello.AsSpan(SenderOffset)) - 1;
            await UntilOpenAsync(from, to);
            await far.ConnectAsync(IPAddress.Loopback, _targets[to]);
            await SendAsync(far, hello);
            await Task.WhenAny(CopyAsync(near, far, from, to), CopyAsync(far, near, to, from));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them is gone: the other is told by the end of its connection.
        }
        finally
        {
            near.Dispose();
            far.Dispose();
            lock (_lock) _open.RemoveAll(s => s == near || s == far);
        }
    }

    private async Task CopyAsync(Socket source, Socket target, int from, int to)
    {
        try
        {
            var buffer = new byte[256 * 1024];
            while (await source.ReceiveAsync(buffer.AsMemory()) is > 0 and var count)
            {
                await UntilOpenAsync(from, to);
                await SendAsync(target, buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private static async Task SendAsync(Socket target, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await target.SendAsync(bytes)..];
    }

    private async ValueTask UntilOpenAsync(int from, int to)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!_cut.Contains((from, to))) return;
                changed = _changed.Task;
            }

            await changed;
        }
    }
}
