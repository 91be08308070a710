using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Load;

/// <summary>Runs redis-benchmark against the leader of a cluster and reads its report.</summary>
internal static class RedisBenchmark
{
    private const double QuietSeconds = 0.1;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);
    private static readonly Regex Throughput = new(
        @"throughput summary: ([0-9.]+) requests per second", RegexOptions.CultureInvariant);
    private static readonly Regex Percentile = new(
        @"([0-9.]+)% <= ([0-9.]+) milliseconds \(cumulative count", RegexOptions.CultureInvariant);

    /// <param name="cluster">Whose leader gets the load.</param>
    /// <param name="test"><c>set</c> or <c>get</c>.</param>
    /// <param name="keys">Keys are drawn from this many.</param>
    /// <param name="node">Index of the process that gets the load; null: the leader.</param>
    /// <param name="database">The number of the database or keyspace.</param>
    public static Sample Run(
        ServerCluster cluster,
        string test, int pipeline, long requests, int connections = 50, int keys = 1_000_000, int valueLength = 64,
        int? node = null, int database = 0)
    {
        var port = cluster.Ports[node ?? cluster.RequireLeader()];
        var start = new ProcessStartInfo("redis-benchmark")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "-h", "127.0.0.1", "-p", $"{port}", "-c", $"{connections}", "-n", $"{requests}", "-P", $"{pipeline}",
            "-d", $"{valueLength}", "-r", $"{keys}", "-t", test,
            "--dbnum", $"{database}",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        var cpuBefore = cluster.CpuSeconds();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("redis-benchmark did not start");
        using var watchdog = new Timer(_ => process.Kill(), null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var behind = Stopwatch.StartNew();
        if (process.ExitCode == 0) Settle(cluster);
        var cpu = cluster.CpuSeconds() - cpuBefore;
        if (process.ExitCode != 0 || output.Contains("Error from server", StringComparison.Ordinal))
            throw new InvalidOperationException(
                $"redis-benchmark against {cluster.Name}: {ErrorIn(output)}{ErrorIn(errors.Result)}{LastLines(output)}");
        return Parse(output, cpu / requests * 1e6) with { BehindSeconds = behind.Elapsed.TotalSeconds - QuietSeconds };
    }

    /// <summary>Waits until the servers have done what they put off: it is their work, and it must not go on in the other's
    /// turn.</summary>
    private static void Settle(ServerCluster cluster)
    {
        var clock = Stopwatch.StartNew();
        for (var before = cluster.CpuSeconds(); clock.Elapsed < SettleLimit;)
        {
            Thread.Sleep(TimeSpan.FromSeconds(QuietSeconds));
            var now = cluster.CpuSeconds();
            if (now - before <= QuietSeconds * 0.2) return;
            before = now;
        }
    }

    /// <summary>Reads the text report: unlike the CSV it has the steps from which p99.9 can be told.</summary>
    internal static Sample Parse(string output, double cpuSecondsPerMillion)
    {
        var throughput = Throughput.Match(output);
        if (!throughput.Success)
            throw new InvalidOperationException($"redis-benchmark said nothing about throughput: {LastLines(output)}");
        var steps = new List<(double Percent, double Milliseconds)>();
        foreach (Match match in Percentile.Matches(output)) steps.Add((Number(match.Groups[1]), Number(match.Groups[2])));

        // Two tables follow each other, the second by latency: sorting makes one ascending list of both.
        steps.Sort();
        return new Sample(Number(throughput.Groups[1]), At(50), At(99), At(99.9), cpuSecondsPerMillion);

        double At(double percent)
        {
            foreach (var step in steps)
            {
                if (step.Percent >= percent) return step.Milliseconds;
            }

            return double.NaN;
        }
    }

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string ErrorIn(string text) =>
        text.IndexOf("Error", StringComparison.Ordinal) is >= 0 and var at ? text[at..Math.Min(text.Length, at + 200)] + " " : "";

    private static string LastLines(string text) =>
        string.Join(' ', text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries).TakeLast(4));
}
