using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Quorate.Compare.Load;
using Quorate.Compare.Rows;

namespace Quorate.Compare;

/// <summary>Writes the result as a table for people and as JSON for programs, with what is needed to judge it later.</summary>
internal sealed class Report(IReadOnlyList<Line> lines, IReadOnlyList<string> notes, int rounds)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Dictionary<string, string> _circumstances = new()
    {
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        ["processor"] = Processor(),
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        [".NET"] = Environment.Version.ToString(),
        ["Redis"] = Version("redis-server", "--version"),
        ["etcd"] = Version("etcd", "--version"),
        ["revision"] = Revision,
        ["rounds"] = rounds.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The commit that is measured.</summary>
    public static string Revision { get; } = Version("git", "describe", "--always", "--dirty");

    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine("| # | what | ours | theirs | ratio | target | verdict |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var line in lines)
        {
            text.AppendLine(
                $"| {line.Id} | {line.What} | {Side(line.Ours, line.OurSample)} | {Side(line.Theirs, line.TheirSample)} | "
                    + $"{Measured(line)} | {Target(line)} | {line.Verdict} |");
        }

        return text.ToString();
    }

    /// <summary>Writes latest.md, latest.svg and latest.json into the folder.</summary>
    public void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        var text = new StringBuilder("# Ours beside theirs\n\n");
        text.AppendLine(
            "Three server processes on loopback on each side, the load generator on the same machine; ours and theirs in turn,"
                + " medians of the rounds.");
        text.AppendLine(
            "Latencies are those the load generator sees (of a whole pipeline where there is one). Only ratios of one run "
                + "mean anything.\n");
        foreach (var (name, value) in _circumstances) text.AppendLine($"- {name}: {value}");
        text.AppendLine().Append(Table());
        var remarks = notes.Concat(lines.Where(l => l.Note.Length > 0).Select(l => $"{l.Id}, {l.What}: {l.Note}")).ToList();
        if (remarks.Count > 0) text.AppendLine();
        foreach (var remark in remarks) text.AppendLine($"- {remark}");
        File.WriteAllText(Path.Combine(folder, "latest.md"), text.ToString());
        File.WriteAllText(
            Path.Combine(folder, "latest.svg"),
            Plot.Draw(lines, $"Measured against the targets, {_circumstances["date"]}, {Machine()}"));
        File.WriteAllText(
            Path.Combine(folder, "latest.json"),
            JsonSerializer.Serialize(new { circumstances = _circumstances, notes, lines }, Json) + "\n");
    }

    /// <summary>Processor, cores and runtime in a few words.</summary>
    public static string Machine() => $"{Processor()}, {Environment.ProcessorCount} cores, .NET {Environment.Version}";

    private static string Side(string name, Sample? sample) => sample is null
        ? name
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {sample.OpsPerSecond:N0}/s, p50 {sample.P50:0.00} p99 {sample.P99:0.00} p99.9 {sample.P999:0.00} ms, "
                + $"{sample.CpuSecondsPerMillion:0.00} CPU s/M");

    private static string Measured(Line line) =>
        line.Measured is { } value ? $"{value.ToString("0.00", CultureInfo.InvariantCulture)} {line.Unit}".Trim() : "–";

    private static string Target(Line line) => line.Target is { } value
        ? $"{(line.IsUpperBound ? "≤" : "≥")} {value.ToString("0.##", CultureInfo.InvariantCulture)} {line.Unit}".Trim()
        : "–";

    private static string Processor()
    {
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Version(string file, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(file, arguments)
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    UseShellExecute = false,
                });
            var line = process!.StandardOutput.ReadLine();
            process.WaitForExit();
            return line is { Length: > 0 } ? line : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "not installed";
        }
    }
}
