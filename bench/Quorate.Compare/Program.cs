using System.Runtime.InteropServices;
using Quorate.Compare;
using Quorate.Compare.Builds;
using Quorate.Compare.Faults;
using Quorate.Compare.Growth;
using Quorate.Compare.Overload;
using Quorate.Compare.Processes;
using Quorate.Compare.Reads;
using Quorate.Compare.Rows;
using Quorate.Compare.Strategies;

if (CompareOptions.TryParse(args) is not { } options)
{
    Console.Error.WriteLine(CompareOptions.Usage);
    return 64;
}

var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"quorate-compare-{Environment.ProcessId}")).FullName;
var cleaning = new Lock();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return options.Verb switch
    {
        "builds" => BuildsRun.Run(options, folder) ? 0 : 1,
        "kills" => FaultRun.Kills(options, folder) ? 0 : 1,
        "power" => FaultRun.Power(options, folder) ? 0 : 1,
        "growth" => GrowthRun.Run(options, folder) ? 0 : 1,
        "overload" => OverloadRun.Run(options, folder) ? 0 : 1,
        "comeback" => ComebackRun.Run(options, folder) ? 0 : 1,
        "keyspaces" => KeyspaceRun.Run(options, folder) ? 0 : 1,
        "failover" => FailoverRun.Run(options, folder) ? 0 : 1,
        "strategies" => StrategyRun.Run(options, folder) ? 0 : 1,
        "regions" => RegionRun.Run(options, folder) ? 0 : 1,
        "leaderless" => LeaderlessRun.Run(options, folder) ? 0 : 1,
        "consensus" => ConsensusRun.Run(options, folder) ? 0 : 1,
        "reads" => ReadRun.Run(options, folder) ? 0 : 1,
        _ => Compare(options, folder),
    };
}
catch (InvalidOperationException e)
{
    Console.Error.WriteLine($"failed: {e.Message}");
    return 1;
}
finally
{
    CleanUp();
}

static int Compare(CompareOptions options, string folder)
{
    var notes = new List<string>();
    var hasQuorate = Has(File.Exists(QuorateCluster.Binary), "quorate is not built: ours is skipped");
    var hasRedis = Has(IsInstalled("redis-server"), "redis-server is not installed: its rows are measured on one side only");
    var hasEtcd = Has(IsInstalled("etcd"), "etcd is not installed: its rows are measured on one side only");
    if (!IsInstalled("redis-benchmark"))
    {
        Console.Error.WriteLine("redis-benchmark is not installed (Debian: redis-tools); it makes the load.");
        return 1;
    }

    var comparison = new Comparison(options, folder, hasQuorate, hasRedis, hasEtcd);
    comparison.Run();
    notes.AddRange(comparison.Failures.Select(f => $"failed: {f.ReplaceLineEndings(" ")}"));
    var report = new Report(comparison.Lines, notes, options.Rounds ?? (options.IsQuick ? 1 : 3));
    Console.WriteLine();
    Console.Write(report.Table());
    report.WriteTo(options.Results);
    Console.WriteLine($"written to {Path.Combine(options.Results, "latest.md")}");
    return comparison.Failures.Count == 0 ? 0 : 1;

    bool Has(bool condition, string note)
    {
        if (condition) return true;
        notes.Add(note);
        Console.WriteLine(note);
        return false;
    }
}

static bool IsInstalled(string program) =>
    (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => d.Length > 0 && File.Exists(Path.Combine(d, program)));

void Stop(PosixSignalContext context)
{
    CleanUp();
    Environment.Exit(130);
}

// After Ctrl-C two threads come here: the signal's, and the main one, whose servers have just died under it.
void CleanUp()
{
    lock (cleaning)
    {
        Child.KillAll();
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
