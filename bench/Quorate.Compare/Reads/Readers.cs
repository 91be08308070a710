using System.Diagnostics;
using System.Net.Sockets;
using Quorate.Compare.Load;

namespace Quorate.Compare.Reads;

/// <summary>Clients that read one key after another and hold each answer against what it must be.</summary>
internal sealed class Readers : IDisposable
{
    private const double LongMilliseconds = 20;

    private readonly Thread[] _threads;
    private readonly Lock _lock = new();
    private readonly List<(long At, double Milliseconds)> _long = [];
    private readonly Dictionary<string, int> _wrong = [];
    private volatile bool _isOver;
    private long _reads;

    /// <param name="open">A connection for the client with this number.</param>
    public Readers(int clients, Func<int, RespClient> open)
    {
        _threads = [.. Enumerable.Range(0, clients).Select(i => new Thread(() => Read(open, i)) { IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>Answers that were none, with how often.</summary>
    public IReadOnlyDictionary<string, int> Wrong
    {
        get
        {
            lock (_lock) return new Dictionary<string, int>(_wrong);
        }
    }

    /// <summary>Milliseconds of the longest read that ended after the moment; 0: none was longer than 20.</summary>
    public double LongestSince(long timestamp)
    {
        lock (_lock) return _long.Where(l => l.At >= timestamp).Select(l => l.Milliseconds).DefaultIfEmpty().Max();
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (var thread in _threads) thread.Join();
    }

    private void Read(Func<int, RespClient> open, int seed)
    {
        try
        {
            using var client = open(seed);
            for (var i = seed; !_isOver; i++)
            {
                var start = Stopwatch.GetTimestamp();
                var reply = client.Call("GET", $"item:{i % ReadRun.Keys}");
                var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                Interlocked.Increment(ref _reads);
                if (reply.Text != ReadRun.Value) Note(reply.IsNull ? "nothing" : reply.Text);
                if (took < LongMilliseconds) continue;
                lock (_lock) _long.Add((Stopwatch.GetTimestamp(), took));
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            Note(e.Message);
        }
    }

    private void Note(string wrong)
    {
        lock (_lock) _wrong[wrong] = _wrong.GetValueOrDefault(wrong) + 1;
    }
}
