using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate failover</c>: lets another replica lead a keyspace; no write is lost.</summary>
internal static class FailoverCommand
{
    public static Command Create(Terminal terminal)
    {
        var (name, server) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption());
        var to = new Option<string>("--to") { Description = "The node that shall lead; without it, any replica that is fit." };
        var command = new Command("failover", "Asks a keyspace's leader to hand over to another replica; no write is lost.")
        {
            name, to, server,
        };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            IReadOnlyList<string> target = parsed.GetValue(to) is { } other ? ["TO", other] : [];
            await node.AskAsync(["KEYSPACE", "FAILOVER", parsed.GetValue(name)!, .. target]);
            await terminal.Output.WriteLineAsync("under way; quorate status shows which node leads");
            return ExitCode.Ok;
        });
        return command;
    }
}
