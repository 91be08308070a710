using System.CommandLine;
using Quorate.Cluster;
using Quorate.Configuration;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Server;
using Quorate.Server.Peers;

namespace Quorate.Commands;

/// <summary><c>quorate dev</c>: a whole cluster in one process, to try it and to develop against.</summary>
internal static class DevCommand
{
    private static readonly IReadOnlyList<string> Names = [
        "data", "resp-port", "http-port", "peer-port", "nodes", "durability", "regions", "rtt"];

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
            ("nodes", "How many nodes (3, or one in each region)."),
            ("regions", "Plays regions: names divided by commas, e.g. eu,us,ap; the nodes are spread over them."),
            ("rtt", "With --regions: how long a message and its answer take between two regions, in milliseconds (90)."),
            ("durability", "What a write must survive before it counts on a node: fsync (power loss), written (a crash of the "
                + "process) or memory."),
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
        var durability = ServeSettings.DurabilityOf(settings
            .OneOf("durability", ServeSettings.Durabilities, isEphemeral ? "memory" : "fsync"));
        if (isEphemeral && durability != Durability.Memory) throw settings.Wrong("durability", "memory, or not given, with "
            + "--ephemeral");
        var data = settings.Text("data", "", fallback: "./quorate-data");
        var regions = RegionsOf(settings);
        var count = settings.Number("nodes", Math.Max(1, regions.Length), 9, regions.Length > 0 ? regions.Length : 3);
        var network = regions.Length == 0 ? null : new RegionNetwork(
            Enumerable.Range(0, count).ToDictionary(i => new NodeId(i + 1), i => regions[i % regions.Length]),
            TimeSpan.FromMilliseconds(settings.Number("rtt", 0, 2000, 90)));
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
            Regions = network,
            Labels = network is null ? new NodeLabels() : new NodeLabels("dev", regions[i % regions.Length], "a"),
        })];

        int Port(string name, int fallback) => settings.Number(name, 0, 65536 - count, fallback);
        static string Address(int first, int i) => $"127.0.0.1:{(first == 0 ? 0 : first + i)}";
    }

    private static string[] RegionsOf(Settings settings)
    {
        var regions = settings.Text("regions", "", fallback: "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var isGood = regions.Length is 0 or >= 2 and <= 9
            && regions.Distinct().Count() == regions.Length && regions.All(r => r.All(char.IsAsciiLetterOrDigit));
        return isGood ? regions : throw settings.Wrong("regions", "two to nine different names of letters and digits, divided "
            + "by commas");
    }

    private static async Task<int> RunAsync(
        List<NodeServerOptions> options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using var logging = ConsoleLogging.Create(quiet: true);
        var nodes = new List<NodeServer>();
        try
        {
            foreach (var option in options) nodes.Add(await NodeServer.BindAsync(option with { Logging = logging }));
            var members = options.Select((o, i) => new Member(o.Self, o.Name, nodes[i].PeerAddress, nodes[i].RespAddress))
                .ToList();
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
