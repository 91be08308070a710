using System.Text;
using Quorate.Cluster;
using Quorate.Replication;

namespace Quorate.Server.Peers;

/// <summary>Who this node is among its peers.</summary>
internal sealed class PeerIdentity(NodeId self, Member[] members, string respAddress)
{
    public NodeId Self => self;

    public string RespAddress => respAddress;

    public ulong Cluster { get; } = FingerprintOf(members);

    public IReadOnlyCollection<NodeId> Members { get; } = [.. members.Select(m => m.Id)];

    /// <summary>A peer told where its clients reach it: the node's own list of members is kept up to date.</summary>
    public void OnRespAddress(NodeId peer, string address)
    {
        if (address.Length == 0) return;
        for (var i = 0; i < members.Length; i++)
            if (members[i].Id == peer && members[i].RespAddress != address) members[i] = members[i] with { RespAddress = address };
    }

    /// <summary>The same for the same names with the same ids; addresses may change in the life of a cluster.</summary>
    private static ulong FingerprintOf(Member[] members) =>
        Hash.Of(Encoding.UTF8.GetBytes(string.Join(',', members.OrderBy(m => m.Id.Value).Select(m => $"{m.Id.Value}={m.Name}"))));
}
