using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Overload;

/// <summary>Far more work than three nodes can do, then relief: memory stays bounded, nobody falls over, speed comes back by
/// itself.</summary>
internal static class OverloadRun
{
    private const int Writers = 64;
    private const int Deaf = 32;
    private const long MostGrowthBytes = 1_500_000_000;
    private const double LeastRecovery = 0.8;
    private const string GreatKey = "great";

    private static readonly TimeSpan FloodTime = TimeSpan.FromSeconds(20);

    public static bool Run(CompareOptions options, string folder)
    {
        using var cluster = new QuorateCluster(folder, options.Durability);
        var port = cluster.Ports[cluster.RequireLeader()];
        using (var client = RespClient.Connect(port)) client.Call("SET", GreatKey, new string('g', 50_000));
        BulkLoader.Fill(cluster, 100_000, 1000);
        Load(cluster);
        var before = Load(cluster);
        var memoryBefore = Resident(cluster);
        var terms = Term(cluster);

        long memoryPeak = 0, acknowledged, refused;
        double seconds;
        using (var flood = new Flood(port, Writers, Deaf, GreatKey))
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < FloodTime)
            {
                Thread.Sleep(250);
                memoryPeak = Math.Max(memoryPeak, Resident(cluster));
            }

            (acknowledged, refused, seconds) = (flood.Acknowledged, flood.Refused, clock.Elapsed.TotalSeconds);
        }

        var relief = Stopwatch.StartNew();
        var first = Load(cluster);
        var reliefSeconds = relief.Elapsed.TotalSeconds;
        var after = Load(cluster);
        var dropped = cluster.Metrics(cluster.RequireLeader())["quorate_clients_dropped_total"];
        var memoryAfter = Resident(cluster);

        var passes = memoryPeak - memoryBefore < MostGrowthBytes
            && after.OpsPerSecond > LeastRecovery * before.OpsPerSecond && acknowledged > 0;
        var text = new StringBuilder("# More than it can do\n\n");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"`bench/compare overload --durability {options.Durability}`, {Report.Machine()}, {DateTime.UtcNow:yyyy-MM-dd}. "
                + $"{Writers} clients write values of 1 000 bytes without waiting for replies and {Deaf} ask for a value of "
                + $"50 000 bytes again and again and never read, for {seconds:0} s; before and after it 50 clients write at "
                + $"pipeline 16.\n");
        text.AppendLine("| | writes/s | p99 ms | largest process MB |\n| --- | --- | --- | --- |");
        text.AppendLine(
            CultureInfo.InvariantCulture, $"| before | {before.OpsPerSecond:N0} | {before.P99:0.0} | {memoryBefore / 1e6:N0} |");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| during | {acknowledged / seconds:N0} acknowledged, {refused / seconds:N0} refused | – | {memoryPeak / 1e6:N0} "
                + $"at most |");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| at once after ({reliefSeconds:0.0} s) | {first.OpsPerSecond:N0} | {first.P99:0.0} | |");
        text.AppendLine(
            CultureInfo.InvariantCulture, $"| then | {after.OpsPerSecond:N0} | {after.P99:0.0} | {memoryAfter / 1e6:N0} |\n");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Clients dropped: {dropped:0}. The leader changed {Term(cluster) - terms:0} times. "
                + $"{(passes ? "Memory stayed bounded and speed came back by itself." : "FAILED: memory or speed is out of bounds.")}");
        Console.Write(text);
        Directory.CreateDirectory(options.Results);
        File.WriteAllText(Path.Combine(options.Results, "overload.md"), text.ToString());
        return passes;
    }

    private static Sample Load(QuorateCluster cluster) =>
        RedisBenchmark.Run(cluster, "set", 16, 400_000, keys: 100_000, valueLength: 1000);

    private static long Resident(QuorateCluster cluster) => cluster.Processes.Max(p => p.ResidentBytes());

    private static double Term(QuorateCluster cluster) => cluster.Metrics(cluster.RequireLeader())["quorate_term"];
}
