using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate status</c>: asks a node over its clients' port how it is.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = NodeClient.ServerOption();
        var command = new Command(
            "status", "Shows nodes and groups: keyspace, strategy, leader, epoch or term, indexes and lag.") { server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            foreach (var line in await node.LinesAsync("QUORATE", "STATUS")) await terminal.Output.WriteLineAsync(line);
            return ExitCode.Ok;
        });
        return command;
    }
}
