using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate conflicts</c>: keys that were written in different places at the same time, and their values.</summary>
internal static class ConflictsCommand
{
    public static Command Create(Terminal terminal) => new("conflicts", "Shows conflicts between writes that were made in "
        + "different places at the same time.")
    {
        Asking(terminal, "list", "Lists the keys that hold a conflict now.",
            ["CONFLICTS", "LIST", "COUNT", "1000"], "no key is in conflict"),
        Asking(terminal, "count", "Counts the keys in conflict now, and all concurrent values that the node has ever seen.",
            ["CONFLICTS", "COUNT"], ""),
        Asking(terminal, "lost", "Lists overwritten concurrent values that the node still keeps: when, key, field, value, write.",
            ["LOSSES", "COUNT", "1000"], "the node keeps no overwritten values"),
    };

    private static Command Asking(Terminal terminal, string name, string description, IReadOnlyList<string> words, string nothing)
    {
        var (keyspace, server) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption());
        var command = new Command(name, description) { keyspace, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var lines = await node.LinesInAsync(parsed.GetValue(keyspace)!, words);
            if (name == "count") lines = [$"{lines[0]} keys are in conflict now", $"{lines[1]} values have become concurrent "
                + "with others"];
            foreach (var line in lines) await terminal.Output.WriteLineAsync(line);
            if (lines.Count == 0 && nothing.Length > 0) await terminal.Output.WriteLineAsync(nothing);
            return ExitCode.Ok;
        });
        return command;
    }
}
