using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Rows;

/// <summary>P7: what a follower that stands still does to the latency of commits.</summary>
internal static class SlowFollowerRow
{
    public static Line Measure(QuorateCluster cluster, int rounds, long requests)
    {
        var healthy = new List<Sample>();
        var impaired = new List<Sample>();
        for (var round = 0; round < rounds; round++)
        {
            healthy.Add(RedisBenchmark.Run(cluster, "set", 16, requests));
            var follower = (cluster.RequireLeader() + 1) % cluster.Processes.Length;
            cluster.Processes[follower].Pause();
            try
            {
                impaired.Add(RedisBenchmark.Run(cluster, "set", 16, requests));
            }
            finally
            {
                cluster.Processes[follower].Resume();
            }

            Console.WriteLine(
                $"  P7 round {round + 1}: p99 {healthy[^1].P99:0.00} ms healthy, {impaired[^1].P99:0.00} ms with one follower "
                    + $"stopped");
            // What it missed has to reach it before the cluster is called healthy again.
            cluster.RequireCaughtUp();
        }

        var (without, with) = (Sample.Median(healthy), Sample.Median(impaired));
        Console.WriteLine($"  P7 p99 {without.P99:0.00} ms healthy, {with.P99:0.00} ms with one follower stopped");
        return new Line
        {
            Id = "P7",
            What = "p99 of SET, pipeline 16, one follower stopped",
            Ours = "one follower stopped",
            Theirs = "all healthy",
            OurSample = with,
            TheirSample = without,
            Measured = with.P99 / without.P99,
            Target = 1.1,
            IsUpperBound = true,
        };
    }
}
