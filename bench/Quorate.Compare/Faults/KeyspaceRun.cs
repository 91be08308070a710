using System.Diagnostics;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Five real processes that serve a keyspace of every strategy with a leader. One after another is killed, stopped, or
/// cut off from the others, while clients read and write everywhere; at the end everything acknowledged is looked for.</summary>
internal static class KeyspaceRun
{
    private const int ClientsEach = 3;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2.5);

    public static bool Run(CompareOptions options, string folder)
    {
        KeyspaceUnderTest[] keyspaces =
        [
            new("ledger", "STRATEGY raft REPLICAS 3"),
            new("catalog", "STRATEGY chain REPLICAS 3 READS craq"),
            new("sessions", "STRATEGY primary REPLICAS 3 ACK async", MayLose: true),
            new("orders", "STRATEGY primary REPLICAS 3 ACK semisync:1"),
            new("bank", "STRATEGY primary REPLICAS 3 ACK sync"),
            new("feed", "STRATEGY primary REPLICAS 3 ACK async SHIP state", MayLose: true),
        ];
        using var cluster = new QuorateCluster(folder, "fsync", nodes: 5, hasNetwork: true);
        Console.WriteLine(
            $"{cluster.Name}: five processes on ports {string.Join(", ", cluster.Ports)}, {ClientsEach} clients for each of "
                + $"{keyspaces.Length} keyspaces");
        foreach (var keyspace in keyspaces)
        {
            keyspace.Create(cluster);
            Console.WriteLine($"{keyspace.Name,-9} {keyspace.Policy.ToLowerInvariant()}: {keyspace.WindowOfLoss(cluster)}");
        }

        var nemesis = new KeyspaceNemesis(cluster, keyspaces);
        var clients = keyspaces.SelectMany((k, i) => Enumerable
            .Range(0, ClientsEach).Select(c => new KeyspaceClient(k, (i * ClientsEach) + c, cluster.Ports))).ToList();
        try
        {
            Thread.Sleep(Calm);
            nemesis.Rage(TimeSpan.FromMinutes(options.Minutes));
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        cluster.RequireLeader();
        Thread.Sleep(Calm); // whoever was away last has heard what it lost
        Console.WriteLine();
        var passes = true;
        foreach (var keyspace in keyspaces) passes &= keyspace.Passes(cluster, nemesis.Faults);
        PrintLostAndFound(cluster);
        Console.WriteLine(passes
            ? "nothing that was acknowledged is missing or doubled but what the policy lets go and the lost-and-found has"
            : "FAILED");
        return passes;
    }

    /// <summary>What an operator sees of it.</summary>
    private static void PrintLostAndFound(QuorateCluster cluster)
    {
        for (var i = 0; i < cluster.Ports.Length; i++)
        {
            var start = new ProcessStartInfo(
                QuorateCluster.Binary,
                ["lost", "list", "--server", $"127.0.0.1:{cluster.Ports[i]}"])
            { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var text = process.StandardOutput.ReadToEnd().Trim().ReplaceLineEndings(", ");
            process.WaitForExit();
            Console.WriteLine($"quorate lost list, n{i + 1}: {text}");
        }
    }
}
