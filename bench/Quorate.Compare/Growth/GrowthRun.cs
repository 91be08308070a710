using System.Globalization;
using System.Text;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Growth;

/// <summary>Measures what ten times more of something costs: keys, bytes of value, connections, replicas.</summary>
internal static class GrowthRun
{
    private const int Million = 1_000_000;

    /// <summary>True when nothing grows faster than its work.</summary>
    public static bool Run(CompareOptions options, string folder)
    {
        var parts = new List<GrowthPart>();
        if (options.Wants("keys")) parts.AddRange(Keys(folder, options.IsQuick).Select(GrowthPart.Of));
        if (options.Wants("values")) parts.Add(GrowthPart.Of(Values(folder)));
        if (options.Wants("connections")) parts.AddRange(Connections(folder).Select(GrowthPart.Of));
        if (options.Wants("replicas")) parts.Add(GrowthPart.Of(Replicas(folder)));
        if (options.Wants("sets")) parts.Add(SetGrowth.Measure(folder, options.IsQuick));
        if (options.Wants("groups")) parts.Add(GroupGrowth.Measure(folder, options.IsQuick));

        Directory.CreateDirectory(Path.Combine(options.Results, "growth"));
        foreach (var part in parts)
        {
            Console.WriteLine(part.Markdown);
            File.WriteAllText(Path.Combine(options.Results, "growth", part.Name + ".part"), part.Markdown);
        }

        Assemble(options.Results);
        return parts.TrueForAll(p => p.Holds);
    }

    /// <summary>growth.md from the parts of this run and of earlier ones, so that the dimensions can be measured one at a
    /// time.</summary>
    private static void Assemble(string results)
    {
        var text = new StringBuilder("# What more costs\n\n");
        text.AppendLine(
            "`bench/growth`: server processes on loopback, durability memory, the load generator on the same machine; each "
                + "step once.");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"A curve holds when processor time per operation grows at most {Curve.Tolerance:0.0} times as fast as the work "
                + $"of one operation.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Report.Machine()}, {DateTime.UtcNow:yyyy-MM-dd}.\n");
        foreach (var part in Directory.EnumerateFiles(Path.Combine(results, "growth"), "*.part").Order(StringComparer.Ordinal))
            text.Append(File.ReadAllText(part));
        File.WriteAllText(Path.Combine(results, "growth.md"), text.ToString().TrimEnd() + "\n");
    }

    private static IEnumerable<Curve> Keys(string folder, bool isQuick)
    {
        var (sets, gets) = (new List<Point>(), new List<Point>());
        foreach (var keys in isQuick ? [100_000, Million] : new[] { 100_000, Million, 10 * Million })
        {
            using var ours = new QuorateCluster(folder, "memory");
            WarmUp(ours);
            var empty = Resident(ours);
            BulkLoader.Fill(ours, keys);
            var bytes = Resident(ours);
            var theirs = RedisBytes(folder, keys);
            var note = string.Create(
                CultureInfo.InvariantCulture,
                $"{(bytes - empty) / (double)keys:0} B a key above the process with 100 k; Redis {theirs / 1e6:N0} MB; GC "
                    + $"pauses since the start {ours.Metrics(ours.RequireLeader())["quorate_gc_pause_seconds_total"]:0.00} s");
            var step = $"{keys:N0} keys";
            sets.Add(new Point(step, 1, RedisBenchmark.Run(ours, "set", 16, 1_500_000, keys: keys), Resident(ours), note));
            gets.Add(new Point(step, 1, RedisBenchmark.Run(ours, "get", 16, 1_500_000, keys: keys), Resident(ours)));
        }

        yield return new Curve("Keys, SET", "Ten times the keys, the same work", sets);
        yield return new Curve("Keys, GET", "Ten times the keys, the same work", gets);
    }

    private static Curve Values(string folder)
    {
        var points = new List<Point>();
        using var ours = new QuorateCluster(folder, "memory");
        WarmUp(ours);
        foreach (var length in new[] { 64, 640, 6_400, 64_000, Million })
        {
            var keys = Math.Min(100_000, 200 * Million / length);
            var requests = Math.Clamp(4_000L * Million / length, 1_500, 1_000_000);
            var sample = RedisBenchmark.Run(
                ours, "set", length > 10_000 ? 1 : 16, requests, length > 100_000 ? 10 : 50, keys, length);
            // Bytes of the command: what it would cost were nothing but copying to be done.
            points.Add(new Point(
                $"{length:N0} B", (length + 50) / 114.0, sample, Resident(ours),
                string.Create(CultureInfo.InvariantCulture, $"{sample.OpsPerSecond * length / 1e6:N0} MB/s")));
        }

        return new Curve("Values", "Ten times the bytes, at most ten times the work", points);
    }

    private static IEnumerable<Curve> Connections(string folder)
    {
        using var ours = new QuorateCluster(folder, "memory");
        WarmUp(ours);
        foreach (var pipeline in new[] { 1, 16 })
        {
            var points = new List<Point>();
            foreach (var connections in new[] { 5, 50, 500 })
            {
                var sample = RedisBenchmark.Run(ours, "set", pipeline, pipeline == 1 ? 200_000 : 1_500_000, connections);
                points.Add(new Point($"{connections} connections", 1, sample, Resident(ours)));
            }

            yield return new Curve($"Connections, pipeline {pipeline}", "Ten times the connections, the same work", points);
        }
    }

    private static Curve Replicas(string folder)
    {
        var points = new List<Point>();
        foreach (var replicas in new[] { 1, 3, 5, 7 })
        {
            using var ours = new QuorateCluster(folder, "memory", replicas);
            WarmUp(ours);
            points.Add(new Point(
                $"{replicas} {(replicas == 1 ? "replica" : "replicas")}", replicas,
                RedisBenchmark.Run(ours, "set", 16, 1_500_000), Resident(ours)));
        }

        return new Curve("Replicas", "Each replica does the work of one", points);
    }

    private static long RedisBytes(string folder, int keys)
    {
        using var redis = new RedisCluster(
            Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("N"))).FullName, appendFsyncAlways: false,
            replicas: 0);
        BulkLoader.Fill(redis, keys);
        return redis.Processes[0].ResidentBytes();
    }

    private static void WarmUp(QuorateCluster cluster)
    {
        RedisBenchmark.Run(cluster, "set", 16, 600_000, keys: 100_000);
        RedisBenchmark.Run(cluster, "get", 16, 400_000, keys: 100_000);
    }

    private static long Resident(QuorateCluster cluster) => cluster.Processes[cluster.RequireLeader()].ResidentBytes();
}
