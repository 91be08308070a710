using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Quorate.Cluster.Peers;
using Quorate.Replication;
using Quorate.Server.Turns;

namespace Quorate.Server.Peers;

/// <summary>
/// The way to one peer: makes the connection, makes it again when it breaks, and gathers what the node has to say until
/// the end of the turn. What is written while it is down, or behind <see cref="MaxGatheredBytes"/>, is lost: it is a network.
/// </summary>
internal sealed class PeerLink : IBufferWriter<byte>, IDisposable
{
    /// <summary>Bytes that wait for a slow peer; beyond it messages are dropped.</summary>
    public const int MaxGatheredBytes = 256 * 1024 * 1024;

    private const string NotUnderstood = "it does not speak the peers' protocol";
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int PauseMilliseconds = 20;
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(2);

    private readonly NodeLoop _loop;
    private readonly PeerIdentity _identity;
    private volatile IReadOnlyList<string> _addresses;
    private string _address;
    private readonly ILogger _log;
    private readonly PeerCircuit _circuit;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly LongWay? _longWay;
    private ByteGatherer _gathering = new(KeptBytes); // gate
    private ByteGatherer _sending = new(KeptBytes); // gate, or the sender's while _isSending
    private Socket? _socket; // gate: null while down
    private Socket? _sendSocket; // the socket of the send under way
    private bool _isSending; // gate
    private volatile bool _isSendOver;
    private string _refusal = "";
    private int _attempt;

    /// <param name="regions">Null but in a cluster that plays regions in one process.</param>
    public PeerLink(NodeLoop loop, PeerIdentity identity, NodeId peer, string address, ILogger log, RegionNetwork? regions = null)
    {
        _loop = loop;
        _identity = identity;
        Peer = peer;
        _addresses = [address];
        _address = address;
        _log = log;
        _stopped = _stop.Token;
        if (regions is not null && regions.IsFar(identity.Self, peer))
            _longWay = new LongWay(regions, identity.Self, peer, _stopped);
        _circuit = new PeerCircuit(isOpen => _loop.OnPeer(Peer, isOpen ? PeerNews.CircuitOpened : PeerNews.CircuitClosed));
    }

    public NodeId Peer { get; }

    /// <summary>Gate: where the peer may be, the likeliest first; tried in turn until one answers as this peer.</summary>
    public IReadOnlyList<string> Addresses
    {
        get => _addresses;
        set => _addresses = value;
    }

    /// <summary>Gate: a message written now has a chance to arrive.</summary>
    public bool CanWrite => _socket is not null && _gathering.Length < MaxGatheredBytes;

    public bool IsUp => _socket is not null;

    public void Start() => _ = Task.Run(RunAsync);

    public void Dispose()
    {
        _stop.Cancel();
        Socket? socket;
        lock (_loop.Gate) (socket, _socket) = (_socket, null);
        socket?.Dispose();
        _stop.Dispose();
    }

    public void Advance(int count) => _gathering.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => _gathering.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _gathering.GetSpan(sizeHint);

    /// <summary>Gate: true when there is something to send: call <see cref="Send"/> after the lock.</summary>
    public bool TryBeginSend()
    {
        if (_isSending || _gathering.Length == 0) return false;
        if (_socket is null)
        {
            _gathering.Clear();
            return false;
        }

        (_gathering, _sending) = (_sending, _gathering);
        _sendSocket = _socket;
        _isSending = true;
        return true;
    }

    /// <summary>Without the lock.</summary>
    public void Send()
    {
        if (_longWay is not null)
        {
            _longWay.Send(_sendSocket!, _sending.Memory.Span);
            _isSendOver = true;
            return;
        }

        try
        {
            var send = SendAllAsync(_sendSocket!, _sending.Memory);
            if (send.IsCompleted) _isSendOver = true;
            else _ = AwaitSend(send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _isSendOver = true;
        }
    }

    /// <summary>Gate: true when a send has ended since the last call.</summary>
    public bool EndSend()
    {
        if (!_isSendOver) return false;
        _isSendOver = false;
        _isSending = false;
        _sendSocket = null;
        _sending.Clear();
        return true;
    }

    internal static async ValueTask SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Half a frame may be out: this connection is of no use any more. The reading side makes a new one.
            socket.Dispose();
        }
    }

    private async Task AwaitSend(ValueTask send)
    {
        await send;
        _isSendOver = true;
        _loop.OnSent(null, this);
    }

    private async Task RunAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                using var socket = await _circuit.ReachAsync(TryReachAsync, _stopped);
                await StayUpAsync(socket);
            }
            catch (Exception e) when (
                e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // Gone: try again.
            }

            if (_stopped.IsCancellationRequested) return;
            await Task.Delay(PauseMilliseconds); // one that hangs up at once is not called again at once
        }
    }

    /// <summary>One attempt, at the next of the addresses.</summary>
    private async ValueTask<Socket> TryReachAsync(CancellationToken stopped)
    {
        var addresses = _addresses;
        _address = addresses[_attempt++ % addresses.Count];
        var socket = await ConnectAsync();
        try
        {
            var (verdict, why) = await IntroduceAsync(socket);
            if (verdict == PeerVerdict.Removed) _loop.Leave(why);
            if (verdict != PeerVerdict.Taken && why != _refusal) _log.RefusedByPeer(Peer, _address, why);
            _refusal = why;
            if (verdict != PeerVerdict.Taken) throw new PeerRefusal(why);
            _attempt--; // the same address again
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        timeout.CancelAfter(ConnectTime);
        var endPoint = await Server.Addresses.ResolveAsync(_address, timeout.Token);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A peer whose machine is gone without a word is found out after about ten seconds.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(endPoint, timeout.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Says who we are, and hears what becomes of it and why.</summary>
    private async Task<(PeerVerdict Verdict, string Why)> IntroduceAsync(Socket socket)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        timeout.CancelAfter(ConnectTime);
        var hello = new PeerHello(_identity.Self, Peer, _identity.Cluster, _identity.RespAddress, _identity.PeerAddress).Encode();
        await socket.SendAsync(hello, SocketFlags.None, timeout.Token);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix, timeout.Token);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length > PeerWelcome.MaxBytes) return (PeerVerdict.Refused, NotUnderstood);
        var frame = new byte[length];
        await stream.ReadExactlyAsync(frame, timeout.Token);
        if (!PeerWelcome.TryDecode(frame, out var verdict, out var text)) return (PeerVerdict.Refused, NotUnderstood);
        if (verdict != PeerVerdict.Taken) return (verdict, text);
        lock (_loop.Gate) _identity.OnRespAddress(Peer, text);
        return (verdict, "");
    }

    /// <summary>Lets the node write until the peer ends the connection (it never sends on it).</summary>
    private async Task StayUpAsync(Socket socket)
    {
        lock (_loop.Gate)
        {
            _gathering.Clear();
            _socket = socket;
        }

        _log.PeerUp(Peer, _address);
        try
        {
            var nothing = new byte[16];
            while (await socket.ReceiveAsync(nothing, SocketFlags.None, _stopped) > 0)
            {
            }
        }
        finally
        {
            lock (_loop.Gate)
                if (_socket == socket) _socket = null;
            if (!_stopped.IsCancellationRequested)
            {
                _log.PeerDown(Peer, _address);
                _loop.OnPeer(Peer, PeerNews.Lost);
            }
        }
    }
}
