using System.Globalization;
using Quorate.Compare.Growth;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Compare.Rows;

namespace Quorate.Compare.Builds;

/// <summary>
/// Two builds of Quorate beside each other in one run: does a change make anything slower or larger? Both clusters are up, and
/// take turns, so that what the machine does meanwhile hits both alike.
/// </summary>
internal sealed class BuildsRun(CompareOptions options, string folder)
{
    /// <summary>The new build may reach this much less throughput, or take this much more of anything else.</summary>
    private const double Tolerance = 0.05;

    private const string New = "this build";
    private const string Old = "the other build";

    private readonly int _rounds = options.Rounds ?? (options.IsQuick ? 1 : 5);
    private readonly List<Line> _lines = [];
    private readonly string _old = options.Beside!;

    /// <returns>True when no row is worse by more than the tolerance.</returns>
    public static bool Run(CompareOptions options, string folder)
    {
        if (options.Beside is not { } other || !File.Exists(other))
            throw new InvalidOperationException(
                $"--beside must name the program of another build; '{options.Beside}' is no file");
        var run = new BuildsRun(options, folder);
        run.MeasureAll();
        var text = new Report(run._lines, [], run._rounds).Table();
        Console.WriteLine();
        Console.Write(text);
        return run._lines.TrueForAll(l => l.Verdict != "missed");
    }

    private void MeasureAll()
    {
        if (Wants("P1", "P3", "P4", "P7", "P9", "P12")) WithBoth("memory", InMemory);
        if (Wants("P2", "P3", "P5")) WithBoth("fsync", Durable);
        if (Wants("P8")) Each("fsync", cluster => FailoverRow.Measure(cluster, null, options.Kills));
        if (Wants("P10")) Each("fsync", cluster => SnapshotRow.Measure(cluster, 1_000_000));
        if (Wants("P11")) Idle();
    }

    private void InMemory(QuorateCluster @new, QuorateCluster old)
    {
        if (options.Wants("P9"))
        {
            var (our, their) = (MemoryRow.Resident(@new)!.Value, MemoryRow.Resident(old)!.Value);
            _lines.Add(Bound("P9", "resident memory of the leader, 1 M keys", our / their, $"{our:0} MB beside {their:0} MB"));
        }

        WarmUp(@new);
        WarmUp(old);
        foreach (var pipeline in Pipelines("P3", "P1"))
            Throughput(pipeline == 1 ? "P3" : "P1", "SET, memory", "set", pipeline, @new, old);
        foreach (var pipeline in Pipelines("P4", "P4")) Throughput("P4", "GET, memory", "get", pipeline, @new, old);
        if (options.Wants("P12")) Pair(AllocationRow.Measure(@new, options.IsQuick), AllocationRow.Measure(old, options.IsQuick));
        if (options.Wants("P7"))
            Pair([SlowFollowerRow.Measure(@new, _rounds, Requests(16))], [SlowFollowerRow.Measure(old, _rounds, Requests(16))]);
    }

    private void Durable(QuorateCluster @new, QuorateCluster old)
    {
        WarmUp(@new);
        WarmUp(old);
        foreach (var pipeline in Pipelines("P3", "P2"))
            Throughput(pipeline == 1 ? "P3" : "P2", "SET, fsync", "set", pipeline, @new, old);
        if (!options.Wants("P5")) return;
        foreach (var test in new[] { "set", "get" })
        {
            _lines.Add(ThroughputRow.Measure(
                "P5", $"{test}, fsync, 32 connections × 16", 1 - Tolerance, _rounds, New, Old,
                () => RedisBenchmark.Run(@new, test, 16, Requests(16), connections: 32, 100_000),
                () => RedisBenchmark.Run(old, test, 16, Requests(16), connections: 32, 100_000)));
        }
    }

    private void Idle()
    {
        var groups = options.IsQuick ? 100 : 1_000;
        var our = GroupGrowth.MeasureOne(folder, groups);
        var their = GroupGrowth.MeasureOne(folder, groups, _old);
        var note = string.Create(
            CultureInfo.InvariantCulture, $"{our.IdlePercent:0.0} % of a core beside {their.IdlePercent:0.0} %");
        _lines.Add(Bound("P11", $"{groups:N0} idle keyspaces, the busiest node", our.IdlePercent / their.IdlePercent, note));
    }

    private void WithBoth(string durability, Action<QuorateCluster, QuorateCluster> measure)
    {
        using var @new = new QuorateCluster(folder, durability);
        using var old = new QuorateCluster(folder, durability, binary: _old);
        measure(@new, old);
    }

    /// <summary>What kills nodes or fills disks is measured on one build after the other.</summary>
    private void Each(string durability, Func<QuorateCluster, IEnumerable<Line>> measure)
    {
        Pair(Alone(null), Alone(_old));

        List<Line> Alone(string? binary)
        {
            using var cluster = new QuorateCluster(folder, durability, binary: binary);
            WarmUp(cluster);
            return [.. measure(cluster)];
        }
    }

    private void Throughput(string id, string what, string test, int pipeline, QuorateCluster @new, QuorateCluster old) =>
        _lines.Add(ThroughputRow.Measure(
            id, $"{what}, pipeline {pipeline}", 1 - Tolerance, _rounds, New, Old,
            () => RedisBenchmark.Run(@new, test, pipeline, Requests(pipeline)),
            () => RedisBenchmark.Run(old, test, pipeline, Requests(pipeline))));

    private void Pair(IEnumerable<Line> ours, IEnumerable<Line> theirs)
    {
        foreach (var (our, their) in ours.Zip(theirs))
        {
            if (our.Measured is not { } mine || their.Measured is not { } other) continue;
            var note = string.Create(CultureInfo.InvariantCulture, $"{mine:0.00} {our.Unit} beside {other:0.00} {their.Unit}");
            // Two figures near nothing are alike, whatever their ratio.
            var ratio = our.Unit == "B" && mine < 4 && other < 4 ? 1 : mine / other;
            _lines.Add(Bound(our.Id, our.What, ratio, note));
        }
    }

    private static Line Bound(string id, string what, double ratio, string note) => new()
    {
        Id = id,
        What = $"{what} ({note})",
        Ours = New,
        Theirs = Old,
        Measured = ratio,
        Target = 1 + Tolerance,
        IsUpperBound = true,
    };

    private IEnumerable<int> Pipelines(string single, string many) =>
        (options.Wants(single) ? [1] : Array.Empty<int>()).Concat(options.Wants(many) ? [16, 64] : []);

    private bool Wants(params string[] rows) => rows.Any(options.Wants);

    private long Requests(int pipeline) =>
        (pipeline == 1 ? 200_000 : pipeline == 16 ? 1_200_000 : 2_000_000) / (options.IsQuick ? 4 : 1);

    private static void WarmUp(QuorateCluster cluster)
    {
        RedisBenchmark.Run(cluster, "set", 1, 60_000);
        RedisBenchmark.Run(cluster, "set", 16, 800_000);
        RedisBenchmark.Run(cluster, "get", 16, 400_000);
    }
}
