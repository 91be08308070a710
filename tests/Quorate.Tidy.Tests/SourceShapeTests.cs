using System.Text.RegularExpressions;

namespace Quorate.Tidy.Tests;

public sealed class SourceShapeTests
{
    private const int LongestFile = 400;
    private const int WidestLine = 130;

    /// <summary>Files that are better long: path and why.</summary>
    private static readonly Dictionary<string, string> LongFiles = new()
    {
        ["src/Quorate.Strategies/CasPaxos/KeyRound.cs"] =
            "one proposer's round for one key: a state machine whose steps share every field",
    };

    [Fact]
    public void Files_have_at_most_400_lines() =>
        Tree.Sources.Where(f => !LongFiles.ContainsKey(f) && Tree.Lines(f).Length > LongestFile)
            .Select(f => $"{f}: {Tree.Lines(f).Length} lines")
            .ShouldBeNone("look again above 400 lines");

    /// <summary>A literal may stick out: cut in two, it is found by no search. Raw literals are blank in the code and
    /// pass.</summary>
    [Fact]
    public void Lines_have_at_most_130_columns()
    {
        var wide = new List<string>();
        foreach (var file in Tree.Sources)
        {
            var (lines, code) = (Tree.Lines(file), CodeWords.Of(Tree.Text(file)).Split('\n'));
            for (var i = 0; i < lines.Length; i++)
            {
                var isLiteral = lines[i].Contains('"', StringComparison.Ordinal)
                    || (code[i].Trim().Length == 0 && !lines[i].TrimStart().StartsWith("//", StringComparison.Ordinal));
                if (lines[i].Length > WidestLine && !isLiteral) wide.Add($"{file}:{i + 1}: {lines[i].Length} columns");
            }
        }

        wide.ShouldBeNone("a line that a reader must scroll");
    }

    [Fact]
    public void Exceptions_to_the_length_of_files_are_still_needed() =>
        LongFiles.Keys.Where(f => !Tree.Exists(f) || Tree.Lines(f).Length <= LongestFile)
            .ShouldBeNone("an exception that is none");

    [Fact]
    public void No_type_is_spread_over_files_and_no_region_hides_code() =>
        Matches(
            Tree.Sources.Where(f => !IsCompletedByGenerator(f)),
            @"\bpartial\s+(class|struct|record|interface|void|[A-Za-z<>]+\s+\w+\s*\()|#region").ShouldBeNone(
                "partial or #region");

    [Fact]
    public void Namespaces_are_file_scoped() =>
        Matches(Tree.Sources, @"^\s*namespace\s+[\w.]+\s*(\r?\n\s*)?\{").ShouldBeNone("a namespace with braces");

    [Fact]
    public void Names_say_what_a_type_does() =>
        Matches(
            Tree.Sources,
            @"\b(class|struct|record|interface|enum)\s+(struct\s+|class\s+)?\w*(Manager|Helper|Helpers|Util|Utils|Utility|Wrapper|Info)\b").ShouldBeNone(
                "a name that says nothing");

    [Fact]
    public void Nothing_in_the_product_waits_to_be_written() =>
        Tree.ProductSources.SelectMany(f => Tree.Lines(f).Select((text, n) => (f, n, text)))
            .Where(l => Regex.IsMatch(l.text, @"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedException"))
            .Select(l => $"{l.f}:{l.n + 1}: {l.text.Trim()}")
            .ShouldBeNone("not written yet");

    [Fact]
    public void A_product_class_without_virtual_members_is_sealed_static_or_abstract() =>
        Matches(
            Tree.ProductSources,
            @"^\s*((public|internal|private|protected|file|readonly|unsafe)\s+)+(class|record)\s+(?!struct\b)\w+",
            f => !Regex.IsMatch(f, @"\bvirtual\b")).ShouldBeNone("a class that anybody could inherit from");

    [Fact]
    public void A_file_is_named_after_a_type_in_it() =>
        Tree.ProductSources.Where(f => !Declares(f, Path.GetFileNameWithoutExtension(f)) && !DeclaresSeveralOrNone(f))
            .ShouldBeNone("a file named after nothing in it");

    /// <summary>The compiler's generators (logging, JSON, regular expressions) write the other half of a type.</summary>
    private static bool IsCompletedByGenerator(string file) =>
        Regex.IsMatch(Tree.Text(file), @"\[(LoggerMessage|JsonSerializable|GeneratedRegex|LibraryImport)\b");

    /// <summary>Tiny related types may share a file; then its name says what they have in common.</summary>
    private static bool DeclaresSeveralOrNone(string file) =>
        Regex.Count(
            CodeWords.Of(Tree.Text(file)), @"^(\w+\s+)*(class|struct|record|interface|enum)\s+\w+", RegexOptions.Multiline) != 1;

    private static bool Declares(string file, string name) =>
        Regex.IsMatch(
            CodeWords.Of(Tree.Text(file)),
            $@"\b(class|struct|record|interface|enum|delegate\s+\w+)\s+(struct\s+|class\s+)?{Regex.Escape(name)}\b");

    private static IEnumerable<string> Matches(IEnumerable<string> files, string pattern, Func<string, bool>? isConcerned = null)
    {
        foreach (var file in files)
        {
            var code = CodeWords.Of(Tree.Text(file));
            if (isConcerned is not null && !isConcerned(code)) continue;
            foreach (Match match in Regex.Matches(code, pattern, RegexOptions.Multiline))
                yield return $"{file}:{code.AsSpan(0, match.Index).Count('\n') + 1}: {match.Value.Trim()}";
        }
    }
}
