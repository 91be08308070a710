using System.Diagnostics;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Load;

/// <summary>Puts or linearizable gets on etcd's leader, over a number of HTTP/2 connections with a fixed number in flight on
/// each.</summary>
internal static class EtcdLoad
{
    /// <param name="isPut">Puts of 64 bytes; else linearizable single-key ranges.</param>
    /// <param name="requests">In total.</param>
    /// <param name="keys">Keys are drawn from this many.</param>
    public static Sample Run(EtcdCluster cluster, bool isPut, int requests, int connections, int inFlight, int keys)
    {
        var port = cluster.Ports[cluster.RequireLeader()];
        var cpuBefore = cluster.CpuSeconds();
        var clock = Stopwatch.StartNew();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var runs = new Task<List<long>>[connections];
        for (var i = 0; i < connections; i++)
        {
            var connection = new EtcdConnection(port, isPut, keys, seed: i + 1);
            runs[i] = Task.Run(() => connection.RunAsync(requests / connections, inFlight, limit.Token));
        }

        Task.WaitAll(runs, CancellationToken.None);
        var seconds = clock.Elapsed.TotalSeconds;
        var cpu = cluster.CpuSeconds() - cpuBefore;
        double[] milliseconds = [.. runs.SelectMany(r => r.Result).Select(t => t * 1000.0 / Stopwatch.Frequency).Order()];
        return new Sample(
            milliseconds.Length / seconds, Sample.Percentile(milliseconds, 50), Sample.Percentile(milliseconds, 99),
            Sample.Percentile(milliseconds, 99.9), cpu / milliseconds.Length * 1e6);
    }
}
