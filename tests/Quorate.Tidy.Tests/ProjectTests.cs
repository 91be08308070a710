using System.Xml.Linq;

namespace Quorate.Tidy.Tests;

public sealed class ProjectTests
{
    /// <summary>From the inside out. A project may refer to those before it, never to one after it.</summary>
    private static readonly string[] InsideOut =
    [
        "Quorate.Replication",
        "Quorate.Resp", "Quorate.Strategies", "Quorate.Data", "Quorate.Cluster", "Quorate.Simulation", "Quorate.Server",
        "Quorate",
    ];

    /// <summary>Pairs that stand side by side and do not know each other.</summary>
    private static readonly (string From, string To)[] Strangers =
    [
        ("Quorate.Resp", "Quorate.Replication"), ("Quorate.Strategies", "Quorate.Resp"), ("Quorate.Data", "Quorate.Strategies"),
        ("Quorate.Cluster", "Quorate.Strategies"), ("Quorate.Server", "Quorate.Simulation"),
    ];

    /// <summary>Projects that hold protocol logic: no package but the analyzer that guards them.</summary>
    private static readonly string[] Pure = [
        "Quorate.Replication", "Quorate.Strategies", "Quorate.Data", "Quorate.Resp", "Quorate.Cluster"];

    private static IEnumerable<string> Projects => Tree.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal));

    [Fact]
    public void References_point_inward()
    {
        var products = Projects.Where(f => f.StartsWith("src/", StringComparison.Ordinal)).ToList();
        products.Select(Name).Except(InsideOut).ShouldBeNone("a project whose place is not decided");
        products.SelectMany(f => References(f).Select(to => (From: Name(f), To: to)))
            .Where(r => Array.IndexOf(InsideOut, r.To) < 0
                || Array.IndexOf(InsideOut, r.To) >= Array.IndexOf(InsideOut, r.From) || Strangers.Contains(r))
            .Select(r => $"{r.From} -> {r.To}")
            .ShouldBeNone("a reference that points outward");
    }

    [Fact]
    public void Pure_projects_use_no_package() =>
        Pure.SelectMany(p => Elements($"src/{p}/{p}.csproj", "PackageReference")
            .Concat(Elements($"src/{p}/{p}.csproj", "FrameworkReference")).Select(r => $"{p}: {r}"))
            .ShouldBeNone("a package in a pure project");

    [Fact]
    public void Every_product_project_has_a_test_project_and_is_in_the_solution()
    {
        var solution = Tree.Text("Quorate.slnx");
        Projects.Where(f => f.StartsWith("src/", StringComparison.Ordinal))
            .Where(f => !Tree.Exists($"tests/{Name(f)}.Tests/{Name(f)}.Tests.csproj"))
                .ShouldBeNone("a project without a test project");
        Projects.Where(f => !solution.Contains($"\"{f}\"", StringComparison.Ordinal))
            .ShouldBeNone("a project that the solution does not know");
    }

    [Fact]
    public void Every_suite_of_a_product_project_has_tests() =>
        Projects.Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
            .Where(f => !Tree.Sources
                .Any(s => s.StartsWith(Path.GetDirectoryName(f) + "/", StringComparison.Ordinal)
                    && (Tree.Text(s).Contains("[Fact", StringComparison.Ordinal)
                        || Tree.Text(s).Contains("[Theory", StringComparison.Ordinal))))
            .ShouldBeNone("a suite without a test");

    [Fact]
    public void Strategies_do_not_know_each_other()
    {
        const string home = "src/Quorate.Strategies/";
        var strategies = Tree.ProductSources.Where(f => f.StartsWith(home, StringComparison.Ordinal)
            && f.Count(c => c == '/') > 2)
            .GroupBy(f => f.Split('/')[2]).ToList();
        strategies.SelectMany(s => s.SelectMany(f => strategies.Where(o => o.Key != s.Key)
                .Where(o => CodeWords.Of(Tree.Text(f)).Contains($"Quorate.Strategies.{o.Key}", StringComparison.Ordinal))
                    .Select(o => $"{f} uses {o.Key}")))
            .ShouldBeNone("shared mathematics moves inward");
    }

    private static string Name(string project) => Path.GetFileNameWithoutExtension(project);

    private static IEnumerable<string> References(string project) =>
        Elements(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')));

    private static IEnumerable<string> Elements(string project, string kind) =>
        XDocument.Parse(Tree.Text(project)).Descendants(kind).Select(e => e.Attribute("Include")!.Value);
}
