using System.Text.RegularExpressions;

namespace Quorate.Tidy.Tests;

/// <summary>The folders of Quorate.Cluster as layers: each may use those further in, so that no two of them know each
/// other.</summary>
public sealed class FolderTests
{
    private const string Home = "src/Quorate.Cluster/";
    private const string Root = "Quorate.Cluster";

    /// <summary>From the inside out. A folder may use those before it. What all may know (options, the host, replies) lies beside
    /// the folders and uses none of them.</summary>
    private static readonly string[] InsideOut =
    [
        "Journal",
        "Peers", "Maps", "Hosting", "Reads", "Forwarding", "Voting", "Merging", "Control", "Groups", "Commands", "Sessions",
        "Turns",
    ];

    /// <summary>Pairs that know each other against the order. May only become fewer.</summary>
    private static readonly HashSet<(string From, string To)> Exceptions = [];

    private static IEnumerable<string> Sources => Tree.ProductSources.Where(f => f.StartsWith(Home, StringComparison.Ordinal));

    [Fact]
    public void Every_folder_has_a_place_in_the_order() =>
        Sources.Select(FolderOf)
            .Where(f => f.Length > 0).Distinct().Except(InsideOut).Concat(InsideOut.Except(Sources.Select(FolderOf)))
            .ShouldBeNone("a folder without a place, or a place without a folder");

    [Fact]
    public void A_folder_uses_only_those_further_in() =>
        Uses()
            .Where(u => IsOutward(u.From, u.To) && !Exceptions.Contains((u.From, u.To)))
            .Select(u => $"{u.File} ({u.From}) uses {u.To}")
            .ShouldBeNone("a use that points outward");

    [Fact]
    public void Exceptions_to_the_order_are_still_needed() =>
        Exceptions.Where(e => !IsOutward(e.From, e.To) || !Uses().Any(u => (u.From, u.To) == e))
            .Select(e => $"{e.From} -> {e.To}")
            .ShouldBeNone("an exception that is none");

    [Fact]
    public void A_namespace_is_the_folder() =>
        Sources.Where(f => !Regex
            .IsMatch(Tree.Text(f), $@"^namespace {Regex.Escape(NamespaceOf(FolderOf(f)))};", RegexOptions.Multiline))
            .ShouldBeNone("a file whose namespace is not its folder");

    /// <summary>A file of one folder sees another only by a using line, or by a name written out: the namespaces are side by
    /// side.</summary>
    private static IEnumerable<(string File, string From, string To)> Uses()
    {
        var typesOf = Sources.GroupBy(FolderOf).ToDictionary(f => f.Key, f => f.SelectMany(TypesIn).ToHashSet());
        foreach (var file in Sources)
        {
            var from = FolderOf(file);
            var code = CodeWords.Of(Tree.Text(file));
            var named = Regex.Matches(code, @"\bCluster\.(\w+)").Select(m => m.Groups[1].Value).Where(InsideOut.Contains);
            // "Reads.ReadRule" is a type of the folder, "node.Reads.Count" a property.
            var written = Regex.Matches(code, @"(?<![\w.])(\w+)\.(\w+)")
                .Where(m => typesOf.TryGetValue(m.Groups[1].Value, out var types) && types.Contains(m.Groups[2].Value))
                    .Select(m => m.Groups[1].Value);
            foreach (var to in named.Concat(written).Where(to => to != from).Distinct()) yield return (file, from, to);
        }
    }

    private static IEnumerable<string> TypesIn(string file) =>
        Regex.Matches(CodeWords.Of(Tree.Text(file)), @"\b(?:class|struct|record|interface|enum)\s+(?:struct\s+|class\s+)?(\w+)")
            .Select(m => m.Groups[1].Value);

    private static bool IsOutward(string from, string to) => Array.IndexOf(InsideOut, to) > Array.IndexOf(InsideOut, from);

    /// <summary>Empty for what lies beside the folders.</summary>
    private static string FolderOf(string file) => Path.GetDirectoryName(file[Home.Length..])!.Split('/')[0];

    private static string NamespaceOf(string folder) => folder.Length == 0 ? Root : $"{Root}.{folder}";
}
