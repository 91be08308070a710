using System.CommandLine;
using Quorate.Commands;
using Quorate.Configuration;
using Quorate.Server;

namespace Quorate;

/// <summary>The command line: finds the command, runs it, and turns a failure into one line and an exit code.</summary>
internal static class QuorateProgram
{
    /// <summary>Runs until the command is done or <paramref name="stop"/> asks it to end.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where complaints go.</param>
    /// <param name="stop">Asks a command that runs to end.</param>
    /// <param name="input">Where answers to questions come from; null: there is no terminal.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken stop, TextReader? input = null)
    {
        var terminal = new Terminal(input ?? TextReader.Null, output, stop);
        var root = new RootCommand("Quorate: a replicated data store for any Redis client.")
        {
            DevCommand.Create(output, error, stop),
            ServeCommand.Create(output, error, stop),
            StatusCommand.Create(terminal),
            KeyspaceCommand.Create(terminal),
            FailoverCommand.Create(terminal),
            LostCommand.Create(terminal),
            ConflictsCommand.Create(terminal),
            RegionCommand.Create(terminal),
            NodeCommand.Create(terminal),
            LabCommand.Create(output),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var what = parsed.UnmatchedTokens.Count > 0
                ? $"'{parsed.UnmatchedTokens[0]}' is not a command or option here" : OneLine(parsed.Errors[0].Message);
            await error.WriteLineAsync($"quorate: {what} (see quorate {NameOf(parsed)}--help)");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }, CancellationToken.None);
        }
        catch (SettingException e)
        {
            await error.WriteLineAsync($"quorate: {OneLine(e.Message)}");
            return ExitCode.Usage;
        }
        catch (CannotAskException e)
        {
            await error.WriteLineAsync($"quorate: {OneLine(e.Message)}");
            return ExitCode.Failed;
        }
        catch (CannotStartException e)
        {
            await error.WriteLineAsync($"quorate: {OneLine(e.Message)}");
            return ExitCode.Failed;
        }
    }

    private static string NameOf(System.CommandLine.ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return command is RootCommand ? "" : command.Name + " ";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
