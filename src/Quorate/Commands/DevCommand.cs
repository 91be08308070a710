using System.CommandLine;
using Quorate.Cluster;
using Quorate.Configuration;
using Quorate.Replication;
using Quorate.Server;

namespace Quorate.Commands;

/// <summary><c>quorate dev</c>: a whole cluster in one process, to try it and to develop against.</summary>
internal static class DevCommand
{
    private static readonly IReadOnlyList<string> Names = ["data", "resp-port", "http-port", "peer-port", "nodes", "durability"];

    public static Command Create(TextWriter output, TextWriter error, CancellationToken stop)
    {
        var ephemeral = new Option<bool>("--ephemeral") { Description = "Keep everything in memory and write no files." };
        var command = new Command("dev", "Runs a whole cluster in one process.") { ephemeral };
        var options = new Dictionary<string, Option<string>>();
        foreach (var (name, description) in new[]
        {
            ("data", "Folder for the nodes' data (./quorate-data)."),
            ("resp-port", "First node's port for clients (7001); the others follow; 0 takes free ones."),
            ("http-port", "First node's port for health, status and metrics (8001)."),
            ("peer-port", "First node's port for the other nodes (9001)."),
            ("nodes", "How many nodes (3)."),
            ("durability", "What a write must survive before it counts on a node: fsync (power loss), written (a crash of the process) or memory."),
        })
        {
            options[name] = new Option<string>("--" + name) { Description = description };
            command.Add(options[name]);
        }

        command.SetAction((parsed, _) =>
        {
            var settings = Settings.Read(Names, n => parsed.GetValue(options[n]), _ => null, null);
            return RunAsync(NodesOf(settings, parsed.GetValue(ephemeral)), output, error, stop);
        });
        return command;
    }

    private static List<NodeServerOptions> NodesOf(Settings settings, bool isEphemeral)
    {
        var durability = ServeSettings.DurabilityOf(settings.OneOf("durability", ServeSettings.Durabilities, isEphemeral ? "memory" : "fsync"));
        if (isEphemeral && durability != Durability.Memory) throw settings.Wrong("durability", "memory, or not given, with --ephemeral");
        var data = settings.Text("data", "", fallback: "./quorate-data");
        var count = settings.Number("nodes", 1, 9, 3);
        var resp = Port("resp-port", 7001);
        var http = Port("http-port", 8001);
        var peer = Port("peer-port", 9001);
        return [.. Enumerable.Range(0, count).Select(i => new NodeServerOptions
        {
            Self = new NodeId(i + 1),
            Name = $"n{i + 1}",
            DataFolder = isEphemeral ? null : Path.Combine(data, $"n{i + 1}"),
            Durability = durability,
            RespAddress = Address(resp, i),
            HttpAddress = Address(http, i),
            PeerAddress = Address(peer, i),
        })];

        int Port(string name, int fallback) => settings.Number(name, 0, 65536 - count, fallback);
        static string Address(int first, int i) => $"127.0.0.1:{(first == 0 ? 0 : first + i)}";
    }

    private static async Task<int> RunAsync(List<NodeServerOptions> options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using var logging = ConsoleLogging.Create(quiet: true);
        var nodes = new List<NodeServer>();
        try
        {
            foreach (var option in options) nodes.Add(await NodeServer.BindAsync(option with { Logging = logging }));
            var members = options.Select((o, i) => new Member(o.Self, o.Name, nodes[i].PeerAddress, nodes[i].RespAddress)).ToList();
            foreach (var (node, option) in nodes.Zip(options))
            {
                await node.StartAsync(members);
                await output.WriteLineAsync(NodeLines.Of(option.Name, node));
            }

            return await Serving.UntilStoppedAsync(nodes, () => NodeLines.Ready(nodes), output, error, stop);
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
        }
    }
}
