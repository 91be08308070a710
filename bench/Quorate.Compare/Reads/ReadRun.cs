using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Reads;

/// <summary>
/// Five real processes and a chain over three of them, read through a node without a replica: the reads spread over the
/// replicas; one that is stopped gets none within a second, and gets its share back when it goes on.
/// </summary>
internal static class ReadRun
{
    private const string Keyspace = "catalog";
    private const int Clients = 12;
    private const int SampleMilliseconds = 100;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);
    private static readonly Regex InSync = new(@"in-sync=\[(?<nodes>[^\]]*)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    public static bool Run(CompareOptions options, string folder)
    {
        using var cluster = new QuorateCluster(folder, options.Durability, nodes: 5);
        Create(cluster);
        var members = Members(cluster);
        var outsider = Enumerable.Range(0, 5).First(i => !members.Contains(i));
        using (var writer = Open(cluster.Ports[outsider]))
            for (var i = 0; i < 1000; i++) writer.Call("SET", $"item:{i}", "value");
        Console.WriteLine($"{cluster.Name}: {Keyspace} on {string.Join(", ", members.Select(m => $"n{m + 1}"))}, {Clients} clients read through n{outsider + 1}");
        using var readers = new Readers(cluster.Ports[outsider]);
        Thread.Sleep(2000); // the compiler's warm-up
        var victim = members[1];
        Console.WriteLine($"reads per replica in {SampleMilliseconds} ms; n{victim + 1} is stopped and goes on");
        var calm = Sample(cluster, outsider, members, readers, Before, "");
        var stoppedAt = Stopwatch.GetTimestamp();
        cluster.Processes[victim].Pause();
        var away = Sample(cluster, outsider, members, readers, Stopped, "stopped");
        cluster.Processes[victim].Resume();
        var back = Sample(cluster, outsider, members, readers, After, "goes on");
        return Judge(calm, away, back, readers, stoppedAt);
    }

    private static bool Judge(List<long[]> calm, List<long[]> away, List<long[]> back, Readers readers, long stoppedAt)
    {
        var total = calm.Sum(s => s.Sum());
        var shares = Enumerable.Range(0, 3).Select(i => 100.0 * calm.Sum(s => s[i]) / Math.Max(1, total)).ToArray();
        var lastStray = away.FindLastIndex(s => s[1] > 0) + 1;
        var firstBack = back.FindIndex(s => s[1] > s.Sum() / 10);
        var tail = back[^20..];
        var share = 100.0 * tail.Sum(s => s[1]) / Math.Max(1, tail.Sum(s => s.Sum()));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"before: {total / Before.TotalSeconds:0} reads/s, shares {shares[0]:0} %, {shares[1]:0} %, {shares[2]:0} %"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stopped: no read was sent to it after {lastStray * SampleMilliseconds} ms; longest wait of a client {readers.LongestSince(stoppedAt):0} ms; errors {readers.Errors}"));
        Console.WriteLine(firstBack < 0 ? "it never got reads again" : string.Create(CultureInfo.InvariantCulture, $"goes on: reads again after {firstBack * SampleMilliseconds} ms, share at the end {share:0} %"));
        var passes = shares.All(s => s > 20) && lastStray * SampleMilliseconds <= 1000 && share > 20 && readers.Errors == 0;
        Console.WriteLine(passes ? "passed" : "FAILED");
        return passes;
    }

    /// <summary>Runs of reads that the outsider sent to each replica, in steps.</summary>
    private static List<long[]> Sample(QuorateCluster cluster, int outsider, int[] members, Readers readers, TimeSpan length, string what)
    {
        var samples = new List<long[]>();
        var last = Sent(cluster, outsider, members);
        var clock = Stopwatch.StartNew();
        for (var next = SampleMilliseconds; clock.Elapsed < length; next += SampleMilliseconds)
        {
            if (next - clock.ElapsedMilliseconds is > 0 and var wait) Thread.Sleep((int)wait);
            var now = Sent(cluster, outsider, members);
            var sample = now.Zip(last, (a, b) => a - b).ToArray();
            samples.Add(sample);
            last = now;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.ElapsedMilliseconds,6} ms  {string.Join("  ", members.Zip(sample, (m, n) => $"n{m + 1} {n,5}"))}  {what}"));
        }

        return samples;
    }

    private static long[] Sent(QuorateCluster cluster, int outsider, int[] members)
    {
        var metrics = cluster.Metrics(outsider);
        return [.. members.Select(m => (long)metrics.GetValueOrDefault($"quorate_read_peer_sent_total{{node=\"n{m + 1}\"}}"))];
    }

    private static void Create(QuorateCluster cluster)
    {
        for (var attempt = 0; ; attempt++)
        {
            var reply = RespClient.TryCall(cluster.Ports[0], "KEYSPACE", "CREATE", Keyspace, "STRATEGY", "chain", "REPLICAS", "3", "READS", "craq");
            if (reply is { IsError: false }) break;
            if (attempt == 100) throw new InvalidOperationException($"{Keyspace} cannot be created: {reply?.Text ?? "no answer"}");
            Thread.Sleep(100);
        }

        foreach (var port in cluster.Ports) Open(port).Dispose();
    }

    private static int[] Members(QuorateCluster cluster)
    {
        for (var attempt = 0; attempt < 100; attempt++, Thread.Sleep(100))
        {
            if (RespClient.TryCall(cluster.Ports[0], "KEYSPACE", "SHOW", Keyspace) is not { IsError: false } shown) continue;
            var nodes = InSync.Match(shown.Text).Groups["nodes"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (nodes.Length == 3) return [.. nodes.Select(n => int.Parse(n[1..], CultureInfo.InvariantCulture) - 1)];
        }

        throw new InvalidOperationException($"{Keyspace} does not come to three replicas");
    }

    private static RespClient Open(int port)
    {
        for (var attempt = 0; attempt < 100; attempt++, Thread.Sleep(100))
        {
            var client = RespClient.Connect(port, 10_000);
            if (!client.Call("SELECT", Keyspace).IsError) return client;
            client.Dispose();
        }

        throw new InvalidOperationException($"{Keyspace} cannot be selected");
    }

    /// <summary>Clients that read one key after another.</summary>
    private sealed class Readers : IDisposable
    {
        private readonly Thread[] _threads;
        private readonly Lock _lock = new();
        private readonly List<(long At, double Milliseconds)> _long = [];
        private volatile bool _isOver;
        private int _errors;

        public Readers(int port)
        {
            _threads = [.. Enumerable.Range(0, Clients).Select(i => new Thread(() => Read(port, i)) { IsBackground = true })];
            foreach (var thread in _threads) thread.Start();
        }

        public int Errors => _errors;

        /// <summary>Milliseconds of the longest read that ended after the moment.</summary>
        public double LongestSince(long timestamp)
        {
            lock (_lock) return _long.Where(l => l.At >= timestamp).Select(l => l.Milliseconds).DefaultIfEmpty().Max();
        }

        public void Dispose()
        {
            _isOver = true;
            foreach (var thread in _threads) thread.Join();
        }

        private void Read(int port, int seed)
        {
            try
            {
                using var client = Open(port);
                for (var i = seed; !_isOver; i++)
                {
                    var start = Stopwatch.GetTimestamp();
                    var reply = client.Call("GET", $"item:{i % 1000}");
                    var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    if (reply.Text != "value") Interlocked.Increment(ref _errors);
                    if (took < 20) continue;
                    lock (_lock) _long.Add((Stopwatch.GetTimestamp(), took));
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.Increment(ref _errors);
            }
        }
    }
}
