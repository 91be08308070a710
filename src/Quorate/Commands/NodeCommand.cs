using System.CommandLine;
using System.Globalization;

namespace Quorate.Commands;

/// <summary><c>quorate node</c>: the cluster's nodes, their coming and their leaving.</summary>
internal static class NodeCommand
{
    public static Command Create(Terminal terminal) => new("node", "Lists, adds, drains and removes nodes.")
    {
        List(terminal),
        Add(terminal),
        Voters(terminal),
        Change(
            terminal, "drain", "Moves a node's replicas to others, where there is room, and gives it no new ones.",
            "draining; quorate node list shows what it still holds"),
        Change(terminal, "undrain", "Lets a draining node hold replicas again.", "can hold replicas again"),
        Change(terminal, "remove", "Removes for ever a node that holds no replica.", "removed", "It can never come back under "
            + "its id. Remove it?"),
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

    private static Command Add(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "Name of the new node." };
        var peer = new Option<string>("--peer")
        {
            Description = "Where the other nodes will reach it, host:port.",
            Required = true,
        };
        var voter = new Option<bool>("--voter")
        {
            Description = "One more node is to vote in the control group and to hold the numbered databases.",
        };
        var server = NodeClient.ServerOption();
        var command = new Command("add", "Makes a node known before it is started with serve --join (which does the same by "
            + "itself).") { name, peer, voter, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var (called, address) = (parsed.GetValue(name)!, parsed.GetValue(peer)!);
            var lines = await node.LinesAsync("NODE", "ADD", called, address);
            await terminal.Output.WriteLineAsync($"{called} is n{lines[0].Split(' ')[1]}; start it: quorate serve --node "
                + $"{called} --peer {address} --join {node.Address} --data FOLDER");
            if (!parsed.GetValue(voter)) return ExitCode.Ok;
            var voters = int.Parse(
                (await node.AskAsync("NODE", "VOTERS")).Text, NumberStyles.None, CultureInfo.InvariantCulture) + 1;
            await node.AskAsync("NODE", "VOTERS", voters.ToString(CultureInfo.InvariantCulture));
            await terminal.Output.WriteLineAsync($"{voters} nodes will vote and hold the numbered databases as soon as it is up");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Voters(Terminal terminal)
    {
        var count = new Argument<string>("count")
        {
            Description = "How many; without it, says how many there are.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var server = NodeClient.ServerOption();
        var command = new Command("voters", "Says or changes how many nodes vote in the control group and hold the numbered "
            + "databases.") { count, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            if (parsed.GetValue(count) is { } wanted)
            {
                await node.AskAsync("NODE", "VOTERS", wanted);
                await terminal.Output.WriteLineAsync("under way; quorate node list shows which nodes vote");
            }
            else
            {
                await terminal.Output.WriteLineAsync((await node.AskAsync("NODE", "VOTERS")).Text);
            }

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
