using Quorate.Compare.Growth;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Compare.Strategies;

namespace Quorate.Compare.Rows;

/// <summary>
/// All rows, in groups that share the same two systems; only the two that are compared run at a time. A side that is not
/// installed is null, and its rows are measured on the other side alone.
/// </summary>
internal sealed class Comparison(CompareOptions options, string folder, bool hasQuorate, bool hasRedis, bool hasEtcd)
{
    private readonly int _rounds = options.Rounds ?? (options.IsQuick ? 1 : 3);
    private readonly List<Line> _lines = [];
    private readonly List<string> _failures = [];

    public IReadOnlyList<Line> Lines => _lines;

    /// <summary>Why rows are missing.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Run()
    {
        if (Wants("P1", "P4", "P9", "P7", "P3", "P12")) Try(InMemoryBesideRedis);
        if (Wants("P2", "P3")) Try(DurableBesideRedis);
        if (Wants("P5", "P8")) Try(DurableBesideEtcd);
        if (Wants("P10")) Try(() => Snapshots(1_000_000));
        if (Wants("P10") && !options.IsQuick) Try(() => Snapshots(5_000_000));
        if (Wants("P11") && hasQuorate) Try(IdleGroups);
        if (Wants("U1")) Try(OneNodeBesideRedis);
        if (Wants("P6") && hasQuorate && hasRedis) Try(Strategies);
    }

    private void IdleGroups()
    {
        var groups = options.IsQuick ? 100 : 1_000;
        var step = GroupGrowth.MeasureOne(folder, groups);
        _lines.Add(new Line
        {
            Id = "P11",
            What = $"{groups:N0} idle raft keyspaces, the busiest of three nodes",
            Ours = "Quorate memory",
            Theirs = "",
            Measured = step.IdlePercent,
            Target = GroupGrowth.MostPercent,
            IsUpperBound = true,
            Unit = "% of a core",
        });
    }

    private void Strategies()
    {
        var (lines, failures) = StrategyRun.Measure(options, folder, StrategyCase.All);
        _lines.AddRange(lines.Select(StrategyReport.ToLine));
        _failures.AddRange(failures);
    }

    /// <summary>A system that fails spoils its own rows only; what was measured before it is kept.</summary>
    private void Try(Action group)
    {
        try
        {
            group();
        }
        catch (InvalidOperationException e)
        {
            _failures.Add(e.Message);
            Console.Error.WriteLine($"failed: {e.Message}");
        }
    }

    private bool Wants(params string[] rows) => rows.Any(options.Wants);

    private void InMemoryBesideRedis()
    {
        using var ours = hasQuorate ? Start(() => new QuorateCluster(folder, "memory")) : null;
        using var theirs = hasRedis ? Start(() => new RedisCluster(folder, appendFsyncAlways: false)) : null;
        WarmUp(ours);
        if (options.Wants("P9")) _lines.Add(MemoryRow.Measure(ours, theirs));
        else Fill(ours, theirs);

        if (options.Wants("P3")) Set("P3", "SET, memory, pipeline 1", 1, 0.75, ours, theirs);
        if (options.Wants("P1"))
        {
            Set("P1", "SET, memory, pipeline 16", 16, 1.5, ours, theirs);
            Set("P1", "SET, memory, pipeline 64", 64, 2.0, ours, theirs);
        }

        if (options.Wants("P4"))
        {
            Benchmark("P4", "linearizable GET, pipeline 1", "get", 1, 0.9, ours, theirs);
            Benchmark("P4", "linearizable GET, pipeline 16", "get", 16, 1.0, ours, theirs);
            Benchmark("P4", "linearizable GET, pipeline 64", "get", 64, 1.5, ours, theirs);
        }

        if (options.Wants("P12") && ours is not null) _lines.AddRange(AllocationRow.Measure(ours, options.IsQuick));
        if (options.Wants("P7") && ours is not null) _lines.Add(SlowFollowerRow.Measure(ours, _rounds, Requests(16)));
    }

    private void DurableBesideRedis()
    {
        using var ours = hasQuorate ? Start(() => new QuorateCluster(folder, "fsync")) : null;
        using var theirs = hasRedis ? Start(() => new RedisCluster(folder, appendFsyncAlways: true)) : null;
        WarmUp(ours);
        if (options.Wants("P3")) Set("P3", "SET, fsync, pipeline 1", 1, 0.8, ours, theirs);
        if (!options.Wants("P2")) return;
        Set("P2", "SET, fsync, pipeline 16", 16, 1.3, ours, theirs);
        Set("P2", "SET, fsync, pipeline 64", 64, 1.6, ours, theirs);
    }

    private void DurableBesideEtcd()
    {
        using var ours = hasQuorate ? Start(() => new QuorateCluster(folder, "fsync")) : null;
        using var theirs = hasEtcd ? Start(() => new EtcdCluster(folder)) : null;
        WarmUp(ours);
        if (options.Wants("P5"))
        {
            // etcd's reads get slower with every key it holds: the target is measured where it is fastest.
            InFlight("linearizable get, 512 in flight, 1 000 keys", isPut: false, 1_000, 12, ours, theirs);
            InFlight("durable put, 512 in flight", isPut: true, 100_000, 12, ours, theirs);
            InFlight("linearizable get, 512 in flight, 100 000 keys", isPut: false, 100_000, null, ours, theirs);
        }

        if (options.Wants("P8")) _lines.AddRange(FailoverRow.Measure(ours, theirs, options.Kills));
    }

    private void Snapshots(int keys)
    {
        if (!hasQuorate) return;
        using var ours = Start(() => new QuorateCluster(folder, "fsync"));
        _lines.AddRange(SnapshotRow.Measure(ours, keys));
    }

    private void OneNodeBesideRedis()
    {
        using var ours = hasQuorate ? Start(() => new QuorateCluster(folder, "memory", nodes: 1)) : null;
        using var theirs = hasRedis ? Start(() => new RedisCluster(folder, appendFsyncAlways: false, replicas: 0)) : null;
        WarmUp(ours);
        Set("U1", "SET, one node, unreplicated, pipeline 1", 1, null, ours, theirs);
        Set("U1", "SET, one node, unreplicated, pipeline 16", 16, null, ours, theirs);
    }

    private void InFlight(string what, bool isPut, int keys, double? target, QuorateCluster? ours, EtcdCluster? theirs)
    {
        var theirRequests = options.IsQuick ? 32_000 : 96_000;

        // Reading what does not exist is cheaper: (nearly) all keys are there on both sides.
        if (!isPut && ours is not null) RedisBenchmark.Run(ours, "set", 16, keys * 10L, connections: 32, keys);
        if (!isPut && theirs is not null)
            EtcdLoad.Run(theirs, isPut: true, Math.Max(keys * 2, 6_400), connections: 32, inFlight: 16, keys);
        _lines.Add(ThroughputRow.Measure(
            "P5", what, target, _rounds, "Quorate fsync", "etcd",
            ours is null ? null : () => RedisBenchmark.Run(ours, isPut ? "set" : "get", 16, Requests(16), connections: 32, keys),
            theirs is null ? null : () => EtcdLoad.Run(theirs, isPut, theirRequests, connections: 32, inFlight: 16, keys)));
    }

    private void Set(string id, string what, int pipeline, double? target, ServerCluster? ours, ServerCluster? theirs) =>
        Benchmark(id, what, "set", pipeline, target, ours, theirs);

    private void Benchmark(
        string id, string what, string test, int pipeline, double? target, ServerCluster? ours, ServerCluster? theirs) =>
        _lines.Add(ThroughputRow.Measure(
            id, what, target, _rounds, ours?.Name ?? "Quorate", theirs?.Name ?? "Redis",
            ours is null ? null : () => RedisBenchmark.Run(ours, test, pipeline, Requests(pipeline)),
            theirs is null ? null : () => RedisBenchmark.Run(theirs, test, pipeline, Requests(pipeline))));

    /// <summary>Enough for two to four seconds of load on two cores.</summary>
    private long Requests(int pipeline) =>
        (pipeline == 1 ? 200_000 : pipeline == 16 ? 1_200_000 : 2_000_000) / (options.IsQuick ? 4 : 1);

    /// <summary>A just-in-time compiler needs some load before it shows its speed; a server runs for weeks.</summary>
    private static void WarmUp(ServerCluster? ours)
    {
        if (ours is null) return;
        RedisBenchmark.Run(ours, "set", 1, 60_000);
        RedisBenchmark.Run(ours, "set", 16, 800_000);
        RedisBenchmark.Run(ours, "get", 16, 400_000);
    }

    private static void Fill(params ServerCluster?[] clusters)
    {
        foreach (var cluster in clusters)
        {
            if (cluster is not null) RedisBenchmark.Run(cluster, "set", 64, 1_500_000);
        }
    }

    private static T Start<T>(Func<T> start)
        where T : ServerCluster
    {
        var cluster = start();
        Console.WriteLine($"{cluster.Name}: {cluster.Processes.Length} processes on ports {string.Join(", ", cluster.Ports)}");
        return cluster;
    }
}
