using System.Runtime.CompilerServices;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>Golden scripts as files. QUORATE_REWRITE=1 writes the traces anew instead of comparing.</summary>
internal static class ScriptFile
{
    private const string Divider = "\n---\n";

    public static string Folder(string strategy, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "scripts", strategy));

    public static void Check(string path, Func<string, string> run)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var at = text.IndexOf(Divider, StringComparison.Ordinal);
        var commands = at < 0 ? text : text[..at];
        var trace = run(commands);
        if (Environment.GetEnvironmentVariable("QUORATE_REWRITE") == "1")
        {
            File.WriteAllText(path, commands.TrimEnd() + "\n" + Divider[1..] + trace);
            return;
        }

        at.ShouldBeGreaterThan(0, "a script without a trace proves nothing; write it with QUORATE_REWRITE=1");
        trace.ShouldBe(text[(at + Divider.Length)..]);
    }
}
