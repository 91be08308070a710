using System.Diagnostics;
using System.Globalization;

namespace Quorate.Compare.Faults;

/// <summary>A time in which a node was away, and a while after: its own clients' requests may fail in it, nobody
/// else's.</summary>
internal readonly record struct Outage(int Node, long From, long Until, string How)
{
    /// <summary>Prints what clients at the other nodes noticed of it; returns their longest time without an answer, in
    /// seconds.</summary>
    public double Print(int round, IEnumerable<NodeClient> clients)
    {
        var (node, from, until) = (Node, From, Until);
        var others = clients.Where(c => c.Node != node).ToList();
        var gap = others.Max(c => c.LongestGap(from, until));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"round {round}, n{node + 1} {How}: clients at other nodes: {others.Sum(c => c.AcknowledgedWithin(from, until))} "
                + $"requests acknowledged, longest time that one of them waited {gap:0.000} s"));
        return gap;
    }

    /// <summary>Failures of clients that asked a node while it was there.</summary>
    public static List<(NodeClient Client, Failure Failure)> NotAtTheDeadNode(
        IEnumerable<NodeClient> clients, IReadOnlyList<Outage> outages) =>
        [.. clients.SelectMany(c => c.Failures
            .Where(f => !outages.Any(o => o.Node == c.Node && f.At >= o.From && f.At <= o.Until))
            .Select(f => (c, f)))];

    /// <summary>Those of one text with how often.</summary>
    public static void Print(IEnumerable<Failure> failures, string where)
    {
        foreach (var same in failures.GroupBy(f => f.Text))
            Console.WriteLine($"       {where}: {same.Count()} times: {same.Key}");
    }

    public static long Now => Stopwatch.GetTimestamp();
}
