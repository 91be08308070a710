using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Data.Tests;

/// <summary>A real Redis on a free loopback port, when one is installed.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly Process _process;
    private readonly TcpClient _client;
    private readonly Stream _stream;

    private RedisServer(Process process, TcpClient client)
    {
        (_process, _client) = (process, client);
        _stream = new BufferedStream(client.GetStream());
    }

    /// <summary>Null when it is not installed.</summary>
    public static RedisServer? TryStart()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(d => Path.Combine(d, "redis-server")).FirstOrDefault(File.Exists);
        if (path is null) return null;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            var start = new ProcessStartInfo(
                path,
                    ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            using var bound = new CancellationTokenSource(Never.Bound);
            while (!bound.IsCancellationRequested && !process.HasExited)
            {
                try
                {
                    var client = new TcpClient();
                    client.Connect(IPAddress.Loopback, port);
                    client.ReceiveTimeout = (int)Never.Bound.TotalMilliseconds;
                    return new RedisServer(process, client);
                }
                catch (SocketException)
                {
                    Thread.Sleep(25);
                }
            }

            if (!process.HasExited) process.Kill();
        }

        throw new InvalidOperationException("redis-server is installed but does not start");
    }

    /// <summary>Sends one command and returns its reply as it came.</summary>
    public byte[] Do(byte[][] words)
    {
        _stream.Write(Encoding.ASCII.GetBytes($"*{words.Length}\r\n"));
        foreach (var word in words)
        {
            _stream.Write(Encoding.ASCII.GetBytes($"${word.Length}\r\n"));
            _stream.Write(word);
            _stream.Write("\r\n"u8);
        }

        _stream.Flush();
        var reply = new MemoryStream();
        Read(reply);
        return reply.ToArray();
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Read(MemoryStream into)
    {
        var line = new List<byte>();
        do
        {
            var b = _stream.ReadByte();
            if (b < 0) throw new EndOfStreamException();
            line.Add((byte)b);
        }
        while (line.Count < 2 || line[^1] != '\n' || line[^2] != '\r');
        into.Write([.. line]);
        var number = line[0] is (byte)'$' or (byte)'*' or (byte)'%' or (byte)'~'
            ? int.Parse(Encoding.ASCII.GetString([.. line.Skip(1).SkipLast(2)]), CultureInfo.InvariantCulture) : -1;
        if (line[0] == '$' && number >= 0)
        {
            var body = new byte[number + 2];
            _stream.ReadExactly(body);
            into.Write(body);
        }
        else if (line[0] is (byte)'*' or (byte)'%' or (byte)'~')
        {
            for (var i = 0; i < (line[0] == '%' ? number * 2 : number); i++) Read(into);
        }
    }
}
