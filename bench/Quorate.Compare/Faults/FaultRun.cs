using System.Diagnostics;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Real processes under load that are killed, paused and started again; at the end clients' histories are
/// examined.</summary>
internal static class FaultRun
{
    private const int Clients = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Each round: kill -9 the leader, start it again; kill -9 a follower, start it again; stop and continue the
    /// third. One node at a time is away, so writes must go on.</summary>
    public static bool Kills(CompareOptions options, string folder)
    {
        return Run(folder, options.Durability, options.Rounds ?? 10, (cluster, round) =>
        {
            var leader = cluster.RequireLeader();
            cluster.Processes[leader].Kill();
            Thread.Sleep(Pause);
            cluster.Restart(leader);
            Thread.Sleep(Pause);

            var another = (leader + 1 + (round % 2)) % cluster.Processes.Length;
            cluster.Processes[another].Kill();
            Thread.Sleep(Pause);
            cluster.Restart(another);
            Thread.Sleep(Pause);

            var third = cluster.Processes.Length - leader - another;
            cluster.Processes[third].Pause();
            Thread.Sleep(Pause);
            cluster.Processes[third].Resume();
            Thread.Sleep(Pause);
        });
    }

    /// <summary>Each round: kill -9 of all processes at once, then all are started again on their folders. The
    /// machine stays up, so this shows what survives the processes, not a loss of power.</summary>
    public static bool Power(CompareOptions options, string folder)
    {
        return Run(folder, "fsync", options.Rounds ?? 3, (cluster, _) =>
        {
            Thread.Sleep(Pause);
            foreach (var process in cluster.Processes) process.KillAtOnce();
            foreach (var process in cluster.Processes) process.Kill();
            for (var i = 0; i < cluster.Processes.Length; i++) cluster.Restart(i);
            cluster.RequireLeader();
            Thread.Sleep(Pause);
        });
    }

    private static bool Run(string folder, string durability, int rounds, Action<QuorateCluster, int> fault)
    {
        using var cluster = new QuorateCluster(folder, durability);
        Console.WriteLine($"{cluster.Name}: three processes on ports {string.Join(", ", cluster.Ports)}, {Clients} clients");
        var recorder = new Recorder();
        var clock = Stopwatch.StartNew();
        var clients = new List<FaultClient>();
        for (var i = 0; i < Clients; i++)
            clients.Add(new FaultClient(i, cluster.Ports, recorder, () => (int)clock.Elapsed.TotalSeconds));
        try
        {
            Thread.Sleep(Pause);
            for (var round = 1; round <= rounds; round++)
            {
                var before = recorder.AcknowledgedWrites;
                var start = Stopwatch.GetTimestamp();
                fault(cluster, round);
                Console.WriteLine(
                    $"round {round}: {recorder.AcknowledgedWrites - before} writes acknowledged, longest gap "
                        + $"{recorder.LongestGapSince(start):0.000} s");
            }
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        cluster.RequireLeader();
        var passes = Examination.Passes(cluster, recorder);
        Console.WriteLine(passes ? "nothing that was acknowledged is missing or doubled" : "FAILED");
        return passes;
    }
}
