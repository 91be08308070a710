using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Overload;

/// <summary>A follower is stopped until the log in memory does not reach back to it any more, and comes back while writers do all
/// they can: how long until it has everything, and what the writers feel of it.</summary>
internal static class ComebackRun
{
    private const int Keys = 1_000_000;
    private const int Requests = 1_500_000;
    private const int RequestsWhileItComesBack = 8_000_000;

    // A few hundredths of a second of what is written.
    private const long NearEntries = 20_000;

    public static bool Run(CompareOptions options, string folder)
    {
        using var cluster = new QuorateCluster(folder, options.Durability);
        BulkLoader.Fill(cluster, Keys);
        Load(cluster, Requests);
        var healthy = Load(cluster, Requests);
        var leader = cluster.RequireLeader();
        var follower = (leader + 1) % cluster.Processes.Length;
        Sample stopped;
        cluster.Processes[follower].Pause();
        try
        {
            stopped = Load(cluster, Requests);
        }
        finally
        {
            cluster.Processes[follower].Resume();
        }

        var clock = Stopwatch.StartNew();
        var load = Task.Run(() => Load(cluster, RequestsWhileItComesBack));
        while (!load.IsCompleted && Behind(cluster, leader, follower) > NearEntries) Thread.Sleep(20);
        var seconds = clock.Elapsed.TotalSeconds;
        var isThere = !load.IsCompleted;
        var comingBack = load.GetAwaiter().GetResult();
        cluster.RequireCaughtUp();
        var after = Load(cluster, Requests);

        var text = new StringBuilder("# A follower that comes back\n\n");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"`bench/compare comeback --durability {options.Durability}`, {Report.Machine()}, {DateTime.UtcNow:yyyy-MM-dd}. "
                + $"{Keys:N0} keys, 50 clients write at pipeline 16; one of two followers is stopped while {Requests:N0} "
                + $"writes are made, then goes on while {RequestsWhileItComesBack:N0} more are.\n");
        text.AppendLine("| | writes/s | p50 ms | p99 ms | p99.9 ms |\n| --- | --- | --- | --- | --- |");
        Row(text, "all there", healthy);
        Row(text, "one stopped", stopped);
        Row(text, "it comes back", comingBack);
        Row(text, "then", after);
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"\n{(isThere ? $"It had everything after {seconds:0.0} s, with the writes going on." : $"FAILED: it had not everything after {seconds:0.0} s, when the writes ended.")}");
        Console.Write(text);
        Directory.CreateDirectory(options.Results);
        File.WriteAllText(Path.Combine(options.Results, "comeback.md"), text.ToString());
        return isThere;
    }

    private static void Row(StringBuilder text, string what, Sample sample) =>
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| {what} | {sample.OpsPerSecond:N0} | {sample.P50:0.00} | {sample.P99:0.00} | {sample.P999:0.00} |");

    private static Sample Load(QuorateCluster cluster, long requests) =>
        RedisBenchmark.Run(cluster, "set", 16, requests, keys: Keys);

    /// <summary>Entries that the follower lacks, as the leader knows it; all of them while it is sent a snapshot.</summary>
    private static long Behind(QuorateCluster cluster, int leader, int follower)
    {
        if (RespClient.TryCall(cluster.Ports[leader], "ROLE") is not { Items: [_, var end, { Items: { } followers }] })
            return long.MaxValue;
        var port = cluster.Ports[follower].ToString(CultureInfo.InvariantCulture);
        foreach (var known in followers)
        {
            if (known.Items is [_, var at, var offset] && at.Text == port)
                return long.Parse(end.Text, CultureInfo.InvariantCulture) - long.Parse(offset.Text, CultureInfo.InvariantCulture);
        }

        return long.MaxValue;
    }
}
