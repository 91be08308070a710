using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Growth;

/// <summary>What adding one member to a set costs, by the number of members that are there: bytes that the node which takes it
/// sends to the two others, and bytes that all journals write. It must be the change and not the set.</summary>
internal static class SetGrowth
{
    private const int Batch = 500;
    private const int Changes = 4_000;

    private static readonly (string Name, string Policy, bool ShipsChanges)[] Keyspaces =
    [
        ("multileader", "STRATEGY multileader REPLICAS 3 SPREAD region", true),
        ("multileader, ship state", "STRATEGY multileader REPLICAS 3 SPREAD region SHIP state", false),
        ("leaderless 3/2/2", "STRATEGY leaderless REPLICAS 3 N 3 R 2 W 2 READS eventual", true),
    ];

    public static GrowthPart Measure(string folder, bool isQuick)
    {
        var text = new StringBuilder("## A set's members\n\n");
        text.AppendLine(
            "One `SADD` of a new member of 14 bytes; 16 in flight, durability fsync, three nodes. \"Shipped\" is what the "
                + "node that took it sent to the two others together, "
            + "\"stored\" what the three journals wrote, both with everything that goes with it; what the idle nodes send and "
            + "write is taken off.\n");
        text.AppendLine("| keyspace | members before | SADD/s | shipped B | stored B |\n| --- | --- | --- | --- | --- |");
        var worst = 0.0;
        foreach (var (name, policy, shipsChanges) in Keyspaces)
        {
            using var cluster = new QuorateCluster(folder, "fsync", areRegions: true);
            using var keyspace = new KeyspaceOf(cluster, "sets", 1, policy);
            using var client = RespClient.Connect(cluster.Ports[keyspace.Nodes[0]], 60_000);
            client.Call("SELECT", keyspace.Name);
            Add(client, 0, 1_000, 16);
            var held = 1_000;
            var first = (Shipped: 0.0, Stored: 0.0);
            foreach (var members in isQuick ? [1_000, 100_000] : new[] { 1_000, 10_000, 100_000, 1_000_000 })
            {
                if (members > held) Add(client, held, members - held, Batch);
                held = members;
                var cost = Cost(cluster, keyspace.Nodes[0], client, members);
                held += Changes;
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {members:N0} | {cost.PerSecond:N0} | {cost.Shipped:0} | {cost.Stored:0} |");
                if (first.Shipped == 0) first = (cost.Shipped, cost.Stored);
                if (shipsChanges) worst = Math.Max(worst, Math.Max(cost.Shipped / first.Shipped, cost.Stored / first.Stored));
            }
        }

        var holds = worst <= Curve.Tolerance;
        text.AppendLine().AppendLine(
            CultureInfo.InvariantCulture,
            $"A change costs its own bytes however large the set: {(holds ? "holds" : "does **not** hold")}; at most "
                + $"{worst:0.00} times those of the smallest set. With `ship state` the whole set travels, once for all "
                + $"changes since the last time: that is not counted here.\n");
        return new GrowthPart("sets", text.ToString(), holds);
    }

    private static (double PerSecond, double Shipped, double Stored) Cost(
        QuorateCluster cluster, int node, RespClient client, int from)
    {
        Quiet(cluster, node);
        var (sentIdle, storedIdle) = Read(cluster, node);
        var idle = Stopwatch.StartNew();
        Thread.Sleep(3000);
        var (sentBefore, storedBefore) = Read(cluster, node);
        var idleSeconds = idle.Elapsed.TotalSeconds;
        var clock = Stopwatch.StartNew();
        Add(client, from, Changes, 16);
        var perSecond = Changes / clock.Elapsed.TotalSeconds;
        Thread.Sleep(1000); // what is on its way arrives
        var (sent, stored) = Read(cluster, node);
        var share = clock.Elapsed.TotalSeconds / idleSeconds;
        return (
            perSecond,
            (sent - sentBefore - (share * (sentBefore - sentIdle))) / Changes,
            (stored - storedBefore - (share * (storedBefore - storedIdle))) / Changes);
    }

    /// <summary>Waits until what was added before has arrived, and what follows of it (comparisons, snapshots) is over.</summary>
    private static void Quiet(QuorateCluster cluster, int node)
    {
        var before = Read(cluster, node);
        for (var i = 0; i < 40; i++)
        {
            Thread.Sleep(500);
            var now = Read(cluster, node);
            if (now.Sent - before.Sent < 20_000 && now.Stored - before.Stored < 20_000) return;
            before = now;
        }
    }

    private static (double Sent, double Stored) Read(QuorateCluster cluster, int node) => (
        cluster.Metrics(node)["quorate_peer_output_bytes_total"],
        Enumerable.Range(0, cluster.Ports.Length).Sum(i => cluster.Metrics(i)["quorate_journal_bytes_total"]));

    private static void Add(RespClient client, int from, int count, int batch)
    {
        for (var first = from; first < from + count; first += batch)
        {
            var end = Math.Min(first + batch, from + count);
            for (var i = first; i < end; i++)
                client.Queue("SADD", "set", string.Create(CultureInfo.InvariantCulture, $"member:{i:D7}"));
            client.Flush();
            for (var i = first; i < end; i++)
                if (client.Read() is { IsError: true } error) throw new InvalidOperationException($"SADD: {error.Text}");
        }
    }
}
