using System.Diagnostics;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Rows;

/// <summary>P8: how long a writing client waits when the leader's process is killed.</summary>
internal static class FailoverRow
{
    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterRestart = TimeSpan.FromSeconds(3);

    public static IEnumerable<Line> Measure(QuorateCluster? ours, EtcdCluster? theirs, int kills)
    {
        List<double> ourGaps = [];
        List<double> theirGaps = [];
        using var ourClient = ours is null ? null : GapClient.OnResp(ours);
        using var theirClient = theirs is null ? null : GapClient.OnEtcd(theirs);
        for (var kill = 0; kill < kills; kill++)
        {
            if (ours is not null) ourGaps.Add(KillLeader(ours, ourClient!));
            if (theirs is not null) theirGaps.Add(KillLeader(theirs, theirClient!));
        }

        var (our, their) = (Sample.Middle(ourGaps), Sample.Middle(theirGaps));
        var note = $"gaps {Text(ourGaps)} s; etcd {Text(theirGaps)} s";
        yield return Gap("median fail-over gap, kill -9 of the leader", ours is null ? null : our, 0.5, note);
        yield return Gap("largest fail-over gap", ours is null ? null : ourGaps.Max(), 1.0, "");
        yield return new Line
        {
            Id = "P8",
            What = "median fail-over gap beside etcd",
            Ours = "Quorate fsync",
            Theirs = "etcd",
            IsUpperBound = true,
            Target = 1.0,
            Measured = ours is not null && theirs is not null ? our / their : null,
        };

        static Line Gap(string what, double? measured, double target, string note) => new()
        {
            Id = "P8",
            What = what,
            Ours = "Quorate fsync",
            Theirs = "",
            Measured = measured,
            Target = target,
            IsUpperBound = true,
            Unit = "s",
            Note = note,
        };
    }

    private static double KillLeader(ServerCluster cluster, GapClient client)
    {
        var warmUp = Stopwatch.GetTimestamp();
        var patience = Stopwatch.StartNew();
        while (client.CountSince(warmUp) < 20)
        {
            if (patience.Elapsed > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException($"{cluster.Name}: no write is acknowledged");
            Thread.Sleep(100);
        }

        var leader = cluster.RequireLeader();
        var killedAt = Stopwatch.GetTimestamp();
        cluster.Processes[leader].Kill();
        Thread.Sleep(AfterKill);
        var gap = client.LongestGapSince(killedAt);
        cluster.Restart(leader);
        Thread.Sleep(AfterRestart);
        Console.WriteLine($"  P8 {cluster.Name}: {gap:0.000} s without an acknowledged write");
        return gap;
    }

    private static string Text(List<double> gaps) =>
        string.Join(' ', gaps.Select(g => g.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)));
}
