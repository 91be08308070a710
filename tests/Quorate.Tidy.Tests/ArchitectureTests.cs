using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Quorate.Tidy.Tests;

/// <summary>ARCHITECTURE.md shows projects, folders and the way of one SET. These tests keep it true.</summary>
public sealed class ArchitectureTests
{
    private const string Page = "ARCHITECTURE.md";
    private const int MostStations = 10;

    /// <summary>An arrow of the picture is a reference of a project file, and every reference can be walked along
    /// arrows.</summary>
    [Fact]
    public void The_picture_shows_the_references_of_the_projects()
    {
        var references = new HashSet<(string From, string To)>();
        foreach (var project in Tree.Files
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            foreach (var reference in XDocument.Parse(Tree.Text(project)).Descendants("ProjectReference"))
                references.Add((
                    Path.GetFileNameWithoutExtension(project),
                    Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)));
        }

        var arrows = Arrows();
        arrows.Count.ShouldBeGreaterThan(5, "the page has a mermaid picture with arrows");
        arrows.Except(references).Select(a => $"{a.From} --> {a.To}").ShouldBeNone("an arrow in the picture without a reference");
        references.Where(r => !CanWalk(arrows, r.From, r.To))
            .Select(r => $"{r.From} -> {r.To}").ShouldBeNone("a reference that the picture does not show");
    }

    /// <summary>Each row of the map begins with a folder in backticks, from the root of the repository.</summary>
    [Fact]
    public void The_map_names_every_folder_of_every_project_and_no_other()
    {
        var mapped = Tree.Lines(Page)
            .Select(l => Regex.Match(l, @"^\| `(?<folder>src/[\w./]+)/` \|"))
            .Where(m => m.Success).Select(m => m.Groups["folder"].Value).ToList();
        mapped.GroupBy(f => f).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeNone("a folder that the map names twice");
        var folders = Tree.ProductSources
            .Select(f => Path.GetDirectoryName(f)!.Replace('\\', '/'))
            .Where(f => !f.Contains("/Properties", StringComparison.Ordinal)).ToHashSet();
        folders.Except(mapped).ShouldBeNone("a folder that the map does not name");
        mapped.Except(folders).ShouldBeNone("a folder on the map that is not there");
    }

    /// <summary>A station is a numbered item of the chapter, and names a source file of the product that exists.</summary>
    [Fact]
    public void The_way_of_one_SET_has_at_most_ten_stations_and_each_is_in_a_file()
    {
        var chapter = Tree.Lines(Page).SkipWhile(l => !l.StartsWith("## The way of one SET", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal)).ToList();
        var stations = new List<string>();
        foreach (var line in chapter)
        {
            if (Regex.IsMatch(line, @"^\d+\. ")) stations.Add(line);
            else if (stations.Count > 0 && line.StartsWith("   ", StringComparison.Ordinal)) stations[^1] += " " + line.Trim();
        }

        stations.Count.ShouldBeInRange(5, MostStations);
        stations.Where(s => !Regex.Matches(s, @"\((?<file>src/[\w./]+\.cs)\)").Any(m => Tree.Exists(m.Groups["file"].Value)))
            .ShouldBeNone("a station without a file that exists");
    }

    /// <summary>A word of the glossary that looks like a type is one.</summary>
    [Fact]
    public void The_glossary_names_types_that_exist()
    {
        var declared = Tree.ProductSources
            .SelectMany(f => Regex
                .Matches(CodeWords.Of(Tree.Text(f)), @"\b(?:class|struct|record|interface|enum)\s+(?:struct\s+|class\s+)?(\w+)"))
            .Select(m => m.Groups[1].Value).ToHashSet();
        var glossary = Tree.Lines(Page).SkipWhile(l => !l.StartsWith("## Glossary", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal))
                .Where(l => l.StartsWith("| ", StringComparison.Ordinal)).ToList();
        glossary.Count.ShouldBeGreaterThan(10);
        glossary.SelectMany(l => Regex.Matches(l, "`(?<name>[A-Z][A-Za-z]+)`").Select(m => m.Groups["name"].Value))
            .Where(n => !declared.Contains(n)).ShouldBeNone("a type that does not exist");
    }

    private static HashSet<(string From, string To)> Arrows()
    {
        var picture = Tree.Lines(Page).SkipWhile(l => l != "```mermaid").Skip(1).TakeWhile(l => l != "```");
        return [.. picture
            .Select(l => Regex.Match(l, @"^\s*(?<from>[\w.]+) --> (?<to>[\w.]+)\s*$")).Where(m => m.Success)
            .Select(m => (m.Groups["from"].Value, m.Groups["to"].Value))];
    }

    private static bool CanWalk(HashSet<(string From, string To)> arrows, string from, string to) =>
        arrows.Any(a => a.From == from && (a.To == to || CanWalk(arrows, a.To, to)));
}
