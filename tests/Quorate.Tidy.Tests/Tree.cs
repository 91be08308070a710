using System.Diagnostics;

namespace Quorate.Tidy.Tests;

/// <summary>The files of the repository: those that git tracks or would track.</summary>
internal static class Tree
{
    public static readonly string Root = FindRoot();

    /// <summary>Paths relative to the root, with forward slashes, in ordinal order.</summary>
    public static readonly IReadOnlyList<string> Files = ListFiles();

    public static IEnumerable<string> Sources => Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> ProductSources => Sources.Where(f => f.StartsWith("src/", StringComparison.Ordinal));

    public static IEnumerable<string> Documents => Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    public static bool Exists(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Quorate.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository");
    }

    private static string[] ListFiles()
    {
        // From an archive without git, the folders that hold no sources are left out by name.
        string[] files = Directory.Exists(Path.Combine(Root, ".git")) || File.Exists(Path.Combine(Root, ".git"))
            ? FromGit() : [.. Walk(Root)];
        return [.. files.Where(Exists).Order(StringComparer.Ordinal)];
    }

    private static string[] FromGit()
    {
        var start = new ProcessStartInfo(
            "git",
            ["ls-files", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true
        };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, "git ls-files");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder)) yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (Path.GetFileName(inner) is "artifacts" or "node_modules" or ".git" or "bin" or "obj") continue;
            foreach (var file in Walk(inner)) yield return file;
        }
    }
}
