using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Five real processes that serve a keyspace of every strategy. One after another is killed and started again, or
/// stopped and continued, while clients read and write everywhere; at the end everything acknowledged is looked for.</summary>
internal static class KeyspaceRun
{
    private const int ClientsEach = 3;

    private static readonly TimeSpan Away = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(0.6);
    private static readonly Regex InSync = new(@"in-sync=\[[^\]]*\]", RegexOptions.CultureInvariant);
    private static readonly Regex Member = new(@"n(?<id>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
    private static readonly Regex Leader = new(@"leader=n(?<id>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    public static bool Run(CompareOptions options, string folder)
    {
        KeyspaceUnderTest[] keyspaces =
        [
            new("ledger", "STRATEGY raft REPLICAS 3"),
            new("catalog", "STRATEGY chain REPLICAS 3 READS craq"),
            new("sessions", "STRATEGY primary REPLICAS 3 ACK async", MayLose: true),
            new("orders", "STRATEGY primary REPLICAS 3 ACK semisync:1"),
            new("bank", "STRATEGY primary REPLICAS 3 ACK sync"),
        ];
        using var cluster = new QuorateCluster(folder, "fsync", nodes: 5);
        Console.WriteLine($"{cluster.Name}: five processes on ports {string.Join(", ", cluster.Ports)}, {ClientsEach} clients for each of {keyspaces.Length} keyspaces");
        foreach (var keyspace in keyspaces) Create(cluster, keyspace);
        var clients = keyspaces.SelectMany((k, i) => Enumerable.Range(0, ClientsEach).Select(c => new KeyspaceClient(k, (i * ClientsEach) + c, cluster.Ports))).ToList();
        try
        {
            Thread.Sleep(Calm);
            MakeFaults(cluster, keyspaces, TimeSpan.FromMinutes(options.Minutes));
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        cluster.RequireLeader();
        Thread.Sleep(Calm); // whoever was away last has heard what it lost
        var passes = true;
        foreach (var keyspace in keyspaces) passes &= keyspace.Passes(cluster);
        Console.WriteLine(passes ? "nothing that was acknowledged is missing or doubled but what the policy lets go and KEYSPACE LOST tells" : "FAILED");
        return passes;
    }

    private static void MakeFaults(QuorateCluster cluster, KeyspaceUnderTest[] keyspaces, TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < length; round++)
        {
            // Every other time it is a leader: those in turn, so that each keyspace's fail-over is seen.
            var name = keyspaces[round / 2 % keyspaces.Length].Name;
            var victim = round % 2 == 0 && FindLeader(cluster, name) is >= 0 and var leader ? leader : round % cluster.Processes.Length;
            var start = Stopwatch.GetTimestamp();
            var isKill = round % 3 != 2;
            var isForgetful = round % 5 == 4 && TryLoseUnshipped(cluster, keyspaces.First(k => k.MayLose).Name, ref victim);
            if (isForgetful) isKill = true;
            else if (isKill) cluster.Processes[victim].Kill();
            else cluster.Processes[victim].Pause();
            Thread.Sleep(Away);
            if (isKill) cluster.Restart(victim);
            else cluster.Processes[victim].Resume();
            Thread.Sleep(Calm);
            var gaps = new List<string>();
            foreach (var keyspace in keyspaces)
            {
                var gap = keyspace.Recorder.LongestGapSince(start);
                keyspace.LongestGap = Math.Max(keyspace.LongestGap, gap);
                gaps.Add(string.Create(CultureInfo.InvariantCulture, $"{keyspace.Name} {gap:0.00}"));
            }

            Console.WriteLine($"round {round + 1}, n{victim + 1} {(isForgetful ? "killed before it could ship" : isKill ? "killed" : "stopped")}: longest gaps in s: {string.Join(", ", gaps)}");
        }
    }

    /// <summary>Stops the backups for a moment, long enough to fill what may be on its way to them, and kills the primary in it:
    /// what that acknowledged at the end nobody else has.</summary>
    private static bool TryLoseUnshipped(QuorateCluster cluster, string name, ref int victim)
    {
        if (Shown(cluster, name) is not { } shown || Leader.Match(shown) is not { Success: true } leader) return false;
        victim = IndexOf(leader);
        var backups = new List<int>();
        foreach (Match member in Member.Matches(InSync.Match(shown).Value))
            if (IndexOf(member) is var index && index != victim) backups.Add(index);
        foreach (var backup in backups) cluster.Processes[backup].Pause();
        Thread.Sleep(Stall);
        cluster.Processes[victim].Kill();
        foreach (var backup in backups) cluster.Processes[backup].Resume();
        return true;
    }

    /// <summary>Makes the keyspace, and waits until every node knows it.</summary>
    public static void Create(QuorateCluster cluster, KeyspaceUnderTest keyspace)
    {
        string[] words = ["KEYSPACE", "CREATE", keyspace.Name, .. keyspace.Policy.Split(' ')];
        for (var attempt = 0; ; attempt++)
        {
            var reply = RespClient.TryCall(cluster.Ports[0], words);
            if (reply is { IsError: false } || reply?.Text == $"ERR there is a keyspace '{keyspace.Name}' already") break;
            if (attempt == 100) throw new InvalidOperationException($"{keyspace.Name} cannot be created: {reply?.Text ?? "no answer"}");
            Thread.Sleep(100);
        }

        foreach (var port in cluster.Ports) keyspace.Open(port).Dispose();
    }

    /// <summary>Index of the process that leads the keyspace, -1 when nobody does or says so.</summary>
    private static int FindLeader(QuorateCluster cluster, string name) =>
        Shown(cluster, name) is { } shown && Leader.Match(shown) is { Success: true } match ? IndexOf(match) : -1;

    private static string? Shown(QuorateCluster cluster, string name) =>
        cluster.Ports.Select(p => RespClient.TryCall(p, "KEYSPACE", "SHOW", name)).FirstOrDefault(r => r is { IsError: false })?.Text;

    private static int IndexOf(Match node) => int.Parse(node.Groups["id"].Value, CultureInfo.InvariantCulture) - 1;
}
