using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Rows;

/// <summary>P10: what clients that write one key at a time feel while every node writes a snapshot, and how long a cluster takes
/// to come back from snapshot and journal.</summary>
internal static class SnapshotRow
{
    private const int Clients = 16;
    private const long BytesPerEntry = 115;
    private const long ThresholdBytes = 256L << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    public static IEnumerable<Line> Measure(QuorateCluster cluster, int keys)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"{keys / 1_000_000} M keys");
        BulkLoader.Fill(cluster, keys);
        var leader = cluster.RequireLeader();
        Push(cluster, leader);

        double[] during, before;
        double seconds;
        using (var probe = new LatencyProbe(cluster.Ports[leader], Clients))
        {
            Thread.Sleep(500);
            var settled = Stopwatch.GetTimestamp();
            var (began, ended) = AwaitSnapshot(cluster, leader);
            Thread.Sleep(200);
            probe.Dispose();
            during = probe.Between(began, ended);
            before = probe.Between(settled, began - 1);
            seconds = Stopwatch.GetElapsedTime(began, ended).TotalSeconds;
        }

        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"{Clients} clients, {during.Length} writes in {seconds:0.00} s of snapshot: p50 "
                + $"{Sample.Percentile(during, 50):0.00} p99 {Sample.Percentile(during, 99):0.00} p99.9 "
                + $"{Sample.Percentile(during, 99.9):0.00} largest {during.LastOrDefault():0.0} ms; before it "
                + $"({before.Length} writes) p50 {Sample.Percentile(before, 50):0.00} p99 "
                + $"{Sample.Percentile(before, 99):0.00} p99.9 {Sample.Percentile(before, 99.9):0.00} largest "
                + $"{before.LastOrDefault():0.0} ms");
        Console.WriteLine($"  P10 {label}: {note}");
        yield return Line(
            $"p99.9 of SET, pipeline 1, while a snapshot of {label} is written", Sample.Percentile(during, 99.9), 10, "ms", note);

        var recovery = Recover(cluster, keys);
        Console.WriteLine($"  P10 {label}: {recovery:0.00} s from kill -9 of all nodes to the first answer");
        yield return Line($"recovery of {label}, kill -9 of all three, to the first answer", recovery, null, "s", "");
    }

    /// <summary>Writes until a snapshot is sealed, then most of what the next one waits for.</summary>
    private static void Push(QuorateCluster cluster, int leader)
    {
        var seen = Sealed(cluster, leader);
        var clock = Stopwatch.StartNew();
        while (Sealed(cluster, leader) is var now && (now.Name.Length == 0 || now.Name == seen.Name))
        {
            if (clock.Elapsed > Patience) throw new InvalidOperationException($"{cluster.Name}: no snapshot is made");
            RedisBenchmark.Run(cluster, "set", 64, 300_000);
        }

        var threshold = Math.Max(ThresholdBytes, 2 * Sealed(cluster, leader).Length);
        RedisBenchmark.Run(cluster, "set", 64, threshold / BytesPerEntry * 7 / 10);
    }

    private static (long Began, long Ended) AwaitSnapshot(QuorateCluster cluster, int leader)
    {
        var clock = Stopwatch.StartNew();
        var seen = Sealed(cluster, leader).Name;
        long began = 0;
        while (Sealed(cluster, leader).Name == seen)
        {
            if (clock.Elapsed > Patience) throw new InvalidOperationException($"{cluster.Name}: no snapshot is made in time");
            if (began == 0 && IsMaking(cluster, leader)) began = Stopwatch.GetTimestamp();
            Thread.Sleep(5);
        }

        var ended = Stopwatch.GetTimestamp();
        return (began == 0 ? ended : began, ended);
    }

    private static (string Name, long Length) Sealed(QuorateCluster cluster, int node)
    {
        var newest = Files(cluster, node)
            .Where(f => !f.Name.EndsWith(".unfinished", StringComparison.Ordinal)).OrderBy(f => f.Name, StringComparer.Ordinal)
            .LastOrDefault();
        return newest is null ? ("", 0) : (newest.Name, newest.Exists ? newest.Length : 0);
    }

    private static bool IsMaking(QuorateCluster cluster, int node) =>
        Files(cluster, node).Any(f => f.Name.EndsWith(".unfinished", StringComparison.Ordinal));

    private static IEnumerable<FileInfo> Files(QuorateCluster cluster, int node)
    {
        var folder = new DirectoryInfo(Path.Combine(cluster.DataFolder(node), "snapshots"));
        return folder.Exists ? folder.EnumerateFiles("*", SearchOption.AllDirectories) : [];
    }

    private static double Recover(QuorateCluster cluster, int keys)
    {
        foreach (var process in cluster.Processes) process.KillAtOnce();
        foreach (var process in cluster.Processes) process.Kill();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < cluster.Processes.Length; i++) cluster.Restart(i);
        while (clock.Elapsed < Patience)
        {
            foreach (var port in cluster.Ports)
            {
                if (RespClient.TryCall(port, "GET", $"key:{keys - 1:D12}") is not { IsError: false, IsNull: false }) continue;
                var seconds = clock.Elapsed.TotalSeconds;
                var size = RespClient.TryCall(cluster.Ports[cluster.RequireLeader()], "DBSIZE")?.Text;
                if (long.Parse(size ?? "0", CultureInfo.InvariantCulture) < keys)
                    throw new InvalidOperationException($"{cluster.Name} came back with {size} keys");
                return seconds;
            }

            Thread.Sleep(10);
        }

        throw new InvalidOperationException($"{cluster.Name} does not come back");
    }

    private static Line Line(string what, double measured, double? target, string unit, string note) => new()
    {
        Id = "P10",
        What = what,
        Ours = "Quorate fsync",
        Theirs = "",
        Measured = measured,
        Target = target,
        IsUpperBound = true,
        Unit = unit,
        Note = note,
    };
}
