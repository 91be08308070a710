using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate lost</c>: the commands that fail-overs cut off. Every node keeps its own, so each answer names the
/// node.</summary>
internal static class LostCommand
{
    public static Command Create(Terminal terminal) => new("lost", "Shows the commands that fail-overs cut off and that one "
        + "node (--server) has kept.")
    {
        List(terminal), Show(terminal), LostReplay.Create(terminal), Clear(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var server = NodeClient.ServerOption();
        var command = new Command("list", "Lists the keyspaces for which the node keeps cut-off commands, and how many.")
        {
            server,
        };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var some = false;
            foreach (var line in await node.LinesAsync("KEYSPACE", "LIST"))
            {
                var name = line.Split(' ')[0];
                var lost = await node.LinesAsync("KEYSPACE", "LOST", name);
                if (lost.Count == 0) continue;
                some = true;
                await terminal.Output.WriteLineAsync($"{name} {lost.Count}");
            }

            if (!some) await terminal.Output.WriteLineAsync($"the node at {node.Address} keeps no cut-off commands");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var (name, server) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption());
        var command = new Command("show", "Shows the commands of a keyspace that only this node had in its log.")
        {
            name, server,
        };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var lost = await node.LinesAsync("KEYSPACE", "LOST", parsed.GetValue(name)!);
            foreach (var line in lost) await terminal.Output.WriteLineAsync(line);
            if (lost.Count == 0) await terminal.Output.WriteLineAsync($"the node at {node.Address} keeps no cut-off commands "
                + $"of {parsed.GetValue(name)}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Clear(Terminal terminal)
    {
        var (name, server, yes) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption(), KeyspaceCommand.YesOption());
        var command = new Command("clear", "Deletes the cut-off commands of a keyspace that the node keeps.")
        {
            name, server, yes,
        };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            await terminal.ConfirmAsync($"Delete the cut-off commands of {parsed.GetValue(name)} that the node at "
                + $"{node.Address} keeps?", parsed.GetValue(yes));
            await node.AskAsync("KEYSPACE", "LOST", parsed.GetValue(name)!, "CLEAR");
            await terminal.Output.WriteLineAsync($"deleted on the node at {node.Address}; other nodes keep theirs");
            return ExitCode.Ok;
        });
        return command;
    }
}
