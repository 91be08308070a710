using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quorate.Compare.Load;
using Quorate.Compare.Rows;

namespace Quorate.Compare.Strategies;

/// <summary>The strategies' table: for people, for programs and as a picture. Lines of earlier runs stay until they are measured
/// again.</summary>
internal static class StrategyReport
{
    private const string Head = """
        # Every strategy beside Redis

        One keyspace at a time, three server processes on loopback, against a Redis primary with one asynchronous replica (`one-node`: without);
        the load generator, redis-benchmark with 50 connections, on the same machine; ours and theirs in turn, medians of the rounds. Keys are drawn from a million,
        values have 64 bytes. Durability `memory` stands beside Redis without a file, `written` beside `appendfsync everysec`, `fsync` beside `always`. Two copies are
        kept by Redis and where the policy says `REPLICAS 2`; else ours keeps three. "CPU" is processor time of all servers of a side in µs per
        operation, with what they did after the last reply: "behind" is how many seconds that took ours.

        """;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Table(IEnumerable<StrategyLine> lines)
    {
        var text = new StringBuilder();
        text.AppendLine(
            "| keyspace | what | pipeline | ours/s | p50 | p99 | p99.9 ms | CPU | behind s | Redis/s | p50 | p99 | p99.9 ms | "
                + "CPU | ratio | target |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var line in lines)
        {
            var behind = line.Ours.BehindSeconds >= 0.15
                ? line.Ours.BehindSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "";
            var ratio = line.Ratio is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";
            var target = line.Target is { } least
                ? string.Create(CultureInfo.InvariantCulture, $"≥ {least:0.##} {(line.Ratio >= least ? "met" : "missed")}") : "";
            text.AppendLine(
                $"| {line.Case} | {line.What} | {line.Pipeline} | {Figures(line.Ours)} | {behind} | "
                    + $"{(line.Theirs is { } theirs ? Figures(theirs) : "| | | | ")} | {ratio} | {target} |");
        }

        return text.ToString();
    }

    public static void WriteTo(string folder, IReadOnlyList<StrategyLine> measured)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "strategies.json");
        IReadOnlyList<StrategyLine> before = File.Exists(path)
            ? JsonSerializer.Deserialize<List<StrategyLine>>(File.ReadAllText(path), Json) ?? [] : [];
        var lines = before.Where(b => !measured.Any(b.IsSameAs)).Concat(measured)
            .OrderBy(PlaceOf).ThenBy(l => l.What.StartsWith("GET", StringComparison.Ordinal)).ToList();
        var text = new StringBuilder(Head).AppendLine();
        text.AppendLine($"- machine: {Report.Machine()}");
        foreach (var run in lines.GroupBy(l => (Day: l.Date[..10], l.Revision, l.Rounds)))
            text.AppendLine(
                $"- {run.Key.Day}, revision {run.Key.Revision}, rounds {run.Key.Rounds}: "
                    + $"{string.Join(", ", run.Select(l => l.Case).Distinct())}");
        text.AppendLine("\n| | policy |\n| --- | --- |");
        foreach (var line in lines.DistinctBy(l => l.Case)) text.AppendLine($"| {line.Case} | `{line.Policy}` |");
        text.AppendLine().Append(Table(lines));
        File.WriteAllText(Path.Combine(folder, "strategies.md"), text.ToString());
        File.WriteAllText(path, JsonSerializer.Serialize(lines, Json) + "\n");
        File.WriteAllText(
            Path.Combine(folder, "strategies.svg"),
            Plot.Draw(
                [.. lines.Where(l => l.Pipeline == 16).Select(ToLine)],
                $"Operations a second at pipeline 16, beside Redis with a replica, {lines[^1].Date[..10]}, {Report.Machine()}",
                "as fast as Redis"));
    }

    /// <summary>As one of the rows of the whole comparison.</summary>
    public static Line ToLine(StrategyLine line) => new()
    {
        Id = "P6",
        What = $"{line.Case}, {line.What}, pipeline {line.Pipeline}",
        Ours = "Quorate",
        Theirs = line.Beside,
        OurSample = line.Ours,
        TheirSample = line.Theirs,
        Measured = line.Ratio,
        Target = line.Target,
    };

    private static int PlaceOf(StrategyLine line)
    {
        for (var i = 0; i < StrategyCase.All.Count; i++)
            if (StrategyCase.All[i].Name == line.Case) return i;
        return int.MaxValue;
    }

    private static string Figures(Sample s) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{s.OpsPerSecond:N0} | {s.P50:0.00} | {s.P99:0.00} | {s.P999:0.00} | {s.CpuSecondsPerMillion:0.00}");
}
