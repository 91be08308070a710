using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>Redis names nodes and histories with 40 hexadecimal digits; clients compare them and nothing else.</summary>
internal static class NodeNames
{
    /// <summary>The node itself, the same in all its lives.</summary>
    public static string NodeName(INodeView node, NodeId id) => Digits($"node {id.Value} of {ClusterText(node)}");

    /// <summary>This life of this node.</summary>
    public static string RunId(INodeView node) =>
        Digits($"life {node.Options.Incarnation} of {node.Options.Self.Value} {node.Options.Seed} of {ClusterText(node)}");

    /// <summary>The history of a group: the same on all its members.</summary>
    public static string HistoryName(INodeView node, GroupId group) => Digits($"group {group.Value} of {ClusterText(node)}");

    private static string ClusterText(INodeView node) =>
        string.Join(' ', node.Options.Founders.Select(member => $"{member.Id.Value}={member.Name}"));

    private static string Digits(string text)
    {
        var digits = new StringBuilder(48);
        for (var i = 0; i < 3; i++) digits.Append($"{Hash.Of(Encoding.UTF8.GetBytes($"{i} {text}")):x16}");
        return digits.ToString(0, 40);
    }
}
