namespace Quorate.Tests;

/// <summary>The program's commands, run in this process.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command; a command that a node refused for the moment is run again, as whoever typed it would
    /// do.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="answer">What is typed when the command asks; null: there is no terminal.</param>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string[] args, string? answer = null)
    {
        (int Code, string Output, string Error) ended = default;
        await Never.UntilAsync(
            async () =>
            {
                ended = await RunOnceAsync(args, answer);
                return ended.Code == ExitCode.Ok || !IsTemporary(args, ended.Error);
            },
            () => $"quorate {string.Join(' ', args)}: {ended.Error}");
        return ended;
    }

    private static async Task<(int Code, string Output, string Error)> RunOnceAsync(string[] args, string? answer)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var stop = new CancellationTokenSource(Never.Bound);
        using var input = answer is null ? TextReader.Null : new StringReader(answer + "\n");
        var code = await QuorateProgram.RunAsync(args, output, error, stop.Token, input);
        return (code, output.ToString(), error.ToString());
    }

    private static bool IsTemporary(string[] args, string error) =>
        RespClient.Refusals.Any(r => error.Contains($"answers: {r}", StringComparison.Ordinal))
        || (OnlyLooks(args) && IsOpen(error));

    private static bool IsOpen(string error) =>
        error.Contains("UNCERTAIN", StringComparison.Ordinal)
            || error.Contains("does not answer within", StringComparison.Ordinal);

    private static bool OnlyLooks(string[] args) => args is ["status", ..] or [_, "list" or "show" or "count", ..];
}
