using System.Diagnostics;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Merging;

namespace Quorate.Simulation.Labs;

/// <summary>
/// Runs whole clusters in simulated worlds, one per seed, and says what was tried and what was found. The same seed gives the
/// same world, to the last message, on every machine.
/// </summary>
public static class Lab
{
    /// <summary>Failures are told apart no further than this many: then a run ends early.</summary>
    private const int EnoughFailures = 5;

    /// <summary>What can be run.</summary>
    public static IReadOnlyList<string> Names { get; } = [
        "raft", "primary", "chain", "control", "multileader", "leaderless", "caspaxos"];

    /// <summary>Runs one seed twice and compares the traces.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="log">Gets a line for everything that happens in the first run, or null.</param>
    /// <param name="strategy">One of <see cref="Names"/>.</param>
    public static LabReport RunSeed(ulong seed, TextWriter? log = null, string strategy = "raft") =>
        RunSeed(seed, Variant.Shipped, log, strategy);

    internal static LabReport RunSeed(
        ulong seed, Variant variant, TextWriter? log = null, string strategy = "raft", bool isTwice = true)
    {
        var report = new LabReport();
        report.Add(seed, Execute(strategy, seed, variant, log), isTwice ? Execute(strategy, seed, variant, null) : null);
        return report;
    }

    /// <summary>One run of one seed.</summary>
    internal static RunOutcome Execute(string strategy, ulong seed, Variant variant, TextWriter? log) => strategy switch
    {
        "primary" => new KeyspaceRun(KeyspaceScenarios.Primary, seed, variant, log).Execute(),
        "chain" => new KeyspaceRun(KeyspaceScenarios.Chain, seed, variant, log).Execute(),
        "control" => new KeyspaceRun(KeyspaceScenarios.Control, seed, variant, log).Execute(),
        "multileader" => new MergeRun(MergeScenarios.MultiLeader, seed, variant, log).Execute(),
        "leaderless" => new MergeRun(MergeScenarios.Leaderless, seed, variant, log).Execute(),
        "caspaxos" => new KeyspaceRun(KeyspaceScenarios.CasPaxos, seed, variant, log).Execute(),
        _ => new SimulationRun(seed, variant, log).Execute(),
    };

    /// <summary>Runs the seeds asked for and prints what was tried and found. On failure the last line is the command that
    /// runs the first failing seed again.</summary>
    /// <returns>0 when all is well, 1 when a seed failed, 2 when the strategy is not known.</returns>
    public static int Run(LabOptions options, TextWriter output)
    {
        if (!Names.Contains(options.Strategy))
        {
            output.WriteLine($"there is no lab '{options.Strategy}'; there are {string.Join(", ", Names)}");
            return 2;
        }

        var clock = Stopwatch.StartNew();
        var report = options.Seed is { } seed
            ? RunSeed(seed, options.Trace ? output : null, options.Strategy) : RunMany(options, clock, output);
        return Finish(report, clock.Elapsed, output, options.Strategy);
    }

    /// <summary>Prints the report, and how to see its first failure again.</summary>
    internal static int Finish(LabReport report, TimeSpan took, TextWriter output, string strategy = "raft")
    {
        report.Print(output);
        output.WriteLine(
            $"speed       {report.Seeds} seeds in {took.TotalSeconds:0.0} s: {report.Seeds / took.TotalSeconds:0.0} seeds/s");
        foreach (var (seed, why) in report.Failures.OrderBy(f => f.Seed)) output.WriteLine($"seed {seed}: {why}");
        var failed = report.Failures.Select(f => f.Seed).Distinct().Count();
        output.WriteLine($"{report.Seeds - failed} passed, {failed} failed");
        if (report.IsOk) return 0;
        output.WriteLine($"quorate lab run {strategy} --seed {report.Failures.Min(f => f.Seed)}");
        return 1;
    }

    private static LabReport RunMany(LabOptions options, Stopwatch clock, TextWriter output)
    {
        var total = new LabReport();
        var next = -1L;
        var count = options.Minutes is null ? options.Seeds ?? 100 : long.MaxValue;
        var threads = new List<Thread>();
        for (var i = 0; i < Math.Max(1, options.Threads); i++)
        {
            var thread = new Thread(Work);
            thread.Start();
            threads.Add(thread);
        }

        foreach (var thread in threads) thread.Join();
        return total;

        void Work()
        {
            while (true)
            {
                var n = Interlocked.Increment(ref next);
                if (n >= count || (options.Minutes is { } minutes && clock.Elapsed.TotalMinutes >= minutes)) return;
                var report = RunSeed(
                    options.FirstSeed + (ulong)n, Variant.Shipped, null, options.Strategy, n % options.TwiceEvery == 0);
                lock (total)
                {
                    total.Add(report);
                    if (total.Seeds % 100 == 0)
                        output.WriteLine($"            {total.Seeds} seeds, {clock.Elapsed.TotalSeconds:0} s");
                    if (total.Failures.Count >= EnoughFailures) return;
                }
            }
        }
    }
}
