using System.Text.RegularExpressions;

namespace Quorate.Tests;

/// <summary>What a document tells readers to type, in its order.</summary>
/// <param name="Command">The line as it stands, without the prompt.</param>
/// <param name="Expected">The reply below it: a line <c>...</c> or a word that ends with it stands for whatever comes; null: the
/// document shows no replies here (a block of <c>sh</c>).</param>
internal sealed record TourStep(string Command, string? Expected)
{
    /// <summary>Whether <paramref name="reply"/> has the shape that the document shows.</summary>
    public bool Fits(string reply)
    {
        var lines = (Expected ?? "").Split('\n')
            .Select(l => l == "..." ? "(.*\n)*?" : string.Join(".*", l.Split("...").Select(Regex.Escape)) + "\n");
        return Regex.IsMatch(reply.TrimEnd('\n') + "\n", $@"^{string.Concat(lines)}\z");
    }
}

/// <summary>Reads the steps out of a document.</summary>
internal static class Tour
{
    public static readonly string Root = FindRoot();

    /// <summary>Steps by heading of the document; what stands before its first heading of the second level belongs to
    /// "".</summary>
    public static Dictionary<string, List<TourStep>> Read(string document)
    {
        var sections = new Dictionary<string, List<TourStep>>();
        var (heading, language) = ("", (string?)null);
        foreach (var line in File.ReadAllLines(Path.Combine(Root, document)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) language = language is null ? line[3..] : null;
            else if (language is null && line.StartsWith("## ", StringComparison.Ordinal)) heading = line[3..];
            else if (language is "sh" or "console")
                Add(sections.TryGetValue(heading, out var steps) ? steps : sections[heading] = [], language, line);
        }

        return sections;
    }

    /// <summary>The first block of the document in a language.</summary>
    public static string Block(string document, string language)
    {
        var text = File.ReadAllText(Path.Combine(Root, document));
        var match = Regex.Match(text, $"^```{language}\n(?<text>(.*\n)*?)```$", RegexOptions.Multiline);
        return match.Success ? match.Groups["text"].Value : throw new InvalidOperationException($"{document} has no block of "
            + $"{language}");
    }

    private static void Add(List<TourStep> steps, string language, string line)
    {
        if (language == "sh") steps.Add(new TourStep(line.Split(" #")[0].TrimEnd(), null));
        else if (line.StartsWith("$ ", StringComparison.Ordinal)) steps.Add(new TourStep(line[2..], ""));
        else steps[^1] = steps[^1] with { Expected = steps[^1].Expected is { Length: > 0 } before ? before + "\n" + line : line };
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Quorate.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository");
    }
}
