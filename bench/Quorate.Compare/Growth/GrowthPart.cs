namespace Quorate.Compare.Growth;

/// <summary>What one dimension came to: a section of growth.md.</summary>
/// <param name="Name">Of the file that keeps it.</param>
/// <param name="Holds">Nothing grew faster than its work.</param>
internal sealed record GrowthPart(string Name, string Markdown, bool Holds)
{
    public static GrowthPart Of(Curve curve) =>
        new(
            new string([.. curve.Title.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')]),
            curve.ToMarkdown(), curve.Holds);
}
