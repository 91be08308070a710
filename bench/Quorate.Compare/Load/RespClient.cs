using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Compare.Load;

/// <summary>
/// A blocking client over one loopback connection, written for tests: every wait has a limit, every failure is an
/// <see cref="IOException"/> or <see cref="SocketException"/>. Not thread-safe.
/// </summary>
internal sealed class RespClient : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly StringBuilder _line = new();
    private byte[] _output = new byte[64 * 1024];
    private int _outputLength;
    private int _start;
    private int _end;

    private RespClient(Socket socket) => _socket = socket;

    /// <param name="port">A loopback port.</param>
    /// <param name="limitMilliseconds">Longest wait for any reply.</param>
    public static RespClient Connect(int port, int limitMilliseconds = 5000) =>
        Connect(new IPEndPoint(IPAddress.Loopback, port), limitMilliseconds);

    public static RespClient Connect(IPEndPoint address, int limitMilliseconds)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.ReceiveTimeout = limitMilliseconds;
            socket.SendTimeout = limitMilliseconds;
            socket.Connect(address);
            return new RespClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static bool TryPing(int port) => TryCall(port, "PING") is { IsError: false };

    /// <summary>One command over a connection of its own; null when the server cannot be reached.</summary>
    public static RespReply? TryCall(int port, params string[] words)
    {
        try
        {
            using var client = Connect(port, 1000);
            return client.Call(words);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
    }

    public RespReply Call(params string[] words)
    {
        Queue(words);
        Flush();
        return Read();
    }

    /// <summary>Adds a command to the output without sending it: call <see cref="Flush"/>, then <see cref="Read"/> as often as
    /// queued.</summary>
    public void Queue(params string[] words)
    {
        Append($"*{words.Length}\r\n");
        foreach (var word in words) Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
    }

    public void Flush()
    {
        for (var sent = 0; sent < _outputLength;) sent += _socket.Send(_output, sent, _outputLength - sent, SocketFlags.None);
        _outputLength = 0;
    }

    public RespReply Read()
    {
        var line = ReadLine();
        if (line.Length == 0) throw new IOException("an empty line instead of a reply");
        var rest = line[1..];
        switch (line[0])
        {
            case '+' or ':': return new RespReply(rest);
            case '-': return new RespReply(rest, IsError: true);
            case '_': return new RespReply("", IsNull: true);
            case '$':
                var length = int.Parse(rest, CultureInfo.InvariantCulture);
                if (length < 0) return new RespReply("", IsNull: true);
                var bytes = new byte[length];
                for (var i = 0; i < length; i++) bytes[i] = ReadByte();
                ReadByte();
                ReadByte();
                return new RespReply(Encoding.UTF8.GetString(bytes));
            case '*':
                var count = int.Parse(rest, CultureInfo.InvariantCulture);
                if (count < 0) return new RespReply("", IsNull: true);
                var items = new RespReply[count];
                for (var i = 0; i < count; i++) items[i] = Read();
                return new RespReply("", Items: items);
            default: throw new IOException($"not a RESP2 reply: {line}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Append(string text)
    {
        var needed = _outputLength + Encoding.UTF8.GetMaxByteCount(text.Length);
        if (needed > _output.Length) Array.Resize(ref _output, Math.Max(needed, _output.Length * 2));
        _outputLength += Encoding.UTF8.GetBytes(text, _output.AsSpan(_outputLength));
    }

    private string ReadLine()
    {
        _line.Clear();
        while (true)
        {
            var b = ReadByte();
            if (b == '\r')
            {
                ReadByte();
                return _line.ToString();
            }

            _line.Append((char)b);
        }
    }

    private byte ReadByte()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = _socket.Receive(_input);
            if (_end == 0) throw new IOException("the server closed the connection");
        }

        return _input[_start++];
    }
}
