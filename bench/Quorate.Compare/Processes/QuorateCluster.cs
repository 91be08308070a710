using System.Globalization;
using Quorate.Compare.Load;

namespace Quorate.Compare.Processes;

/// <summary>Processes of <c>quorate serve</c> that form one cluster.</summary>
internal sealed class QuorateCluster : ServerCluster
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly string _folder;
    private readonly string _durability;
    private readonly int[] _peerPorts;
    private readonly int[] _httpPorts;
    private readonly string _cluster;
    private readonly bool _areRegions;
    private readonly string _binary;

    /// <param name="durability"><c>fsync</c> or <c>memory</c>, as <c>quorate serve</c> takes it.</param>
    /// <param name="hasNetwork">The nodes reach each other through <see cref="Network"/> only.</param>
    /// <param name="areRegions">Every node has a region of its own, as near as ever.</param>
    /// <param name="binary">The program to run; null: <see cref="Binary"/>.</param>
    public QuorateCluster(
        string folder, string durability, int nodes = 3, bool hasNetwork = false, bool areRegions = false, string? binary = null)
    {
        _binary = binary ?? Binary;
        _areRegions = areRegions;
        _folder = Directory.CreateDirectory(Path.Combine(folder, $"quorate-{durability}-{nodes}-{Guid.NewGuid():N}")).FullName;
        _durability = durability;
        var ports = FreePorts.Take(nodes * 4);
        Ports = ports[..nodes];
        _peerPorts = ports[nodes..(2 * nodes)];
        _httpPorts = ports[(2 * nodes)..(3 * nodes)];
        if (hasNetwork) Network = new PeerNetwork(ports[(3 * nodes)..], _peerPorts);
        _cluster = string.Join(',', (hasNetwork ? ports[(3 * nodes)..] : _peerPorts).Select((p, i) => $"n{i + 1}=127.0.0.1:{p}"));
        Processes = new Child[nodes];
        for (var i = 0; i < nodes; i++) Processes[i] = StartOne(i);
        RequireLeader();
    }

    public override string Name => $"Quorate {_durability}" + (Ports.Length == 1 ? ", one node" : "");

    /// <summary>What the nodes hear of each other goes through it; null when they are connected directly.</summary>
    public PeerNetwork? Network { get; }

    /// <summary>The program under test, as built by <c>dotnet build -c Release</c>; QUORATE_BINARY names another one.</summary>
    public static string Binary =>
        Environment.GetEnvironmentVariable("QUORATE_BINARY")
        ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Quorate", "release", "quorate"));

    public override int FindLeader()
    {
        for (var i = 0; i < Ports.Length; i++)
        {
            if (RespClient.TryCall(Ports[i], "ROLE") is { Items: [{ Text: "master" }, ..] }) return i;
        }

        return -1;
    }

    public override void Restart(int index) => Processes[index] = StartOne(index);

    /// <summary>Waits until every follower holds what the leader held when asked.</summary>
    public void RequireCaughtUp() => WaitUntil(
        () => RespClient.TryCall(Ports[RequireLeader()], "ROLE") is { Items: [_, var offset, var followers] }
            && followers.Items is { } all && all.Length == Ports.Length - 1
            && Array.TrueForAll(
                all,
                f =>
                    f.Items is [_, _, var at]
                        && long.Parse(at.Text, CultureInfo.InvariantCulture) >= long.Parse(
                            offset.Text, CultureInfo.InvariantCulture)),
        $"{Name}: a follower does not catch up");

    /// <summary>The folder in which a node keeps journal and snapshots.</summary>
    public string DataFolder(int index) => Path.Combine(_folder, $"n{index + 1}");

    /// <summary>What a node's /metrics says: the figures without labels, by name.</summary>
    public Dictionary<string, double> Metrics(int index)
    {
        var figures = new Dictionary<string, double>();
        foreach (var line in Http.GetStringAsync($"http://127.0.0.1:{_httpPorts[index]}/metrics").Result.Split('\n'))
        {
            var words = line.Split(' ');
            if (words.Length == 2 && double.TryParse(words[1], CultureInfo.InvariantCulture, out var value))
                figures[words[0]] = value;
        }

        return figures;
    }

    public override void Dispose()
    {
        base.Dispose();
        Network?.Dispose();
    }

    private Child StartOne(int index) =>
        Child.Start(
            Path.Combine(_folder, $"n{index + 1}.log"), _binary, ["serve", "--node", $"n{index + 1}",
            "--data", Path.Combine(_folder, $"n{index + 1}"), "--resp", $"127.0.0.1:{Ports[index]}",
            "--peer", $"127.0.0.1:{_peerPorts[index]}", "--http", $"127.0.0.1:{_httpPorts[index]}",
            "--cluster", _cluster, "--durability", _durability, .. _areRegions ? (string[])["--region", $"r{index + 1}"] : []]);
}
