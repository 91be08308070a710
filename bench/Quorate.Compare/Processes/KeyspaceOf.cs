using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;

namespace Quorate.Compare.Processes;

/// <summary>A keyspace on a cluster of ours, for as long as it is measured.</summary>
internal sealed class KeyspaceOf : IDisposable
{
    private static readonly Regex Replicas = new(
        @"in-sync=\[(?<nodes>[^\]]*)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private readonly QuorateCluster _cluster;
    private readonly bool _isLedByNone;

    public KeyspaceOf(QuorateCluster cluster, string name, int database, string policy)
    {
        (_cluster, Name, Database) = (cluster, name, database);
        _isLedByNone = policy.Contains("leaderless", StringComparison.Ordinal)
            || policy.Contains("multileader", StringComparison.Ordinal);
        Until(
            () =>
                RespClient.TryCall(cluster.Ports[0], "KEYSPACE", "DROP", $"{database}") is { } r
                    && (!r.IsError || r.Text.Contains("no keyspace", StringComparison.Ordinal)),
            "finds its number taken");
        Do("CREATE", name, ["DB", $"{database}", .. policy.Split(' ')]);
        foreach (var port in cluster.Ports)
            Until(() => RespClient.TryCall(port, "SELECT", name) is { IsError: false }, "cannot be selected");
        Nodes = FindNodes();
        using var client = RespClient.Connect(cluster.Ports[Nodes[0]]);
        client.Call("SELECT", name);
        Until(() => client.Call("SET", "first", "1") is { IsError: false }, "takes no write");
    }

    public string Name { get; }

    public int Database { get; }

    /// <summary>Indexes of the processes with a replica: the leader first, of a chain head to tail.</summary>
    public int[] Nodes { get; }

    public void Alter(params string[] words)
    {
        Do("ALTER", Name, words);
        Thread.Sleep(500); // each node hears of it by its next heartbeat
    }

    public void Dispose()
    {
        if (RespClient.TryCall(_cluster.Ports[0], "KEYSPACE", "DROP", Name) is null) return;
        Thread.Sleep(300);
    }

    private void Do(string verb, string name, string[] words)
    {
        string last = "no answer";
        Until(
            () =>
            {
                var reply = RespClient.TryCall(_cluster.Ports[0], ["KEYSPACE", verb, name, .. words]);
                last = reply?.Text ?? last;
                return reply is { IsError: false } || last.Contains("already", StringComparison.Ordinal);
            },
            () => $"KEYSPACE {verb}: {last}");
    }

    private int[] FindNodes()
    {
        int[] nodes = [];
        Until(
            () =>
            {
                if (RespClient.TryCall(_cluster.Ports[0], "KEYSPACE", "SHOW", Name) is not { IsError: false } shown) return false;
                nodes = [.. Replicas.Match(shown.Text).Groups["nodes"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(n => int.Parse(n.AsSpan(1), CultureInfo.InvariantCulture) - 1)];
                return nodes.Length > 0;
            },
            "has no replicas");
        if (_isLedByNone) return nodes;
        var leader = -1;
        Until(() => (leader = Array.FindIndex(nodes, IsMaster)) >= 0, "has no leader");
        return [.. nodes[leader..], .. nodes[..leader]];
    }

    private bool IsMaster(int node)
    {
        using var client = RespClient.Connect(_cluster.Ports[node]);
        client.Call("SELECT", Name);
        return client.Call("ROLE") is { Items: [{ Text: "master" }, ..] };
    }

    private void Until(Func<bool> condition, string what) => Until(condition, () => what);

    private void Until(Func<bool> condition, Func<string> what)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            if (attempt == 200) throw new InvalidOperationException($"keyspace {Name} {what()}");
            Thread.Sleep(100);
        }
    }
}
