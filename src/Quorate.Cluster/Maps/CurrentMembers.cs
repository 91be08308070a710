
namespace Quorate.Cluster.Maps;

/// <summary>The nodes of the cluster now, by its map.</summary>
internal static class CurrentMembers
{
    /// <summary>Ascending by id. What a node has not told of itself yet is as this node's operator said.</summary>
    public static IReadOnlyList<Member> Of(ClusterMap map, NodeOptions options)
    {
        var members = new List<Member>();
        foreach (var node in map.Nodes)
        {
            if (node.State == NodeState.Removed) continue;
            var told = options.Members.FirstOrDefault(m => m.Id == node.Id);
            members.Add(node.Id == options.Self && told is not null ? told : new Member(
                node.Id,
                node.Name,
                node.PeerAddress.Length > 0 ? node.PeerAddress : told?.PeerAddress ?? "",
                node.ClientAddress.Length > 0 ? node.ClientAddress : told?.RespAddress ?? ""));
        }

        return members;
    }
}
