using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Faults;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Reads;

/// <summary>
/// Five real processes, a keyspace on three of them, read through the two that have no replica: the reads spread over the
/// replicas; one that is stopped gets none within a second, and gets its share back when it goes on. First a chain, then a
/// primary with its backups; then bounded reads, which are to be refused where they cannot be kept.
/// </summary>
internal static class ReadRun
{
    public const int Keys = 1000;
    public const string Value = "value";

    private const int Clients = 12;
    private const int SampleMilliseconds = 100;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(8);

    public static bool Run(CompareOptions options, string folder)
    {
        using var cluster = new QuorateCluster(folder, options.Durability, nodes: 5, hasNetwork: true);
        Console.WriteLine($"{cluster.Name}: five processes on ports {string.Join(", ", cluster.Ports)}");
        var passes = Spread(cluster, new KeyspaceUnderTest("catalog", "STRATEGY chain REPLICAS 3 READS craq"), options.IsVerbose);
        passes &= Spread(cluster, new KeyspaceUnderTest("menu", "STRATEGY primary REPLICAS 3 READS eventual"), options.IsVerbose);
        passes &= BoundedRun.Run(cluster);
        Console.WriteLine(passes ? "passed" : "FAILED");
        return passes;
    }

    /// <summary>Waits until three replicas are in sync.</summary>
    public static Place Whole(QuorateCluster cluster, string keyspace)
    {
        for (var attempt = 0; attempt < 200; attempt++, Thread.Sleep(100))
            if (Place.Of(cluster, keyspace) is { Leader: >= 0, Members.Length: 3 } place) return place;
        throw new InvalidOperationException($"{keyspace} does not come to three replicas");
    }

    private static bool Spread(QuorateCluster cluster, KeyspaceUnderTest keyspace, bool isVerbose)
    {
        keyspace.Create(cluster);
        var place = Whole(cluster, keyspace.Name);
        int[] members = place.Members;
        int[] outsiders = [.. Enumerable.Range(0, cluster.Ports.Length).Except(members)];
        using (var writer = keyspace.Open(cluster.Ports[outsiders[0]]))
            for (var i = 0; i < Keys; i++) writer.Call("SET", $"item:{i}", Value);
        var at = Enumerable.Range(1, 2).First(i => members[i] != place.Leader);
        Console.WriteLine(
            $"{keyspace.Name} ({keyspace.Policy.ToLowerInvariant()}) on {Names(members)}; {Clients} clients read through "
                + $"{Names(outsiders)}; n{members[at] + 1} is stopped for {Stopped.TotalSeconds:0} s");
        using var readers = new Readers(Clients, i => keyspace.Open(cluster.Ports[outsiders[i % outsiders.Length]]));
        Thread.Sleep(WarmUp);
        var beganAt = Stopwatch.GetTimestamp();
        var before = readers.Reads;
        var calm = Sample(cluster, outsiders, members, Before, isVerbose, "");
        var rate = (readers.Reads - before) / Before.TotalSeconds;
        var calmest = readers.LongestSince(beganAt);
        var stoppedAt = Stopwatch.GetTimestamp();
        cluster.Processes[members[at]].Pause();
        var away = Sample(cluster, outsiders, members, Stopped, isVerbose, "stopped");
        cluster.Processes[members[at]].Resume();
        var back = Sample(cluster, outsiders, members, After, isVerbose, "goes on");
        return Judge(new(rate, calmest, calm, away, back, at), readers, stoppedAt);
    }

    private static bool Judge(Measured measured, Readers readers, long stoppedAt)
    {
        var (calm, away, back, at) = (measured.Calm, measured.Away, measured.Back, measured.Stopped);
        var total = Math.Max(1, calm.Sum(s => s.Sum()));
        var shares = Enumerable.Range(0, 3).Select(i => 100.0 * calm.Sum(s => s[i]) / total).ToArray();
        var lastStray = (away.FindLastIndex(s => s[at] > 0) + 1) * SampleMilliseconds;
        var firstBack = back.FindIndex(s => s[at] > s.Sum() / 10);
        var tail = back[^20..];
        var share = 100.0 * tail.Sum(s => s[at]) / Math.Max(1, tail.Sum(s => s.Sum()));
        var wrong = readers.Wrong;
        Console.WriteLine(string
            .Create(
                CultureInfo.InvariantCulture,
                $"  before: {measured.Rate:0} reads/s, shares {shares[0]:0} %, {shares[1]:0} %, {shares[2]:0} %; longest wait "
                    + $"of a client {measured.Calmest:0} ms"));
        Console.WriteLine(string
            .Create(
                CultureInfo.InvariantCulture,
                $"  stopped: no read was sent to it after {lastStray} ms; longest wait of a client "
                    + $"{readers.LongestSince(stoppedAt):0} ms; wrong answers {wrong.Values.Sum()}"));
        Console.WriteLine(firstBack < 0
            ? "  it never got reads again"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"  goes on: reads again after {firstBack * SampleMilliseconds} ms, share at the end {share:0} %"));
        foreach (var (text, count) in wrong) Console.WriteLine($"  {count} times: {text}");
        return shares.All(s => s > 20) && lastStray <= 1000 && share > 20 && wrong.Count == 0;
    }

    /// <summary>Runs of reads that the outsiders sent to each replica, in steps.</summary>
    private static List<long[]> Sample(
        QuorateCluster cluster, int[] outsiders, int[] members, TimeSpan length, bool isVerbose, string what)
    {
        var samples = new List<long[]>();
        var last = Sent(cluster, outsiders, members);
        var clock = Stopwatch.StartNew();
        for (var next = SampleMilliseconds; clock.Elapsed < length; next += SampleMilliseconds)
        {
            if (next - clock.ElapsedMilliseconds is > 0 and var wait) Thread.Sleep((int)wait);
            var now = Sent(cluster, outsiders, members);
            samples.Add([.. now.Zip(last, (a, b) => a - b)]);
            last = now;
            if (isVerbose)
                Console.WriteLine(string
                    .Create(
                        CultureInfo.InvariantCulture,
                        $"{clock.ElapsedMilliseconds,6} ms  "
                            + $"{string.Join("  ", members.Zip(samples[^1], (m, n) => $"n{m + 1} {n,5}"))}  {what}"));
        }

        return samples;
    }

    private static long[] Sent(QuorateCluster cluster, int[] outsiders, int[] members)
    {
        var sent = new long[members.Length];
        foreach (var outsider in outsiders)
        {
            var metrics = cluster.Metrics(outsider);
            for (var i = 0; i < members.Length; i++)
                sent[i] += (long)metrics.GetValueOrDefault($"quorate_read_peer_sent_total{{node=\"n{members[i] + 1}\"}}");
        }

        return sent;
    }

    private static string Names(int[] nodes) => string.Join(", ", nodes.Select(n => $"n{n + 1}"));

    private sealed record Measured(
        double Rate, double Calmest, List<long[]> Calm, List<long[]> Away, List<long[]> Back, int Stopped);
}
