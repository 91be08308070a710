using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Compare.Rows;

namespace Quorate.Compare.Strategies;

/// <summary>Every strategy beside Redis with an asynchronous replica: one keyspace at a time on three nodes, each as if in a
/// region of its own.</summary>
internal sealed class StrategyRun(CompareOptions options)
{
    private const int Database = 1;
    private const int Keys = 1_000_000;
    private const double Seconds = 2.5;

    private static readonly int[] Pipelines = [1, 16, 64];

    private readonly int _rounds = options.Rounds ?? (options.IsQuick ? 1 : 3);
    private readonly List<StrategyLine> _lines = [];
    private double _rate;

    /// <summary>Measures the cases that the options want and writes strategies.md, .json and .svg; what was measured before and
    /// not now is kept with its date. True when nothing failed.</summary>
    public static bool Run(CompareOptions options, string folder)
    {
        var cases = StrategyCase.All.Where(c => options.Wants(c.Name)).ToList();
        var (lines, failures) = Measure(options, folder, cases);
        Console.WriteLine();
        Console.Write(StrategyReport.Table(lines));
        foreach (var failure in failures) Console.Error.WriteLine($"failed: {failure}");
        return failures.Count == 0 && lines.Count > 0;
    }

    /// <summary>The lines of these cases, and why others are missing. Each is written as soon as it is measured.</summary>
    public static (IReadOnlyList<StrategyLine> Lines, IReadOnlyList<string> Failures) Measure(
        CompareOptions options, string folder, IReadOnlyList<StrategyCase> cases)
    {
        var run = new StrategyRun(options);
        var failures = new List<string>();
        foreach (var peers in cases.GroupBy(c => (c.Beside, c.RedisReplicas)))
        {
            using var ours = new QuorateCluster(folder, "memory", areRegions: true);
            using var theirs = new RedisCluster(folder, peers.Key.Beside, peers.Key.RedisReplicas);
            BulkLoader.Fill(theirs, options.IsQuick ? Keys / 4 : Keys);
            foreach (var one in peers)
            {
                try
                {
                    run.Measure(one, ours, theirs);
                    StrategyReport.WriteTo(options.Results, run._lines);
                }
                catch (InvalidOperationException e)
                {
                    failures.Add($"{one.Name}: {e.Message}");
                    Console.WriteLine($"  failed: {failures[^1]}");
                    if (ours.Processes.Any(p => p.HasExited)) break;
                }
            }
        }

        return (run._lines, failures);
    }

    private void Measure(StrategyCase one, QuorateCluster ours, RedisCluster theirs)
    {
        using var keyspace = new KeyspaceOf(ours, one.Name, Database, one.Policy);
        Console.WriteLine($"{one.Name}: {one.Policy}, replicas on {string.Join(", ", keyspace.Nodes.Select(n => $"n{n + 1}"))}");
        WarmUp(ours, keyspace);
        foreach (var pipeline in Pipelines)
            Compare(one, "SET", "set", pipeline, keyspace.Nodes[0], pipeline == 16 ? one.Target : null, ours, theirs);
        foreach (var read in one.Reads)
        {
            if (read.Reads is not null) keyspace.Alter("READS", read.Reads);
            var node = keyspace.Nodes[read.Place];
            RedisBenchmark.Run(ours, "get", 16, 400_000 / Share, node: node, database: Database);
            foreach (var pipeline in _rounds < 3 ? [16] : Pipelines)
                Compare(one, $"GET {read.Name}", "get", pipeline, node, null, ours, theirs);
        }
    }

    private int Share => options.IsQuick ? 4 : 1;

    private void Compare(
        StrategyCase one, string what, string test, int pipeline, int node, double? target, QuorateCluster ours,
        RedisCluster theirs)
    {
        var theirRequests = (pipeline == 1 ? 160_000 : pipeline == 16 ? 1_000_000 : 1_500_000) / Share;
        // What takes long per operation takes fewer of them, so that every figure comes from a few seconds.
        var ourRequests = Math.Clamp(
            (long)(_rate * Seconds * (pipeline == 1 ? 0.2 : pipeline == 16 ? 1 : 1.5)), 20_000, theirRequests);
        var beside = $"{theirs.Name}, {(theirs.Ports.Length == 1 ? "no replica" : "one replica")}";
        var line = ThroughputRow.Measure(
            "P6", $"{one.Name}, {what}, pipeline {pipeline}", target, _rounds, "Quorate", beside,
            () => RedisBenchmark.Run(ours, test, pipeline, ourRequests, node: node, database: Database),
            () => RedisBenchmark.Run(theirs, test, pipeline, theirRequests));
        _lines.Add(new StrategyLine
        {
            Case = one.Name,
            Policy = one.Policy,
            What = what,
            Pipeline = pipeline,
            Ours = line.OurSample!,
            Theirs = line.TheirSample,
            Beside = beside,
            Target = target,
            Rounds = _rounds,
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            Revision = Report.Revision,
        });
    }

    private void WarmUp(QuorateCluster ours, KeyspaceOf keyspace)
    {
        RedisBenchmark.Run(ours, "set", 1, 40_000 / Share, node: keyspace.Nodes[0], database: Database);
        BulkLoader.Fill(ours, options.IsQuick ? Keys / 4 : Keys, node: keyspace.Nodes[0], database: Database);
        RedisBenchmark.Run(ours, "set", 16, 200_000, node: keyspace.Nodes[0], database: Database);
        _rate = RedisBenchmark.Run(
            ours, "set", 16, options.IsQuick ? 100_000 : 200_000, node: keyspace.Nodes[0], database: Database).OpsPerSecond;
    }
}
