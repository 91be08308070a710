using Microsoft.Extensions.Logging;
using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Server.Turns;

namespace Quorate.Server.Peers;

/// <summary>
/// A link to every other member: opened for those that appear in the map, closed for those that were removed. Where a peer is may
/// be known from three places (the operator, the map, the peer itself), and each of them may be out of date: all are tried. Used
/// under the node's lock.
/// </summary>
internal sealed class PeerLinks(NodeLoop loop, PeerIdentity identity, ILogger log, RegionNetwork? regions = null) : IDisposable
{
    private readonly SortedList<int, PeerLink> _links = [];
    private readonly Dictionary<NodeId, string> _configured = [];
    private readonly Dictionary<NodeId, string> _inMap = [];
    private readonly Dictionary<NodeId, string> _told = [];
    private bool _isStarted;

    public IReadOnlyList<PeerLink> All => [.. _links.Values];

    /// <summary>Those that are known before the map is.</summary>
    public void Begin(IEnumerable<Member> members)
    {
        foreach (var member in members.Where(m => m.Id != identity.Self))
        {
            _configured[member.Id] = member.PeerAddress;
            Locate(member.Id);
        }
    }

    public void Start()
    {
        _isStarted = true;
        foreach (var link in _links.Values) link.Start();
    }

    /// <summary>The map may have changed.</summary>
    public void Follow(ClusterMap map)
    {
        foreach (var node in map.Nodes)
        {
            if (node.Id == identity.Self || node.State == NodeState.Removed || node.PeerAddress.Length == 0) continue;
            if (_inMap.TryGetValue(node.Id, out var before) && before == node.PeerAddress) continue;
            _inMap[node.Id] = node.PeerAddress;
            Locate(node.Id);
        }

        foreach (var link in _links.Values.Where(l => !map.IsMember(l.Peer)).ToList())
        {
            _links.Remove(link.Peer.Value);
            _configured.Remove(link.Peer);
            _inMap.Remove(link.Peer);
            _told.Remove(link.Peer);
            loop.RemoveLink(link);
            ThreadPool.UnsafeQueueUserWorkItem(static l => l.Dispose(), link, preferLocal: false); // closes a socket
        }
    }

    /// <summary>A peer says of itself where it is.</summary>
    public void OnTold(NodeId peer, string address)
    {
        if (address.Length == 0
            || (_told.TryGetValue(peer, out var before) && before == address) || !identity.Members.Contains(peer))
            return;
        if (!Addresses.TryParse(address, out _, out var port, out _) || port == 0) return;
        _told[peer] = address;
        Locate(peer);
    }

    public void Dispose()
    {
        foreach (var link in _links.Values) link.Dispose();
        _links.Clear();
    }

    private void Locate(NodeId peer)
    {
        string[] addresses = [.. new[] { _told, _configured, _inMap }.Select(known => known.GetValueOrDefault(peer))
            .OfType<string>().Where(a => a.Length > 0).Distinct()];
        if (addresses.Length == 0) return;
        if (!_links.TryGetValue(peer.Value, out var link))
        {
            _links.Add(peer.Value, link = new PeerLink(loop, identity, peer, addresses[0], log, regions));
            loop.AddLink(link);
            if (_isStarted) link.Start();
        }

        link.Addresses = addresses;
    }
}
