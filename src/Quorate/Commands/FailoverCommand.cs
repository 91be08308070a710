using System.CommandLine;

namespace Quorate.Commands;

/// <summary><c>quorate failover</c>: lets another replica lead a keyspace, without losing anything.</summary>
internal static class FailoverCommand
{
    public static Command Create(Terminal terminal)
    {
        var (name, server) = (KeyspaceCommand.NameArgument(), NodeClient.ServerOption());
        var to = new Option<string>("--to") { Description = "The node that is to lead; without it, whoever is fit." };
        var command = new Command("failover", "Lets another replica lead a keyspace: its leader is asked to hand over.") { name, to, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            IReadOnlyList<string> target = parsed.GetValue(to) is { } other ? ["TO", other] : [];
            await node.AskAsync(["KEYSPACE", "FAILOVER", parsed.GetValue(name)!, .. target]);
            await terminal.Output.WriteLineAsync("under way; quorate status shows who leads");
            return ExitCode.Ok;
        });
        return command;
    }
}
