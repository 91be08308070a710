using System.Globalization;
using System.Security;
using System.Text;
using Quorate.Compare.Rows;

namespace Quorate.Compare;

/// <summary>Draws the rows as bars: what was measured against its target, on a scale where the target is always at the same
/// place.</summary>
internal static class Plot
{
    private const int LabelWidth = 430, Width = 980, RowHeight = 22, Top = 46;

    /// <summary>Pixels for each factor of two.</summary>
    private const double Doubling = 70;

    private const double TargetAt = LabelWidth + 180;
    private const double Rightmost = Width - 90;

    /// <summary>An SVG picture. A bar that ends right of the line has reached its target; each further 70 pixels are a factor of
    /// two.</summary>
    /// <param name="reference">What the line is; null: every row's target, and rows without one are left out. Else it stands for
    /// a ratio of one.</param>
    public static string Draw(IReadOnlyList<Line> lines, string caption, string? reference = null)
    {
        var rows = reference is null
            ? lines.Where(l => l.Measured is > 0 && l.Target is not null).ToList()
            : [.. lines.Where(l => l.Measured is > 0).Select(l => l with { Target = 1 })];
        var height = Top + (rows.Count * RowHeight) + 16;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" font-family="sans-serif" font-size="12">""");
        svg.AppendLine("""<rect width="100%" height="100%" fill="white"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="8" y="18" font-size="13">{SecurityElement.Escape(caption)}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{TargetAt}" y="38" text-anchor="middle" fill="#555">{reference ?? "target"}</text>""");
        for (var i = 0; i < rows.Count; i++) Bar(svg, rows[i], Top + (i * RowHeight));
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{TargetAt}" y1="{Top - 4}" x2="{TargetAt}" y2="{height - 12}" stroke="#333" stroke-dasharray="4 3"/>""");
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Bar(StringBuilder svg, Line line, int y)
    {
        var (measured, target) = (line.Measured!.Value, line.Target!.Value);
        // Of a zero there is no multiple: what is at most zero has reached it.
        var advantage = target == 0 ? 1 : line.IsUpperBound ? target / measured : measured / target;
        var end = Math.Clamp(TargetAt + (Math.Log2(advantage) * Doubling), LabelWidth + 4, Rightmost);
        var colour = line.Verdict == "met" ? "#3a7d44" : "#c0504d";
        var value = string.Create(CultureInfo.InvariantCulture, $"{measured:0.##} {line.Unit}").Trim();
        var bound = string.Create(CultureInfo.InvariantCulture, $"{(line.IsUpperBound ? "≤" : "≥")} {target:0.##}");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{LabelWidth - 6}" y="{y + 14}" text-anchor="end">{SecurityElement.Escape($"{line.Id} {line.What}")}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{LabelWidth}" y="{y + 3}" width="{end - LabelWidth:0}" height="{RowHeight - 7}" fill="{colour}"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Math.Max(end, TargetAt) + 5:0}" y="{y + 14}">{SecurityElement.Escape($"{value} ({bound})")}</text>""");
    }
}
