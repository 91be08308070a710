using System.Globalization;
using System.Text;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Growth;

/// <summary>What keyspaces cost that nobody uses: processor time while nothing happens, memory, and what is left for one that is
/// used. [P11]</summary>
internal static class GroupGrowth
{
    /// <summary>The most that a node with a thousand idle groups may use of a core, in percent.</summary>
    public const double MostPercent = 3;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(15);

    /// <summary>One step: idle cost of the busiest node in percent of a core, and SETs of a keyspace that is used.</summary>
    public sealed record Step(
        int Groups, double IdlePercent, double MedianPercent, Sample Sample, long LeaderBytes, double CreateSeconds);

    public static GrowthPart Measure(string folder, bool isQuick)
    {
        var text = new StringBuilder("## Keyspaces\n\n");
        text.AppendLine(
            "Raft keyspaces of three replicas on three nodes, durability memory: a node's processor time while all are idle, "
                + "and SETs at pipeline 16 of one that is used beside them.\n");
        text.AppendLine(
            "| | idle, % of a core, the busiest node | the median node | SET/s | CPU µs/op, all servers | p99 ms | leader's "
                + "memory MB | creating all, s |\n| --- | --- | --- | --- | --- | --- | --- | --- |");
        var steps = new List<Step>();
        foreach (var groups in isQuick ? [1, 100] : new[] { 1, 10, 100, 1_000 }) steps.Add(MeasureOne(folder, groups));
        foreach (var step in steps)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {step.Groups:N0} {(step.Groups == 1 ? "keyspace" : "keyspaces")} | {step.IdlePercent:0.0} | "
                    + $"{step.MedianPercent:0.0} | {step.Sample.OpsPerSecond:N0} | {step.Sample.CpuSecondsPerMillion:0.00} | "
                    + $"{step.Sample.P99:0.00} | {step.LeaderBytes / 1e6:N0} | {step.CreateSeconds:0.0} |");
        }

        var holds = steps[^1].IdlePercent <= MostPercent
            && steps[^1].Sample.CpuSecondsPerMillion <= steps[0].Sample.CpuSecondsPerMillion * Curve.Tolerance;
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture,
            $"Idle keyspaces cost at most {MostPercent:0} % of a core, and one that is used costs at most {Curve.Tolerance:0} "
                + $"times as much beside them: {(holds ? "holds" : "does **not** hold")}.\n");
        return new GrowthPart("groups", text.ToString(), holds);
    }

    /// <param name="binary">The program to run; null: the one built here.</param>
    public static Step MeasureOne(string folder, int groups, string? binary = null)
    {
        using var cluster = new QuorateCluster(folder, "memory", binary: binary);
        RedisBenchmark.Run(cluster, "set", 16, 600_000, keys: 100_000);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Create(cluster, groups - 1); // the numbered databases are one
        var created = clock.Elapsed.TotalSeconds;
        Thread.Sleep(Settling);
        var before = cluster.Processes.Select(p => p.CpuSeconds()).ToArray();
        clock.Restart();
        Thread.Sleep(Watched);
        var seconds = clock.Elapsed.TotalSeconds;
        var idle = cluster.Processes.Select((p, i) => (p.CpuSeconds() - before[i]) / seconds * 100).Order().ToArray();
        Console.WriteLine(string
            .Create(
                CultureInfo.InvariantCulture,
                $"  {groups} groups: idle "
                    + $"{string.Join(", ", idle.Select(p => p.ToString("0.0", CultureInfo.InvariantCulture)))} % of a core, "
                    + $"created in {created:0.0} s"));
        var sample = RedisBenchmark.Run(cluster, "set", 16, 1_500_000);
        return new Step(
            groups, idle[^1], idle[idle.Length / 2], sample, cluster.Processes[cluster.RequireLeader()].ResidentBytes(), created);
    }

    private static void Create(QuorateCluster cluster, int count)
    {
        using var client = RespClient.Connect(cluster.Ports[0], 60_000);
        for (var i = 0; i < count; i++)
        {
            // A refusal while the control group has no leader, or too many at once, says to try again.
            for (var attempt = 0; ; attempt++)
            {
                var reply = client.Call(
                    "KEYSPACE", "CREATE", string.Create(CultureInfo.InvariantCulture, $"idle{i:D4}"), "STRATEGY", "raft",
                    "REPLICAS", "3", "DURABILITY", "memory");
                if (!reply.IsError || reply.Text.Contains("already", StringComparison.Ordinal)) break;
                if (attempt == 50) throw new InvalidOperationException($"KEYSPACE CREATE: {reply.Text}");
                Thread.Sleep(100);
            }
        }
    }
}
