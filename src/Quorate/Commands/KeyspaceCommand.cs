using System.CommandLine;
using System.Globalization;
using Quorate.Configuration;
using Quorate.Replication.Policies;

namespace Quorate.Commands;

/// <summary><c>quorate keyspace</c>: keyspaces and their policies. Each sends the RESP command of the same name to a
/// node.</summary>
internal static class KeyspaceCommand
{
    private const int LastDatabase = 15;

    public static Command Create(Terminal terminal) => new("keyspace", "Creates, alters, lists, shows and drops keyspaces.")
    {
        CreateOne(terminal), Alter(terminal), List(terminal), Show(terminal), Drop(terminal),
    };

    internal static Argument<string> NameArgument() => new("name") { Description = "Name of the keyspace." };

    internal static Option<bool> YesOption() => new("--yes") { Description = "Do it without asking." };

    private static Command CreateOne(Terminal terminal)
    {
        var (name, server, yes) = (NameArgument(), NodeClient.ServerOption(), YesOption());
        var database = new Option<string>("--db")
        {
            Description = "A number by which SELECT finds it too, 0 to 15; drop the keyspace that has this number first.",
        };
        var command = new Command("create", "Says what an acknowledged write in a new keyspace survives, asks, and creates it.")
        {
            name, database, server, yes,
        };
        var options = new PolicyOptions(command);
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var given = options.Given(parsed);
            if (!given.Contains("strategy")) throw new SettingException("--strategy is missing: raft, primary, chain, "
                + "multileader or leaderless");
            var policy = PolicyOptions.Read(given);
            var number = NumberOf(parsed.GetValue(database));
            await PolicyOptions.ExplainAsync(parsed.GetValue(name)!, policy, await IsEphemeralAsync(node), terminal);
            await terminal.ConfirmAsync("Create it?", parsed.GetValue(yes));

            // All of the policy is sent, defaults too: what was explained is what is created.
            await node.AskAsync(["KEYSPACE", "CREATE", parsed.GetValue(name)!, .. number, .. PolicyText.Words(policy)]);
            if (await KeyspaceReadiness.WaitAsync(node, parsed.GetValue(name)!, terminal.Stop) is { Count: > 0 } late)
                await terminal.Output.WriteLineAsync($"not ready yet: {string.Join(", ", late)}; clients of these nodes may "
                    + "get an error for a while");
            await terminal.Output.WriteLineAsync("created; clients choose it with SELECT "
                + $"{parsed.GetValue(name)}{(number.Count > 0 ? " or SELECT " + number[1] : "")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Alter(Terminal terminal)
    {
        var (name, server, yes) = (NameArgument(), NodeClient.ServerOption(), YesOption());
        const string description =
            "Says what a keyspace promises now and with another policy, asks, and changes it while it runs.";
        var command = new Command("alter", description) { name, server, yes };
        var options = new PolicyOptions(command);
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            var given = options.Given(parsed);
            if (given.Count == 0) throw new SettingException("nothing to alter: give an option, e.g. --reads eventual");
            var current = (await node.LinesAsync("KEYSPACE", "SHOW", parsed.GetValue(name)!))
                .First(l => l.StartsWith("policy ", StringComparison.Ordinal));
            if (!PolicyText.TryParse(current.Split(' ')[1..], out var policy, out var why))
                throw new CannotAskException($"{node.Address} has a policy that this program does not know: {why}");
            var (next, isEphemeral) = (PolicyOptions.Read(given, policy), await IsEphemeralAsync(node));
            if (PolicyChange.WhyNot(policy!, next) is { } whyNot) throw new CannotAskException(whyNot);
            await terminal.Output.WriteLineAsync("now:");
            await PolicyOptions.ExplainAsync(parsed.GetValue(name)!, policy!, isEphemeral, terminal);
            await terminal.Output.WriteLineAsync("then, once all its replicas have adopted it (until then the weaker of the "
                + "two):");
            await PolicyOptions.ExplainAsync(parsed.GetValue(name)!, next, isEphemeral, terminal);
            await terminal.ConfirmAsync("Alter it?", parsed.GetValue(yes));
            await node.AskAsync(["KEYSPACE", "ALTER", parsed.GetValue(name)!, .. given]);
            await terminal.Output.WriteLineAsync("altered");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var server = NodeClient.ServerOption();
        var command = new Command("list", "Lists the keyspaces with their policies.") { server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            foreach (var line in await node.LinesAsync("KEYSPACE", "LIST")) await terminal.Output.WriteLineAsync(line);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var (name, server) = (NameArgument(), NodeClient.ServerOption());
        var command = new Command("show", "Says what a keyspace promises and which nodes hold it.") { name, server };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            foreach (var line in await node.LinesAsync("KEYSPACE", "SHOW", parsed.GetValue(name)!))
                await terminal.Output.WriteLineAsync(line);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Drop(Terminal terminal)
    {
        var (name, server, yes) = (NameArgument(), NodeClient.ServerOption(), YesOption());
        var command = new Command("drop", "Removes a keyspace with all its keys.") { name, server, yes };
        command.SetAction(async (parsed, _) =>
        {
            var node = new NodeClient(parsed.GetValue(server)!, terminal.Stop);
            await terminal.ConfirmAsync(
                $"Remove keyspace {parsed.GetValue(name)} with all its keys, on all nodes?", parsed.GetValue(yes));
            await node.AskAsync("KEYSPACE", "DROP", parsed.GetValue(name)!);
            await terminal.Output.WriteLineAsync("dropped");
            return ExitCode.Ok;
        });
        return command;
    }

    private static IReadOnlyList<string> NumberOf(string? database)
    {
        if (database is null) return [];
        if (int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= LastDatabase)
            return ["DB", database];
        throw new SettingException($"--db is '{database}'; it must be a whole number from 0 to {LastDatabase}");
    }

    /// <summary>Nodes without files keep no promise about disks, whatever a policy says.</summary>
    private static async Task<bool> IsEphemeralAsync(NodeClient node) =>
        (await node.LinesAsync("QUORATE", "STATUS"))[0].EndsWith(" ephemeral", StringComparison.Ordinal);
}
