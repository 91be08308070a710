using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Compare.Load;

/// <summary>Some clients that each write one key at a time and note when each write began and how long it took.</summary>
internal sealed class LatencyProbe : IDisposable
{
    private const int MostSamples = 8_000_000;
    private const int Keys = 1_000_000;

    private readonly List<(long Began, int Microseconds)[]> _samples = [];
    private readonly List<Thread> _threads = [];
    private readonly int[] _counts;
    private volatile bool _stop;

    public LatencyProbe(int port, int clients)
    {
        _counts = new int[clients];
        for (var i = 0; i < clients; i++)
        {
            var (id, samples) = (i, new (long, int)[MostSamples / clients]);
            _samples.Add(samples);
            var thread = new Thread(() => Run(port, id, samples)) { IsBackground = true, Name = $"probe {i}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Milliseconds of the writes that were under way at some time between the two moments, ascending. After
    /// <see cref="Dispose"/>.</summary>
    public double[] Between(long from, long to)
    {
        var found = new List<double>();
        for (var client = 0; client < _counts.Length; client++)
        {
            for (var i = 0; i < _counts[client]; i++)
            {
                var (began, microseconds) = _samples[client][i];
                if (began <= to && began + (microseconds * (Stopwatch.Frequency / 1_000_000)) >= from)
                    found.Add(microseconds / 1000.0);
            }
        }

        found.Sort();
        return [.. found];
    }

    public void Dispose()
    {
        _stop = true;
        foreach (var thread in _threads) thread.Join();
    }

    private void Run(int port, int id, (long Began, int Microseconds)[] samples)
    {
        using var socket = new Socket(
            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        { NoDelay = true, ReceiveTimeout = 30_000 };
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            var dice = new Random(id);
            var reply = new byte[256];
            var value = new string('y', 64);
            for (var n = 0; !_stop && n < samples.Length; n++)
            {
                var command = Encoding.ASCII.GetBytes(
                    $"*3\r\n$3\r\nSET\r\n$16\r\nkey:{dice.Next(Keys):D12}\r\n$64\r\n{value}\r\n");
                var began = Stopwatch.GetTimestamp();
                socket.Send(command);
                var read = socket.Receive(reply);
                if (read == 0 || reply[0] != (byte)'+') return;
                samples[n] = (began, (int)Stopwatch.GetElapsedTime(began).TotalMicroseconds);
                _counts[id] = n + 1;
            }
        }
        catch (SocketException)
        {
            // The server is gone: what was measured stays.
        }
    }
}
