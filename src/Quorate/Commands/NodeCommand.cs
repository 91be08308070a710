using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate node</c>: the cluster's nodes, and their leaving.</summary>
internal static class NodeCommand
{
    public static Command Create(Terminal terminal) => new("node", "Lists, drains and removes nodes.")
    {
        List(terminal),
        Change(terminal, "drain", "Moves a node's replicas to others, where there is room, and gives it no new ones.", "draining; quorate node list shows what it still holds"),
        Change(terminal, "undrain", "Lets a draining node hold replicas again.", "it may hold replicas again"),
        Change(terminal, "remove", "Removes for ever a node that holds no replica.", "removed", "It can never come back under its id. Remove it?"),
    };

    private static Command List(Terminal terminal)
    {
        var server = NodeClient.ServerOption();
        var command = new Command("list", "Lists the nodes: id, name, state, replicas, addresses, labels.") { server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            foreach (var line in await node.LinesAsync("NODE", "LIST")) await terminal.Output.WriteLineAsync(line);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Change(Terminal terminal, string verb, string description, string done, string? question = null)
    {
        var name = new Argument<string>("name") { Description = "Name of the node." };
        var (server, yes) = (NodeClient.ServerOption(), KeyspaceCommand.YesOption());
        var command = new Command(verb, description) { name, server };
        if (question is not null) command.Add(yes);
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            if (question is not null) await terminal.ConfirmAsync(question, parsed.GetValue(yes));
            await node.AskAsync("NODE", verb.ToUpperInvariant(), parsed.GetValue(name)!);
            await terminal.Output.WriteLineAsync($"{parsed.GetValue(name)}: {done}");
            return ExitCode.Ok;
        });
        return command;
    }
}
