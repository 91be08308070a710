using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Server;
using Quorate.Server.Clients;

namespace Quorate.Configuration;

/// <summary>The settings of one node of a cluster, checked.</summary>
/// <param name="Members">All nodes; ids follow the order of the names.</param>
internal sealed record ServeSettings(NodeServerOptions Node, IReadOnlyList<Member> Members)
{
    public static readonly IReadOnlyList<string> Names = [
        "node", "data", "resp", "peer", "http", "cluster", "join", "durability", "max-clients", "provider", "region", "zone"];

    public static readonly IReadOnlyList<string> Durabilities = ["fsync", "written", "memory"];

    private const string ClusterForm = "all nodes with their peer addresses, e.g. "
        + "n1=10.0.0.1:9001,n2=10.0.0.2:9001,n3=10.0.0.3:9001";

    private const string LabelForm = "letters, digits, '-', '_' and '.', e.g. eu-1";

    /// <exception cref="SettingException">something is missing or wrong.</exception>
    public static ServeSettings From(Settings settings)
    {
        var name = settings.Text("node", "give the name of this node, one of those in --cluster, e.g. --node n1");
        settings.Text("cluster", "give " + ClusterForm);
        var members = ParseCluster(settings);
        var self = members.FirstOrDefault(m => m.Name == name)
            ?? throw settings.Wrong("node", $"one of the names in --cluster ({string.Join(", ", members.Select(m => m.Name))})");
        var durability = DurabilityOf(settings.OneOf("durability", Durabilities, "fsync"));
        var data = settings.Text("data", "give the folder where this node keeps its data, e.g. --data /var/lib/quorate");
        return new ServeSettings(
            new NodeServerOptions
            {
                Self = self.Id,
                Name = name,
                DataFolder = data,
                Durability = durability,
                RespAddress = settings.Address("resp", "127.0.0.1:7001"),
                PeerAddress = settings.Address("peer", self.PeerAddress),
                HttpAddress = settings.Address("http", "127.0.0.1:8001"),
                Labels = LabelsOf(settings),
                Clients = LimitsOf(settings),
            },
            members);
    }

    public static ClientLimits LimitsOf(Settings settings) =>
        new() { MaxClients = settings.Number("max-clients", 1, 1_000_000, new ClientLimits().MaxClients) };

    public static Durability DurabilityOf(string word) => word switch
    {
        "written" => Durability.Written,
        "memory" => Durability.Memory,
        _ => Durability.Fsync,
    };

    /// <summary>The operator's labels for the place of the node.</summary>
    /// <exception cref="SettingException">a label is empty, too long or has other letters.</exception>
    public static NodeLabels LabelsOf(Settings settings) =>
        new(Label(settings, "provider"), Label(settings, "region"), Label(settings, "zone"));

    /// <summary>Letters of names and labels.</summary>
    public static bool IsName(string text) => text.Length > 0 && text.All(IsNameLetter);

    private static string? Label(Settings settings, string name)
    {
        if (!settings.Has(name)) return null;
        var label = settings.Text(name, LabelForm, fallback: "");
        return label.Length is > 0 and <= ControlLimits.LongestTextBytes && label.All(IsNameLetter)
            ? label : throw settings.Wrong(name, LabelForm);
    }

    private static bool IsNameLetter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    private static List<Member> ParseCluster(Settings settings)
    {
        var addresses = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in settings.Text("cluster", ClusterForm).Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw settings.Wrong("cluster", ClusterForm, $"'{part}' is not name=host:port");
            var (name, address) = (part[..equals], part[(equals + 1)..]);
            if (!name.All(IsNameLetter))
                throw settings.Wrong(
                    "cluster", ClusterForm, $"the name '{name}' may have letters, digits, '-', '_' and '.' only");
            if (!Addresses.TryParse(address, out _, out var port, out var why)) throw settings.Wrong("cluster", ClusterForm, why);
            if (port == 0) throw settings.Wrong("cluster", ClusterForm, $"the port of '{name}' must be known to the others, "
                + "not 0");
            if (!addresses.TryAdd(name, address)) throw settings.Wrong("cluster", ClusterForm, $"'{name}' is there twice");
        }

        if (addresses.Values.Distinct().Count() < addresses.Count)
            throw settings.Wrong("cluster", ClusterForm, "two nodes have the same address");
        return [.. addresses.Select((a, i) => new Member(new NodeId(i + 1), a.Key, a.Value, ""))];
    }
}
