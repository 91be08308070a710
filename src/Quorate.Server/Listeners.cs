using System.Net;
using System.Net.Sockets;

namespace Quorate.Server;

/// <summary>The three sockets a node listens on, bound before anything else happens: a port in use is found out at once,
/// and the number of a port taken as 0 is known before the peers are told.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly Dictionary<EndPoint, Socket> _sockets = [];

    private Listeners(Socket resp, Socket peer, Socket http)
    {
        (Resp, Peer, Http) = (Add(resp), Add(peer), Add(http));
    }

    public IPEndPoint Resp { get; }

    public IPEndPoint Peer { get; }

    public IPEndPoint Http { get; }

    /// <exception cref="CannotStartException">an address is in use, unknown or not of this machine.</exception>
    public static async Task<Listeners> BindAsync(NodeServerOptions options)
    {
        var bound = new List<Socket>();
        try
        {
            foreach (var (what, address) in new[] { ("clients", options.RespAddress), ("peers", options.PeerAddress), (
                "HTTP", options.HttpAddress) })
                bound.Add(await BindAsync(options.Name, what, address));
            return new Listeners(bound[0], bound[1], bound[2]);
        }
        catch
        {
            foreach (var socket in bound) socket.Dispose();
            throw;
        }
    }

    /// <summary>For the transport: the socket bound to this address.</summary>
    public Socket Take(EndPoint endPoint) => _sockets[endPoint];

    public void Dispose()
    {
        foreach (var socket in _sockets.Values) socket.Dispose();
    }

    private IPEndPoint Add(Socket socket)
    {
        var endPoint = (IPEndPoint)socket.LocalEndPoint!;
        _sockets.Add(endPoint, socket);
        return endPoint;
    }

    private static async Task<Socket> BindAsync(string node, string what, string address)
    {
        Socket? socket = null;
        try
        {
            var endPoint = await Addresses.ResolveAsync(address, CancellationToken.None);
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endPoint);
            socket.Listen(1024);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is in use by another process",
                SocketError.AddressNotAvailable => "the address does not belong to this machine",
                SocketError.AccessDenied => "this user may not listen there",
                _ => e.Message,
            };
            throw new CannotStartException($"node {node} cannot listen for {what} at {address}: {why}", e);
        }
    }
}
