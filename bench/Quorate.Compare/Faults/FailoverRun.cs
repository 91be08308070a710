using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Three real processes and one keyspace at default settings, under load: who leads is killed and started again, over
/// and over; of a chain the head, the tail and the middle in turn. Prints how long no write was acknowledged each time.</summary>
internal static class FailoverRun
{
    private const int Clients = 6;
    private const double TargetSeconds = 1;

    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(30);

    public static bool Run(CompareOptions options, string folder)
    {
        var keyspace = new KeyspaceUnderTest("bank", $"STRATEGY {options.Strategy}");
        using var cluster = new QuorateCluster(folder, "fsync");
        keyspace.Create(cluster);
        Console.WriteLine(
            $"{cluster.Name}: three processes, keyspace {keyspace.Name} with strategy {options.Strategy} and defaults, "
                + $"{Clients} clients, {options.Kills} kills");
        var (gaps, faults) = (new List<(string Role, double Seconds)>(), new List<KeyspaceFault>());
        var clients = Enumerable.Range(0, Clients).Select(i => new KeyspaceClient(keyspace, i, cluster.Ports)).ToList();
        try
        {
            Thread.Sleep(AfterKill); // the compiler's warm-up
            for (var kill = 0; kill < options.Kills; kill++)
            {
                var place = Whole(cluster, keyspace);
                var (role, victim) = Victim(keyspace, place, kill);
                if (ControlLeader(cluster) == victim) role += " (leads the control group too)";
                var fault = new KeyspaceFault(FaultKind.Killed, keyspace.Name, victim, Stopwatch.GetTimestamp());
                cluster.Processes[victim].Kill();
                faults.Add(fault);
                Thread.Sleep(AfterKill);
                var gap = keyspace.Recorder.LongestGapSince(fault.Began);
                keyspace.NoteGap(FaultKind.Killed, gap);
                gaps.Add((role, gap));
                Console.WriteLine(string
                    .Create(
                        CultureInfo.InvariantCulture,
                        $"kill {kill + 1,2}: n{victim + 1}, {role}: {gap:0.000} s without an acknowledged write"));
                if (gap > TargetSeconds && options.IsVerbose) PrintLogs(cluster);
                cluster.Restart(victim);
            }

            Whole(cluster, keyspace);
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        var passes = keyspace.Passes(cluster, faults);
        double[] sorted = [.. gaps.Select(g => g.Seconds).Order()];
        Console.WriteLine(string
            .Create(
                CultureInfo.InvariantCulture,
                $"gaps of {sorted.Length} kills: median {Sample.Middle(sorted):0.000} s, p99 "
                    + $"{Sample.Percentile(sorted, 99):0.000} s, longest {sorted[^1]:0.000} s (target: {TargetSeconds:0.0} s)"));
        foreach (var role in gaps.GroupBy(g => g.Role))
            Console.WriteLine(string
                .Create(
                    CultureInfo.InvariantCulture,
                    $"  {role.Key}: {role.Count()} kills, median {Sample.Middle(role.Select(g => g.Seconds)):0.000} s, "
                        + $"longest {role.Max(g => g.Seconds):0.000} s"));
        Console.WriteLine(passes
            ? sorted[^1] <= TargetSeconds ? "passed" : "nothing was lost, but a gap is longer than the target" : "FAILED");
        return passes && sorted[^1] <= TargetSeconds;
    }

    /// <summary>Waits until all three replicas are in sync again.</summary>
    private static Place Whole(QuorateCluster cluster, KeyspaceUnderTest keyspace)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < CatchUpLimit; Thread.Sleep(100))
            if (Place.Of(cluster, keyspace.Name) is { Leader: >= 0, Members.Length: 3 } place) return place;
        throw new InvalidOperationException(
            $"{keyspace.Name} does not come back to three replicas: {Place.Shown(cluster, keyspace.Name)}");
    }

    private static (string Role, int Node) Victim(KeyspaceUnderTest keyspace, Place place, int kill) => !keyspace.IsChain
        ? ("leader", place.Leader)
        : (kill % 3) switch
        {
            0 => ("head", place.Members[0]),
            1 => ("tail", place.Members[^1]),
            _ => ("middle", place.Members[1]),
        };

    /// <summary>-1: nobody says.</summary>
    private static int ControlLeader(QuorateCluster cluster)
    {
        const string Word = "control leader=n";
        foreach (var port in cluster.Ports)
        {
            var status = RespClient.TryCall(port, "QUORATE", "STATUS")?.Text ?? "";
            var at = status.IndexOf(Word, StringComparison.Ordinal);
            if (at >= 0) return status[at + Word.Length] - '1';
        }

        return -1;
    }

    private static void PrintLogs(QuorateCluster cluster)
    {
        foreach (var process in cluster.Processes) Console.WriteLine($"--- {process.LogPath}\n{process.LogTail()}");
    }
}
