using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Five real processes without a leader, each killed in turn under load, so that every key's holders lose one in turn.
/// Requests to the others must be answered, nothing acknowledged may be lost; how often reads are stale, and writes make
/// siblings, is printed.</summary>
internal static class LeaderlessRun
{
    private const int PauseMilliseconds = 3;

    /// <summary>Said of a write that was handed to a holder of its key, which died with it: the dead node's own, too.</summary>
    private const string DiedWithIt = "the holder that was asked did not answer";


    private static readonly TimeSpan Away = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    public static bool Run(CompareOptions options, string folder)
    {
        LeaderlessKeyspace[] keyspaces =
        [
            new("carts", "STRATEGY leaderless REPLICAS 5 N 3 R 2 W 2", MayBeStale: false),
            new("views", "STRATEGY leaderless REPLICAS 5 N 3 R 1 W 1", MayBeStale: true),
        ];
        using var cluster = new QuorateCluster(folder, options.Durability, nodes: 5);
        Console.WriteLine(
            $"{cluster.Name}: five processes on ports {string.Join(", ", cluster.Ports)}, a client for each of "
                + $"{keyspaces.Length} keyspaces at each");
        foreach (var keyspace in keyspaces)
        {
            new KeyspaceUnderTest(keyspace.Name, keyspace.Policy).Create(cluster);
            var said = RespClient.TryCall(cluster.Ports[0], "KEYSPACE", "SHOW", keyspace.Name)?.Text ?? "";
            Console.WriteLine(
                $"{keyspace.Name}: {said.Split('\n').FirstOrDefault(l => l.StartsWith("A read", StringComparison.Ordinal))}");
        }

        var clients = keyspaces.SelectMany((k, i) => cluster.Ports
            .Select((p, n) => new NodeClient(
                k.Name, (i * cluster.Ports.Length) + n, n, p, k.Recorder, PauseMilliseconds, k.Step))).ToList();
        var outages = new List<Outage>();
        try
        {
            Thread.Sleep(Calm);
            for (var round = 0; round < (options.Rounds ?? 1) * cluster.Processes.Length; round++)
            {
                var victim = round % cluster.Processes.Length;
                var from = Outage.Now;
                cluster.Processes[victim].Kill();
                Thread.Sleep(Away);
                cluster.Restart(victim);
                Thread.Sleep(Calm);
                outages.Add(new Outage(victim, from, Outage.Now, "killed"));
                outages[^1].Print(round + 1, clients);
            }
        }
        finally
        {
            foreach (var client in clients) client.Stop();
            foreach (var client in clients) client.Dispose();
        }

        var failed = Outage.NotAtTheDeadNode(clients, outages);
        var own = failed.Where(f => f.Failure.Text.EndsWith(DiedWithIt, StringComparison.Ordinal)).ToList();
        Console.WriteLine(
            $"requests that the dead node had in hand for others: {own.Count} uncertain; other failures of requests to nodes "
                + $"that were there: {failed.Count - own.Count}");
        Outage.Print(failed.Except(own).Select(f => f.Failure), "asked of a node that was there");
        var passes = failed.Count == own.Count
            && own.TrueForAll(f => outages.Any(o => f.Failure.At >= o.From && f.Failure.At <= o.Until));
        foreach (var keyspace in keyspaces) passes &= keyspace.Passes(cluster.Ports, SiblingsMade(cluster, keyspace.Name));
        Console.WriteLine(passes
            ? "no request failed but those that the dead node had in hand; no acknowledged write is lost" : "FAILED");
        return passes;
    }

    /// <summary>Values that ever became concurrent, as the node counts them that has seen most.</summary>
    private static long SiblingsMade(QuorateCluster cluster, string name) => cluster.Ports.Max(p =>
    {
        using var client = new KeyspaceUnderTest(name, "").Open(p);
        return client.Call("CONFLICTS", "COUNT").Items is [_, var ever] && long.TryParse(ever.Text, out var count) ? count : 0;
    });
}
