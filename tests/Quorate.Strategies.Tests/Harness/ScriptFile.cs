using System.Runtime.CompilerServices;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>Golden scripts as files. QUORATE_REWRITE=1 writes the traces anew instead of comparing; commands and comments
/// stay.</summary>
internal static class ScriptFile
{
    public static string Folder(string strategy, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "scripts", strategy));

    /// <param name="path">The file.</param>
    /// <param name="run">Executes the script and returns it with the trace of this run.</param>
    public static void Check(string path, Func<string, string> run)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var now = run(text);
        if (Environment.GetEnvironmentVariable("QUORATE_REWRITE") == "1")
        {
            File.WriteAllText(path, now);
            return;
        }

        text.ShouldContain("\n  ", customMessage: "a script without a trace proves nothing; write it with QUORATE_REWRITE=1");
        now.ShouldBe(text);
    }
}
