using Quorate.Server;

namespace Quorate.Commands;

/// <summary>The lines that say at which addresses nodes listen.</summary>
internal static class NodeLines
{
    public static string Of(string name, NodeServer node) =>
        $"{name}: clients redis://{node.RespAddress}, peers {node.PeerAddress}, status http://{node.HttpAddress}/status";

    /// <summary>The line that says that the cluster works, or null while the nodes do not all know the same leader and which
    /// keyspaces there are.</summary>
    public static string? Ready(IReadOnlyList<NodeServer> nodes)
    {
        string? leader = null;
        foreach (var node in nodes)
        {
            var report = node.Report();
            if (!report.KnowsKeyspaces
                || !report.IsPlaced || report.Leader is null || (leader is not null && leader != report.Leader))
                return null;
            leader = report.Leader;
        }

        return $"quorate ready: leader {leader}, durability {nodes[0].Report().Durability}; try: redis-cli -p "
            + $"{PortOf(nodes[0].RespAddress)}";
    }

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];
}
