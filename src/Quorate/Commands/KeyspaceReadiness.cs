using System.Diagnostics;
using System.Globalization;
using Quorate.Configuration;

namespace Quorate.Commands;

/// <summary>
/// Waits until every node knows a new keyspace and its replicas take part, so that the next command may go to any node. Without
/// this wait a <c>SELECT</c> at another node than the one that created the keyspace could fail for a moment.
/// </summary>
internal static class KeyspaceReadiness
{
    private const int LookMilliseconds = 20;

    /// <summary>How long one node may take to answer: a node that this program cannot reach should not hold it up.</summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(2);

    /// <summary>How long all nodes together may take; with healthy nodes it takes some hundredths of a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns the names of the nodes that were not ready in time or did not answer, in the order of their
    /// ids.</summary>
    /// <param name="asked">The node that created the keyspace.</param>
    /// <param name="keyspace">The keyspace's name.</param>
    /// <param name="stop">Ends the wait; all nodes that were not ready until then are returned.</param>
    /// <exception cref="CannotAskException"><paramref name="asked"/> itself does not answer.</exception>
    public static async Task<IReadOnlyList<string>> WaitAsync(NodeClient asked, string keyspace, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        var waiting = new List<(string Name, NodeClient Node)>();
        foreach (var line in await asked.LinesAsync("QUORATE", "STATUS"))
            if (ParseNode(line, stop) is { } node) waiting.Add(node);
        while (true)
        {
            foreach (var one in waiting.ToList())
                if (await IsReadyAsync(one.Node, keyspace)) waiting.Remove(one);
            if (waiting.Count == 0 || stop.IsCancellationRequested || Stopwatch.GetElapsedTime(began) > Patience) break;
            await Task.WhenAny(Task.Delay(LookMilliseconds, stop));
        }

        return [.. waiting.Select(w => w.Name)];
    }

    /// <summary>Whether the node that gave these lines of QUORATE STATUS can serve the keyspace's clients.</summary>
    /// <remarks>A replica takes part once it has accepted the epoch that the map names, a raft replica once it knows a leader. A
    /// node without a replica passes commands on, so it only has to know the keyspace; but a node that the map names as in sync
    /// and that has no replica is about to make one.</remarks>
    internal static bool IsReady(IReadOnlyList<string> status, string keyspace)
    {
        var words = status.Select(l => l.Split(' '))
            .FirstOrDefault(w => w[0] == "group" && w.Length > 2 && w[2] == "keyspace=" + keyspace);
        if (words is null) return false;
        var self = status[0].Split(' ')[1];
        if (ValueOf(words, "role") == "none") return ValueOf(words, "in_sync")?.Split(',').Contains(self) != true;
        if (ValueOf(words, "accepted") is { } accepted) return Number(accepted) >= Number(ValueOf(words, "epoch"));
        return ValueOf(words, "leader") is not (null or "none");
    }

    private static async Task<bool> IsReadyAsync(NodeClient node, string keyspace)
    {
        try
        {
            return IsReady(await node.LinesAsync("QUORATE", "STATUS"), keyspace);
        }
        catch (CannotAskException)
        {
            return false; // the node may be down; the caller names it
        }
    }

    /// <summary>A node's name and its port for clients, from its line in QUORATE STATUS; null for other lines, and for a node
    /// that has joined but has not told its address yet.</summary>
    private static (string Name, NodeClient Node)? ParseNode(string line, CancellationToken stop)
    {
        var words = line.Split(' ');
        if (words[0] != "node" || words.Length < 3 || ValueOf(words, "resp") is not { Length: > 0 } address) return null;
        try
        {
            return (words[2], new NodeClient(address, stop, NodePatience));
        }
        catch (SettingException)
        {
            return null;
        }
    }

    private static string? ValueOf(string[] words, string name) =>
        words.FirstOrDefault(w => w.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static long Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
