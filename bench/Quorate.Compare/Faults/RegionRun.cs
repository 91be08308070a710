using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Three regions in one process, a keyspace for each way to treat conflicts. One region is cut off while clients write
/// in all three; afterwards all must answer the same, and hold what was acknowledged.</summary>
internal static class RegionRun
{
    private const int RoundTripMilliseconds = 90;
    private const int PauseMilliseconds = 5;
    private const string CutRegion = "ap";

    /// <summary>No client of a region waits longer for an acknowledgement, cut off or not: nobody but its own leader is
    /// asked.</summary>
    private const double LongestGap = 2;

    private static readonly string[] Regions = ["eu", "us", CutRegion];
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HealLimit = TimeSpan.FromSeconds(60);

    public static bool Run(CompareOptions options, string folder)
    {
        RegionKeyspace[] keyspaces = [new("shop", "crdt"), new("wiki", "siblings"), new("notes", "merge:lines", ScriptOfTour())];
        using var cluster = new RegionCluster(folder, Regions, RoundTripMilliseconds);
        Console.WriteLine(
            $"quorate dev --regions {string.Join(',', Regions)} --rtt {RoundTripMilliseconds}: ports "
                + $"{string.Join(", ", cluster.Ports)}; {CutRegion} is cut off for {options.Seconds} s");
        foreach (var keyspace in keyspaces) Create(cluster, keyspace);
        var clients = keyspaces.SelectMany((k, i) => Regions
            .Select((_, r) => new NodeClient(
                k.Name, (i * Regions.Length) + r, r, cluster.Ports[r], k.Recorder, PauseMilliseconds, k.Step))).ToList();
        var passes = true;
        string[] conflicts;
        try
        {
            Thread.Sleep(Calm);
            cluster.Cut(CutRegion);
            var start = Stopwatch.GetTimestamp();
            Thread.Sleep(TimeSpan.FromSeconds(options.Seconds));
            foreach (var keyspace in keyspaces) SetTitles(cluster, keyspace);
            var end = Stopwatch.GetTimestamp();
            foreach (var (region, index) in Regions.Select((r, i) => (r, i)))
            {
                var there = clients.Where(c => c.Node == index).ToList();
                var (count, gap) = (there.Sum(c => c.AcknowledgedWithin(start, end)), there.Max(c => c.LongestGap(start, end)));
                Console.WriteLine(string
                    .Create(
                        CultureInfo.InvariantCulture,
                        $"while {CutRegion} was cut off, {region}: {count} requests acknowledged, longest gap {gap:0.00} s"));
                passes &= count > 0 && gap < LongestGap;
            }

            cluster.Heal(CutRegion);
            var healed = Stopwatch.StartNew();
            foreach (var keyspace in keyspaces) passes &= IsTitleOfCutRegionSeen(cluster, keyspace);
            Console.WriteLine(string
                .Create(
                    CultureInfo.InvariantCulture,
                    $"the last write of {CutRegion} is seen in {Regions[0]} {healed.Elapsed.TotalSeconds:0.0} s after healing"));
            conflicts = [.. keyspaces.Select(k => ConflictsOf(cluster, k, ref passes))];
        }
        finally
        {
            foreach (var client in clients) client.Stop();
            foreach (var client in clients) client.Dispose();
        }

        foreach (var (keyspace, index) in keyspaces.Select((k, i) => (k, i)))
            passes &= AllSayTheSame(cluster, keyspace, out var said) && keyspace.Passes(said, conflicts[index]);
        foreach (var (text, count) in clients.SelectMany(c => c.Failures).GroupBy(f => f.Text).Select(g => (g.Key, g.Count())))
            Console.WriteLine($"{count} times: {text}");
        Console.WriteLine(passes ? "all regions say the same, and nothing that was acknowledged is missing" : "FAILED");
        return passes;
    }

    /// <summary>The first rule that the tour shows is the one that runs here.</summary>
    private static string ScriptOfTour()
    {
        const string Fence = "```lua\n";
        var text = File.ReadAllText("docs/tour.md").ReplaceLineEndings("\n");
        var begin = text.IndexOf(Fence, StringComparison.Ordinal);
        if (begin < 0) throw new InvalidOperationException("docs/tour.md shows no merge rule");
        begin += Fence.Length;
        return text[begin..text.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    private static void Create(RegionCluster cluster, RegionKeyspace keyspace)
    {
        string[] script = keyspace.Script is { } rule ? ["SCRIPT", rule] : [];
        var reply = RespClient.TryCall(
            cluster.Ports[0],
            [
                "KEYSPACE", "CREATE", keyspace.Name, "STRATEGY", "multileader", "SPREAD", "region", "CONFLICTS",
                keyspace.Conflicts, .. script]);
        if (reply is not { IsError: false })
            throw new InvalidOperationException($"{keyspace.Name} cannot be created: {reply?.Text ?? "no answer"}");
        foreach (var port in cluster.Ports) new KeyspaceUnderTest(keyspace.Name, "").Open(port).Dispose();
    }

    private static void SetTitles(RegionCluster cluster, RegionKeyspace keyspace)
    {
        foreach (var (region, port) in Regions.Zip(cluster.Ports))
        {
            using var client = new KeyspaceUnderTest(keyspace.Name, "").Open(port);
            client.Call("SET", RegionKeyspace.Title, region);
        }
    }

    private static bool IsTitleOfCutRegionSeen(RegionCluster cluster, RegionKeyspace keyspace)
    {
        using var client = new KeyspaceUnderTest(keyspace.Name, "").Open(cluster.Ports[0]);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < HealLimit; Thread.Sleep(50))
            if (client.Call("SIBLINGS", RegionKeyspace.Title).Items![1].Items!.Any(s => s.Items![1].Text == CutRegion))
                return true;
        Console.WriteLine(
            $"{keyspace.Name}: what {CutRegion} wrote is not seen in {Regions[0]} after {HealLimit.TotalSeconds} s");
        return false;
    }

    /// <summary>The title was set on both sides of the cut, so it must be listed, or be what the rule makes of it.</summary>
    private static string ConflictsOf(RegionCluster cluster, RegionKeyspace keyspace, ref bool passes)
    {
        using var client = new KeyspaceUnderTest(keyspace.Name, "").Open(cluster.Ports[0]);
        var listed = client.Call("CONFLICTS", "LIST").Items!.Select(i => i.Text).ToList();
        var count = client.Call("CONFLICTS", "COUNT").Items!;
        var title = client.Call("GET", RegionKeyspace.Title).Text;
        passes &= keyspace.Script is null
            ? listed.Contains(RegionKeyspace.Title) : title.Contains(CutRegion, StringComparison.Ordinal) && title.Contains('\n');
        return $"{count[0].Text} now ({string.Join(", ", listed)}), {count[1].Text} values ever; title is "
            + $"{title.ReplaceLineEndings(" + ")}";
    }

    private static bool AllSayTheSame(RegionCluster cluster, RegionKeyspace keyspace, out RespReply[] said)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var all = cluster.Ports.Select(p =>
            {
                using var client = new KeyspaceUnderTest(keyspace.Name, "").Open(p);
                return RegionKeyspace.Read(client);
            }).ToList();
            said = all[0];
            if (all.TrueForAll(a => string.Join('|', a.Select(Text)) == string.Join('|', all[0].Select(Text)))) break;
            if (clock.Elapsed > HealLimit)
            {
                Console.WriteLine($"{keyspace.Name}: the regions still differ after {HealLimit.TotalSeconds} s");
                return false;
            }

            Thread.Sleep(100);
        }

        return true;
    }

    private static string Text(RespReply reply) =>
        reply.Items is { } items ? $"[{string.Join(',', items.Select(Text))}]" : reply.Text;
}
