using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Compare.Overload;

/// <summary>Clients that send writes without ever waiting for a reply, and clients that ask for much and read nothing.</summary>
internal sealed class Flood : IDisposable
{
    private const int Batch = 500;
    private const int Keys = 100_000;

    private readonly int _port;
    private readonly List<Socket> _sockets = [];
    private readonly List<Thread> _threads = [];
    private long _acknowledged;
    private long _refused;
    private volatile bool _stop;

    /// <param name="writers">Send as fast as the server takes it, and count the replies.</param>
    /// <param name="deaf">Ask for one great value again and again and never read.</param>
    public Flood(int port, int writers, int deaf, string greatKey, int valueLength = 1000)
    {
        _port = port;
        for (var i = 0; i < writers; i++)
        {
            var (socket, id) = (Connect(), i);
            Start(() => Write(socket, id, valueLength));
            Start(() => Count(socket));
        }

        for (var i = 0; i < deaf; i++)
        {
            var socket = Connect();
            socket.ReceiveBufferSize = 4096;
            Start(() => Ask(socket, greatKey));
        }
    }

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long Refused => Interlocked.Read(ref _refused);

    public void Dispose()
    {
        _stop = true;
        foreach (var socket in _sockets) socket.Dispose();
        foreach (var thread in _threads) thread.Join();
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(new IPEndPoint(IPAddress.Loopback, _port));
        _sockets.Add(socket);
        return socket;
    }

    private void Start(Action run)
    {
        var thread = new Thread(() =>
        {
            try
            {
                run();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Ended by this side or the other.
            }
        }, 256 * 1024)
        { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Write(Socket socket, int id, int valueLength)
    {
        var dice = new Random(id);
        var value = new string('z', valueLength);
        var batch = new StringBuilder();
        for (var i = 0; i < Batch; i++)
            batch.Append($"*3\r\n$3\r\nSET\r\n$16\r\nkey:{dice.Next(Keys):D12}\r\n${valueLength}\r\n{value}\r\n");
        var bytes = Encoding.ASCII.GetBytes(batch.ToString());
        while (!_stop)
        {
            for (var sent = 0; sent < bytes.Length && !_stop;)
                sent += socket.Send(bytes, sent, bytes.Length - sent, SocketFlags.None);
        }
    }

    private void Count(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        while (!_stop)
        {
            var read = socket.Receive(buffer);
            if (read == 0) return;
            foreach (var b in buffer.AsSpan(0, read))
            {
                if (b == (byte)'+') Interlocked.Increment(ref _acknowledged);
                else if (b == (byte)'-') Interlocked.Increment(ref _refused);
            }
        }
    }

    private void Ask(Socket socket, string key)
    {
        var command = Encoding.ASCII.GetBytes(string
            .Concat(Enumerable.Repeat($"*2\r\n$3\r\nGET\r\n${key.Length}\r\n{key}\r\n", 100)));
        while (!_stop) socket.Send(command);
    }
}
