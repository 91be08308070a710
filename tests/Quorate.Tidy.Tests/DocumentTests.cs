using System.Text.RegularExpressions;

namespace Quorate.Tidy.Tests;

public sealed class DocumentTests
{
    [Fact]
    public void Links_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (var file in Tree.Documents)
        {
            foreach (Match link in Regex.Matches(Tree.Text(file), @"\]\((?<to>[^)\s]+)\)"))
            {
                var to = link.Groups["to"].Value;
                if (to.Contains("://", StringComparison.Ordinal) || to.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                var parts = to.Split('#');
                var folder = Path.Combine(Tree.Root, Path.GetDirectoryName(file)!);
                var path = parts[0].Length == 0 ? file : Path.GetRelativePath(Tree.Root, Path.GetFullPath(parts[0], folder));
                if (!Tree.Exists(path) || (parts.Length > 1 && !AnchorsOf(path).Contains(parts[1]))) broken.Add($"{file}: {to}");
            }
        }

        broken.ShouldBeNone("a link to nothing");

        // A heading's anchor: its letters in lower case without punctuation, blanks as dashes.
        static IEnumerable<string> AnchorsOf(string document) => Tree.Lines(document).Where(l => l.StartsWith('#'))
            .Select(l => Regex.Replace(l.TrimStart('#').Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));
    }

    [Fact]
    public void Files_that_documents_name_exist() =>
        Tree.Documents.SelectMany(f => Regex.Matches(Tree.Text(f), @"`(?<path>(src|tests|bench|scripts|docs)/[\w./-]+)`")
                .Select(m => (f, Path: m.Groups["path"].Value)))
            .Where(n => !Tree.Exists(n.Path)).Select(n => $"{n.f}: {n.Path}").ShouldBeNone("a file that does not exist");

    /// <summary>docs/protocols has tables of rules with the test of each, written as `Class.Method` or as a path.</summary>
    [Fact]
    public void Every_test_that_a_protocol_document_names_exists()
    {
        var known = Tree.Sources.Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(f => Regex.Matches(Tree.Text(f), @"\b(?:class|void|Task)\s+(\w+)").Select(m => m.Groups[1].Value))
                .ToHashSet();
        var missing = new List<string>();
        foreach (var file in Tree.Documents.Where(f => f.StartsWith("docs/protocols/", StringComparison.Ordinal)))
        {
            foreach (var row in Tree.Lines(file).Where(l => l.StartsWith('|')))
            {
                foreach (Match name in Regex
                    .Matches(row, @"`(?<class>\w+Tests)(\.(?<method>\w+))?`|`(?<script>[\w-]+(/[\w-]+)*\.txt)`"))
                {
                    if (name.Groups["script"] is { Success: true } script)
                    {
                        if (!Tree.Files
                            .Any(f => f.StartsWith("tests/", StringComparison.Ordinal)
                                && f.EndsWith("/" + script.Value, StringComparison.Ordinal)))
                            missing.Add($"{file}: {script.Value}");
                    }
                    else if (!known.Contains(name.Groups["class"].Value)
                        || (name.Groups["method"].Success && !known.Contains(name.Groups["method"].Value)))
                    {
                        missing.Add($"{file}: {name.Value}");
                    }
                }
            }
        }

        missing.ShouldBeNone("a rule whose test does not exist");
    }

    /// <summary>What documents tell people to type is there: programs of the repository as files, verbs and options in the text
    /// of the program that takes them.</summary>
    [Fact]
    public void Commands_that_documents_show_exist()
    {
        var quorate = TextOf("src/Quorate/");
        var compare = TextOf("bench/Quorate.Compare/");
        var unknown = new List<string>();
        foreach (var (file, command) in Tree.Documents.SelectMany(f => TypedLines(f).Select(c => (f, c))))
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Contains('/', StringComparison.Ordinal) && !Tree.Exists(words[0])) unknown.Add($"{file}: {command}");
            var project = Array.IndexOf(words, "--project");
            if (project >= 0 && !Tree.Exists(words[project + 1])) unknown.Add($"{file}: {command}");
            var isRun = command.StartsWith("dotnet run ", StringComparison.Ordinal);
            if (words[0] == "quorate" || isRun)
            {
                var given = words[(isRun ? Array.IndexOf(words, "--") + 1 : 1)..];
                unknown.AddRange(given.Where((w, i) => i == 0 || w.StartsWith("--", StringComparison.Ordinal))
                    .Where(w => !IsIn(quorate, w)).Select(w => $"{file}: {command}: quorate has no {w}"));
            }
            else if (words[0] is "scripts/kill-test" or "bench/compare")
            {
                unknown.AddRange(words[1..].Where((w, i) => i == 0 || w.StartsWith("--", StringComparison.Ordinal))
                    .Where(w => !IsIn(compare, w)).Select(w => $"{file}: {command}: {words[0]} has no {w}"));
            }
        }

        unknown.ShouldBeNone("a command that does not exist");

        static string TextOf(string folder) =>
            string.Concat(Tree.Sources.Where(f => f.StartsWith(folder, StringComparison.Ordinal)).Select(Tree.Text));

        // Options are declared with their dashes, or by name in a list of several.
        static bool IsIn(string program, string word) =>
            program.Contains($"\"{word}\"", StringComparison.Ordinal)
            || program.Contains($"(\"{word.TrimStart('-')}\", \"", StringComparison.Ordinal);
    }

    [Fact]
    public void Continuous_checks_run_the_tests_as_the_README_says()
    {
        TypedLines("README.md").ShouldContain("dotnet test");
        Tree.Lines(".ci/run").ShouldContain(l => l.StartsWith("dotnet test ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tree_names_no_package_registry_and_no_machine()
    {
        // Put together here, so that this file does not contain what it looks for.
        string[] words = [
            "api." + "nuget.org", "registry." + "npmjs.org", "deb." + "debian.org", "/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/"];
        Tree.Files.Where(f => !f.EndsWith(".png", StringComparison.Ordinal))
            .SelectMany(f => words.Where(w => Tree.Text(f).Contains(w, StringComparison.Ordinal)).Select(w => $"{f}: {w}"))
            .ShouldBeNone("something that is true on one machine only");
    }

    [Fact]
    public void Decisions_have_numbers_of_their_own_and_are_in_the_index()
    {
        const string Folder = "docs/decisions/";
        const string IndexFile = Folder + "README.md";
        var files = Tree.Documents.Where(f => f.StartsWith(Folder, StringComparison.Ordinal) && f != IndexFile).ToList();
        var index = Tree.Text(IndexFile);
        files.GroupBy(f => f[Folder.Length..].Split('-')[0]).Where(g => g.Count() > 1).Select(g => string.Join(", ", g))
            .ShouldBeNone("two decisions with one number");
        files.Where(f => !index.Contains($"[{Number(f)}]({f[Folder.Length..]})", StringComparison.Ordinal))
            .ShouldBeNone("a decision that docs/decisions/README.md does not list");
        files.Where(f => !Tree.Lines(f)[0].StartsWith($"# {Number(f)}. ", StringComparison.Ordinal))
            .ShouldBeNone("a title with another number");

        static int Number(string file) => int.Parse(file[Folder.Length..].Split('-')[0]);
    }

    /// <summary>README.md is one screen: a newcomer reads no more before deciding.</summary>
    [Fact]
    public void The_README_fits_on_a_screen() => Tree.Lines("README.md").Length.ShouldBeLessThanOrEqualTo(60);

    /// <summary>Lines of ```sh blocks without comments, and the lines behind a prompt in ```console blocks.</summary>
    private static IEnumerable<string> TypedLines(string file)
    {
        var language = (string?)null;
        foreach (var line in Tree.Lines(file))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) language = language is null ? line[3..] : null;
            else if (language is "sh" && line.Split('#')[0].Trim() is { Length: > 0 } command) yield return command;
            else if (language is "console" && line.StartsWith("$ ", StringComparison.Ordinal))
                yield return line[2..].Split(" #")[0].Trim();
        }
    }
}
