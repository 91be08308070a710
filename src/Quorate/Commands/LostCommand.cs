using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate lost</c>: what fail-overs cut off. Every node keeps its own, so the one asked is named in every answer.</summary>
internal static class LostCommand
{
    public static Command Create(Terminal terminal) => new("lost", "Shows what fail-overs cut off on one node: the one given by --server, no other.")
    {
        List(terminal), Show(terminal), LostReplay.Create(terminal), Clear(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var server = NodeClient.ServerOption();
        var command = new Command("list", "Lists the keyspaces of which this node has kept something aside, and how many lines.") { server };
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

            if (!some) await terminal.Output.WriteLineAsync($"nothing is kept aside on the node at {node.Address}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var (name, server) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption());
        var command = new Command("show", "Shows the commands of a keyspace that this node had and the others did not.") { name, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var lost = await node.LinesAsync("KEYSPACE", "LOST", parsed.GetValue(name)!);
            foreach (var line in lost) await terminal.Output.WriteLineAsync(line);
            if (lost.Count == 0) await terminal.Output.WriteLineAsync($"nothing of {parsed.GetValue(name)} is kept aside on the node at {node.Address}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Clear(Terminal terminal)
    {
        var (name, server, yes) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption(), KeyspaceCommand.YesOption());
        var command = new Command("clear", "Throws away what this node has kept aside of a keyspace.") { name, server, yes };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            await terminal.ConfirmAsync($"Throw away what is kept aside of {parsed.GetValue(name)} on the node at {node.Address}?", parsed.GetValue(yes));
            await node.AskAsync("KEYSPACE", "LOST", parsed.GetValue(name)!, "CLEAR");
            await terminal.Output.WriteLineAsync($"cleared on the node at {node.Address}; other nodes keep theirs");
            return ExitCode.Ok;
        });
        return command;
    }
}
