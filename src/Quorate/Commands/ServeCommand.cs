using System.CommandLine;
using Quorate.Configuration;
using Quorate.Server;

namespace Quorate.Commands;

/// <summary><c>quorate serve</c>: one node of a cluster.</summary>
internal static class ServeCommand
{
    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var config = new Option<string>("--config")
        {
            Description = "JSON file with the same names as keys; the environment "
                + "(QUORATE_NODE, …) and the command line win over it.",
        };
        var command = new Command("serve", "Runs one node of a cluster.") { config };
        var options = new Dictionary<string, Option<string>>();
        foreach (var (name, description) in new[]
        {
            ("node", "Name of this node: one of those in --cluster, or with --join a new one."),
            ("data", "Folder where this node keeps its data."),
            ("resp", "Address for clients, host:port (127.0.0.1:7001)."),
            ("peer", "Address for the other nodes (this node's own in --cluster; needed with --join)."),
            ("http", "Address for health, status and metrics (127.0.0.1:8001)."),
            ("join", "To join a running cluster: any of its nodes' address for clients. Once joined, --data is enough."),
            ("cluster", "The nodes with which the cluster begins, with their peer addresses: n1=host:port,n2=host:port,…"),
            ("durability", "What a write must survive before it counts on a node: fsync (power loss), written (a crash of the "
                + "process) or memory."),
            ("max-clients", "Clients at a time (10000)."),
            ("provider", "Provider of the machine, for keyspaces that are spread over providers."),
            ("region", "Region where the node is, for keyspaces that are spread over regions."),
            ("zone", "Zone of the region where the node is, for keyspaces that are spread over zones."),
        })
        {
            options[name] = new Option<string>("--" + name) { Description = description };
            command.Add(options[name]);
        }

        command.SetAction((parsed, _) =>
        {
            var settings = Settings.Read(
                ServeSettings.Names, n => parsed.GetValue(options[n]), Environment.GetEnvironmentVariable,
                parsed.GetValue(config));
            return RunAsync(settings, output, error, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var (options, members) = JoinSettings.Concern(settings)
            ? await JoinSettings.TakeSeatAsync(settings, (address, words) => new NodeClient(address, stop).LinesAsync(words))
            : Founder(ServeSettings.From(settings));
        using var logging = ConsoleLogging.Create();
        await using var node = await NodeServer.BindAsync(options with { Logging = logging });
        await node.StartAsync(members);
        await output.WriteLineAsync(NodeLines.Of(options.Name, node));
        return await Serving.UntilStoppedAsync([node], () => NodeLines.Ready([node]), output, error, stop);
    }

    private static (NodeServerOptions Node, IReadOnlyList<Cluster.Member> Members) Founder(ServeSettings settings) =>
        (settings.Node, settings.Members);
}
