using System.Text;
using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Server.Peers;

/// <summary>Who this node is among its peers, and who they are.</summary>
/// <param name="self">This node.</param>
/// <param name="members">All that are known at the start; what they tell of themselves is put in here.</param>
/// <param name="founders">Those with which the cluster began: its name.</param>
/// <param name="respAddress">Where clients reach this node.</param>
internal sealed class PeerIdentity(NodeId self, Member[] members, IEnumerable<Member> founders, string respAddress)
{
    private volatile IReadOnlyCollection<NodeId> _members = [.. members.Select(m => m.Id)];
    private volatile IReadOnlyCollection<NodeId> _removed = [];
    private volatile int _removedUpTo;

    public NodeId Self => self;

    public string RespAddress => respAddress;

    public string PeerAddress { get; } = members.FirstOrDefault(m => m.Id == self)?.PeerAddress ?? "";

    public ulong Cluster { get; } = FingerprintOf(founders);

    public IReadOnlyCollection<NodeId> Members => _members;

    /// <summary>Gate: who belongs to the cluster now.</summary>
    public void Follow(ClusterMap map)
    {
        _members = [.. map.Nodes.Where(n => n.State != NodeState.Removed).Select(n => n.Id)];
        _removed = [.. map.Nodes.Where(n => n.State == NodeState.Removed).Select(n => n.Id)];
        _removedUpTo = map.LastForgotten;
    }

    /// <summary>As far as this node knows: it may not have heard yet.</summary>
    public bool IsRemoved(NodeId node) => _removed.Contains(node) || (node.Value <= _removedUpTo && !_members.Contains(node));

    /// <summary>A peer told where its clients reach it: the node's own list of members is kept up to date.</summary>
    public void OnRespAddress(NodeId peer, string address)
    {
        if (address.Length == 0) return;
        for (var i = 0; i < members.Length; i++)
            if (members[i].Id == peer && members[i].RespAddress != address)
                members[i] = members[i] with { RespAddress = address };
    }

    /// <summary>The same for the same names with the same ids; addresses may change in the life of a cluster.</summary>
    private static ulong FingerprintOf(IEnumerable<Member> founders) =>
        Hash.Of(Encoding.UTF8
            .GetBytes(string.Join(',', founders.OrderBy(m => m.Id.Value).Select(m => $"{m.Id.Value}={m.Name}"))));
}
