using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>The other nodes that can answer reads of a group, each with how well it suits.</summary>
internal sealed class Readers(IGroupNode node)
{
    /// <summary>Added to the distance of those that would have to ask the one who knows.</summary>
    public const int SecondChoice = 4;

    private readonly List<(NodeId Peer, int Distance)> _readers = [];
    private (long Version, bool IsNewest, NodeId Leader) _of = (-1, false, default);

    /// <summary>Valid until the next call.</summary>
    public IReadOnlyList<(NodeId Peer, int Distance)> Of(HostedGroup group, in ReadRule rule)
    {
        var wanted = (node.PlacesVersion, rule.IsNewest, group.Replica.Leader);
        if (_of == wanted) return _readers;
        _of = wanted;
        _readers.Clear();
        var map = node.Map;
        if (map is not { IsKnown: true } || map.Group(group.Id) is not { } entry)
        {
            foreach (var member in node.Options.Members)
                Add(member.Id, rule.IsNewest && member.Id != group.Replica.Leader ? 2 + SecondChoice : 2);
            return _readers;
        }

        var members = entry.Configuration.InSync;
        var knows = rule.IsNewest
            ? node.Options.Strategies.Of(entry.Policy).NewestIsAt(entry.Policy, members, group.Replica.Leader) : NodeId.None;
        foreach (var member in members) Add(member, DistanceTo(member) + (knows.IsNone || knows == member ? 0 : SecondChoice));
        return _readers;
    }

    private void Add(NodeId peer, int distance)
    {
        if (peer != node.Options.Self) _readers.Add((peer, distance));
    }

    private int DistanceTo(NodeId peer)
    {
        var (here, there) = (node.Options.Labels, node.Map!.Node(peer)?.Labels);
        if (there is null) return 2;
        if (here.Of("zone") is { } zone && zone == there.Of("zone")) return 0;
        return here.Of("region") is { } region && region == there.Of("region") ? 1 : 2;
    }
}
