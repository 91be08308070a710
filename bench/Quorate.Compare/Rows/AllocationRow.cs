using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Rows;

/// <summary>P12: what a SET of an existing key allocates on the managed heap of leader and followers, when all buffers have
/// grown.</summary>
internal static class AllocationRow
{
    private const string Allocated = "quorate_allocated_bytes_total";

    public static IEnumerable<Line> Measure(QuorateCluster cluster, bool isQuick)
    {
        var leader = cluster.RequireLeader();
        var follower = (leader + 1) % cluster.Processes.Length;
        var notes = new List<string>();
        var worst = (Leader: 0.0, Follower: 0.0);
        BulkLoader.Fill(cluster, 1_000_000); // a new key takes memory, and rightly
        foreach (var (pipeline, requests) in new[] { (1, 100_000), (16, 1_000_000), (64, 2_000_000) })
        {
            RedisBenchmark.Run(cluster, "set", pipeline, requests / 4);
            var idle = Idle(cluster, leader, follower);
            var count = requests / (isQuick ? 4 : 1);
            var before = Read(cluster, leader, follower);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            RedisBenchmark.Run(cluster, "set", pipeline, count);
            var seconds = clock.Elapsed.TotalSeconds;
            var after = Read(cluster, leader, follower);
            var perSet = (
                Leader: Math.Max(0, after.Leader - before.Leader - (idle.Leader * seconds)) / count,
                Follower: Math.Max(0, after.Follower - before.Follower - (idle.Follower * seconds)) / count);
            notes.Add(string
                .Create(
                    CultureInfo.InvariantCulture,
                    $"pipeline {pipeline}: leader {perSet.Leader:0.00}, follower {perSet.Follower:0.00}"));
            Console.WriteLine($"  P12 {notes[^1]} bytes per SET");
            worst = (Math.Max(worst.Leader, perSet.Leader), Math.Max(worst.Follower, perSet.Follower));
        }

        var note = $"bytes per SET at {string.Join("; ", notes)} (what an idle node allocates is taken off)";
        yield return Line("leader, allocated per SET, the worst pipeline", worst.Leader, 32, note);
        // A figure below half a byte is not one allocation in every operation, nor in every fortieth.
        yield return Line("follower, allocated per SET, the worst pipeline", Math.Round(worst.Follower), 0, "");
    }

    private static (double Leader, double Follower) Idle(QuorateCluster cluster, int leader, int follower)
    {
        var before = Read(cluster, leader, follower);
        Thread.Sleep(1000);
        var after = Read(cluster, leader, follower);
        return (after.Leader - before.Leader, after.Follower - before.Follower);
    }

    private static (double Leader, double Follower) Read(QuorateCluster cluster, int leader, int follower) =>
        (cluster.Metrics(leader)[Allocated], cluster.Metrics(follower)[Allocated]);

    private static Line Line(string what, double measured, double target, string note) => new()
    {
        Id = "P12",
        What = what,
        Ours = "Quorate memory",
        Theirs = "",
        Measured = measured,
        Target = target,
        IsUpperBound = true,
        Unit = "B",
        Note = note,
    };
}
