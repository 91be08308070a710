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
                if (to.Contains("://", StringComparison.Ordinal) || to.StartsWith('#') || to.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                var path = Path.GetRelativePath(Tree.Root, Path.GetFullPath(Path.Combine(Tree.Root, Path.GetDirectoryName(file)!, to.Split('#')[0])));
                if (!Tree.Exists(path)) broken.Add($"{file}: {to}");
            }
        }

        broken.ShouldBeNone("a link to nothing");
    }

    /// <summary>docs/protocols has tables of rules with the test of each, written as `Class.Method` or as a path.</summary>
    [Fact]
    public void Every_test_that_a_protocol_document_names_exists()
    {
        var known = Tree.Sources.Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(f => Regex.Matches(Tree.Text(f), @"\b(?:class|void|Task)\s+(\w+)").Select(m => m.Groups[1].Value)).ToHashSet();
        var missing = new List<string>();
        foreach (var file in Tree.Documents.Where(f => f.StartsWith("docs/protocols/", StringComparison.Ordinal)))
        {
            foreach (var row in Tree.Lines(file).Where(l => l.StartsWith('|')))
            {
                foreach (Match name in Regex.Matches(row, @"`(?<class>\w+Tests)(\.(?<method>\w+))?`|`(?<script>[\w-]+(/[\w-]+)*\.txt)`"))
                {
                    if (name.Groups["script"] is { Success: true } script)
                    {
                        if (!Tree.Files.Any(f => f.StartsWith("tests/", StringComparison.Ordinal) && f.EndsWith("/" + script.Value, StringComparison.Ordinal))) missing.Add($"{file}: {script.Value}");
                    }
                    else if (!known.Contains(name.Groups["class"].Value) || (name.Groups["method"].Success && !known.Contains(name.Groups["method"].Value)))
                    {
                        missing.Add($"{file}: {name.Value}");
                    }
                }
            }
        }

        missing.ShouldBeNone("a rule whose test does not exist");
    }

    /// <summary>Whatever the README tells people to type is there: programs of the repository as files, verbs in the program's text.</summary>
    [Fact]
    public void Commands_of_the_README_exist()
    {
        var program = string.Concat(Tree.ProductSources.Where(f => f.StartsWith("src/Quorate/", StringComparison.Ordinal)).Select(Tree.Text));
        var unknown = new List<string>();
        foreach (var command in ShellLines("README.md"))
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Contains('/', StringComparison.Ordinal) && !words[0].StartsWith("artifacts/", StringComparison.Ordinal) && !Tree.Exists(words[0])) unknown.Add(command);
            if (words.Contains("--project") && !Tree.Exists(words[Array.IndexOf(words, "--project") + 1])) unknown.Add(command);
            var verb = words[0].EndsWith("quorate", StringComparison.Ordinal) ? 1 : Array.IndexOf(words, "--") + 1;
            if ((words[0].EndsWith("quorate", StringComparison.Ordinal) || command.StartsWith("dotnet run", StringComparison.Ordinal))
                && !program.Contains($"\"{words[verb]}\"", StringComparison.Ordinal)) unknown.Add($"{command}: no verb {words[verb]}");
        }

        unknown.ShouldBeNone("a command that does not exist");
    }

    [Fact]
    public void Continuous_checks_run_the_tests_as_the_README_says()
    {
        ShellLines("README.md").ShouldContain("dotnet test");
        Tree.Lines(".ci/run").ShouldContain(l => l.StartsWith("dotnet test ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tree_names_no_package_registry_and_no_machine()
    {
        // Put together here, so that this file does not contain what it looks for.
        string[] words = ["api." + "nuget.org", "registry." + "npmjs.org", "deb." + "debian.org", "/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/"];
        Tree.Files.Where(f => !f.EndsWith(".png", StringComparison.Ordinal))
            .SelectMany(f => words.Where(w => Tree.Text(f).Contains(w, StringComparison.Ordinal)).Select(w => $"{f}: {w}"))
            .ShouldBeNone("something that is true on one machine only");
    }

    /// <summary>Lines of ```sh blocks, without comments.</summary>
    private static IEnumerable<string> ShellLines(string file)
    {
        var isInside = false;
        foreach (var line in Tree.Lines(file))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) isInside = line is "```sh";
            else if (isInside && line.Split('#')[0].Trim() is { Length: > 0 } command) yield return command;
        }
    }
}
