using System.Globalization;
using System.Text;

namespace Quorate.Compare.Growth;

/// <summary>How cost goes with one dimension of size. The claim: processor time per operation grows no faster than the
/// operation's work, where <see cref="Tolerance"/> is what caches and a busy machine may add.</summary>
internal sealed record Curve(string Title, string Claim, IReadOnlyList<Point> Points)
{
    public const double Tolerance = 2.0;

    /// <summary>The worst step: growth of cost divided by growth of work since the first one.</summary>
    public double WorstExcess =>
        Points.Skip(1).Select(p => Cost(p) / Cost(Points[0]) / (p.Work / Points[0].Work)).DefaultIfEmpty(0).Max();

    public bool Holds => WorstExcess <= Tolerance;

    public string ToMarkdown()
    {
        var text = new StringBuilder($"## {Title}\n\n");
        text.AppendLine(
            "| | op/s | CPU µs/op, all servers | p50 ms | p99 ms | leader's memory MB | |\n| --- | --- | --- | --- | --- | "
                + "--- | --- |");
        foreach (var point in Points)
        {
            var s = point.Sample;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {point.Step} | {s.OpsPerSecond:N0} | {s.CpuSecondsPerMillion:0.00} | {s.P50:0.00} | {s.P99:0.00} | "
                    + $"{point.LeaderBytes / 1e6:N0} | {point.Note} |");
        }

        text.AppendLine().AppendLine(
            CultureInfo.InvariantCulture,
            $"{Claim}: {(Holds ? "holds" : "does **not** hold")}; the worst step costs {WorstExcess:0.00} times its share of "
                + $"work.\n");
        return text.ToString();
    }

    private static double Cost(Point point) => point.Sample.CpuSecondsPerMillion;
}
