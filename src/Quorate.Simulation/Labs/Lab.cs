using System.Diagnostics;

namespace Quorate.Simulation;

/// <summary>
/// Runs whole clusters in simulated worlds, one per seed, and says what was tried and what was found. The same seed gives the
/// same world, to the last message, on every machine.
/// </summary>
public static class Lab
{
    /// <summary>Failures are told apart no further than this many: then a run ends early.</summary>
    private const int EnoughFailures = 5;

    /// <summary>Runs one seed twice and compares the traces.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="log">Gets a line for everything that happens in the first run, or null.</param>
    public static LabReport RunSeed(ulong seed, TextWriter? log = null) => RunSeed(seed, Variant.Shipped, log);

    internal static LabReport RunSeed(ulong seed, Variant variant, TextWriter? log = null)
    {
        var report = new LabReport();
        report.Add(seed, new SimulationRun(seed, variant, log).Execute(), new SimulationRun(seed, variant, null).Execute());
        return report;
    }

    /// <summary>Runs the seeds asked for and prints what was tried and found. On failure the last line is the command that
    /// runs the first failing seed again.</summary>
    /// <returns>0 when all is well, 1 when a seed failed, 2 when the strategy is not known.</returns>
    public static int Run(LabOptions options, TextWriter output)
    {
        if (options.Strategy != "raft")
        {
            output.WriteLine($"unknown strategy {options.Strategy}: there is raft");
            return 2;
        }

        var clock = Stopwatch.StartNew();
        var report = options.Seed is { } seed ? RunSeed(seed, options.Trace ? output : null) : RunMany(options, clock, output);
        return Finish(report, clock.Elapsed, output);
    }

    /// <summary>Prints the report, and how to see its first failure again.</summary>
    internal static int Finish(LabReport report, TimeSpan took, TextWriter output)
    {
        report.Print(output);
        output.WriteLine($"speed       {report.Seeds} seeds in {took.TotalSeconds:0.0} s: {report.Seeds / took.TotalSeconds:0.0} seeds/s");
        foreach (var (seed, why) in report.Failures.OrderBy(f => f.Seed)) output.WriteLine($"seed {seed}: {why}");
        var failed = report.Failures.Select(f => f.Seed).Distinct().Count();
        output.WriteLine($"{report.Seeds - failed} passed, {failed} failed");
        if (report.IsOk) return 0;
        output.WriteLine($"quorate lab run raft --seed {report.Failures.Min(f => f.Seed)}");
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
                var report = RunSeed(options.FirstSeed + (ulong)n);
                lock (total)
                {
                    total.Add(report);
                    if (total.Seeds % 100 == 0) output.WriteLine($"            {total.Seeds} seeds, {clock.Elapsed.TotalSeconds:0} s");
                    if (total.Failures.Count >= EnoughFailures) return;
                }
            }
        }
    }
}
