using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>Who holds a keyspace, by the first node that says it: nodes are counted from 0.</summary>
/// <param name="Leader">-1 while nobody does, or nobody says so.</param>
/// <param name="Members">Those in sync: of a chain head first and tail last.</param>
internal sealed record Place(int Leader, int[] Members)
{
    private static readonly Regex InSync = new(
        @"in-sync=\[(?<nodes>[^\]]*)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
    private static readonly Regex Leading = new(
        @"leader=n(?<id>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    public static Place? Of(ServerCluster cluster, string keyspace)
    {
        if (Shown(cluster, keyspace) is not { } shown) return null;
        var nodes = InSync.Match(shown).Groups["nodes"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] members = [.. nodes.Select(n => int.Parse(n[1..], CultureInfo.InvariantCulture) - 1)];
        return new Place(
            Leading.Match(shown) is { Success: true } match
                ? int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture) - 1 : Elected(cluster, keyspace),
            members);
    }

    /// <summary>All that a node says of the keyspace; null when none answers.</summary>
    public static string? Shown(ServerCluster cluster, string keyspace) =>
        cluster.Ports.Select(p => RespClient.TryCall(p, "KEYSPACE", "SHOW", keyspace))
            .FirstOrDefault(r => r is { IsError: false })?.Text;

    /// <summary>The map does not name the leader of a raft group: it elects for itself.</summary>
    private static int Elected(ServerCluster cluster, string keyspace)
    {
        for (var i = 0; i < cluster.Ports.Length; i++)
        {
            try
            {
                using var client = RespClient.Connect(cluster.Ports[i], 1000);
                if (client.Call("SELECT", keyspace).IsOk && client.Call("ROLE") is { Items: [{ Text: "master" }, ..] }) return i;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // Ask the next.
            }
        }

        return -1;
    }
}
