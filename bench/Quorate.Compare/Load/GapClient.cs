using System.Diagnostics;
using System.Net.Sockets;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Load;

/// <summary>A client that writes without pause, one request at a time, and goes to the next endpoint when one fails or is
/// slow.</summary>
internal sealed class GapClient : IDisposable
{
    private const int LimitMilliseconds = 200;

    private readonly Func<int, string, bool> _tryWrite;
    private readonly int[] _ports;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly List<long> _acknowledged = [];
    private volatile bool _stop;

    private GapClient(int[] ports, Func<int, string, bool> tryWrite)
    {
        (_ports, _tryWrite) = (ports, tryWrite);
        _thread = new Thread(Run) { IsBackground = true, Name = "gap client" };
        _thread.Start();
    }

    public static GapClient OnResp(ServerCluster cluster)
    {
        RespClient? client = null;
        var connectedTo = 0;
        return new GapClient(cluster.Ports, (port, key) =>
        {
            try
            {
                if (client is null || connectedTo != port)
                {
                    client?.Dispose();
                    client = null;
                    client = RespClient.Connect(port, LimitMilliseconds);
                    connectedTo = port;
                }

                if (client.Call("SET", key, "x").IsOk) return true;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
            }

            // A reply that comes too late must not be taken for the next one's.
            client?.Dispose();
            client = null;
            return false;
        });
    }

    public static GapClient OnEtcd(EtcdCluster cluster) =>
        new(cluster.Ports, (port, key) => EtcdGateway.TryPut(port, key, "x", LimitMilliseconds));

    /// <summary>Longest time without an acknowledged write since the given moment, in seconds, the time up to now
    /// included.</summary>
    public double LongestGapSince(long timestamp)
    {
        lock (_lock)
        {
            var last = timestamp;
            var longest = 0L;
            foreach (var moment in _acknowledged)
            {
                if (moment < timestamp) continue;
                longest = Math.Max(longest, moment - last);
                last = moment;
            }

            longest = Math.Max(longest, Stopwatch.GetTimestamp() - last);
            return longest / (double)Stopwatch.Frequency;
        }
    }

    /// <summary>Writes acknowledged since the given moment.</summary>
    public int CountSince(long timestamp)
    {
        lock (_lock) return _acknowledged.Count(m => m >= timestamp);
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run()
    {
        var endpoint = 0;
        for (var n = 0; !_stop; n++)
        {
            if (_tryWrite(_ports[endpoint], $"gap:{n % 1000}"))
            {
                lock (_lock) _acknowledged.Add(Stopwatch.GetTimestamp());
            }
            else
            {
                endpoint = (endpoint + 1) % _ports.Length;
                Thread.Sleep(2);
            }
        }
    }
}
