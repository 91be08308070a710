using System.Globalization;
using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>
/// Tells the log and subscribers on this node that another leads a keyspace, in the words of Sentinel (<c>+switch-master</c>) and
/// of .NET's usual client (<c>__Booksleeve_MasterChanged</c>), so that clients that look for the leader look again at once.
/// Looked at every tick where something stirs, and now and then elsewhere: a leader that comes and goes within one tick is
/// nobody's news.
/// </summary>
internal sealed class LeaderNews(NodeTurns node)
{
    /// <summary>In ticks: how often a group is looked at that is quiet here or lives elsewhere.</summary>
    private const int SeldomTicks = 500;

    private readonly Dictionary<GroupId, NodeId> _last = [];
    private int _ticks;
    private long _mapVersion = -1;

    /// <summary>What is wrong with groups here.</summary>
    public StandingAlarms Standing { get; } = new(node);

    /// <summary>CONFIG SET close-clients-on-demotion.</summary>
    public bool ClosesClients { get; set; }

    /// <summary>The leader of a group as far as this node knows; none: there is none, or it does not know.</summary>
    public NodeId LeaderOf(GroupId id)
    {
        if (node.Find(id) is { IsAbsent: false } here) return here.Replica.Leader;
        return node.Control?.Map.Group(id) is { IsConfigured: true } elsewhere
            ? elsewhere.Configuration.Leader : node.Routing.ToldLeader(id);
    }

    public void OnTick()
    {
        Standing.OnTick();
        if (node.Control is not { Map: { IsKnown: true } map }) return;
        var isNews = _mapVersion != map.Version;
        var every = isNews ? 1 : SeldomTicks;
        for (var i = ++_ticks % every; i < map.Groups.Count; i += every) Look(map, map.Groups[i]);
        foreach (var hosted in node.Ticking) if (map.Group(hosted.Id) is { } group) Look(map, group);
        if (!isNews) return;
        _mapVersion = map.Version;
        foreach (var dropped in _last.Keys.Where(id => map.Group(id) is null).ToList()) _last.Remove(dropped);
    }

    private void Look(ClusterMap map, GroupEntry group)
    {
        if (group.Keyspace == 0 || LeaderOf(group.Id) is not { IsNone: false } now) return;
        var knew = _last.TryGetValue(group.Id, out var before);
        if (knew && before == now) return;
        _last[group.Id] = now;
        if (knew) Tell(map, group, before, now);
    }

    private void Tell(ClusterMap map, GroupEntry group, NodeId before, NodeId now)
    {
        var (from, to) = (AddressOf(before), AddressOf(now));
        var (oldHost, oldPort) = Words.Address(from);
        var (newHost, newPort) = Words.Address(to);
        var names = new List<string>();
        foreach (var keyspace in map.Keyspaces)
        {
            if (!keyspace.Groups.Contains(group.Id)) continue;
            names.Add(keyspace.Name);
            Publish(
                "+switch-master",
                string.Create(CultureInfo.InvariantCulture, $"{keyspace.Name} {oldHost} {oldPort} {newHost} {newPort}"));
        }

        Publish("__Booksleeve_MasterChanged", to);
        var led = names.Count > 4 ? $"{names[0]} to {names[^1]}" : string.Join(", ", names);
        if (node.Find(group.Id) is { IsAbsent: false }) node.Alarms.Note($"{now} leads {led} in place of {before}");
        if (!ClosesClients || before != node.Options.Self) return;
        foreach (var session in node.Sessions.ToList())
            if (session.State.SubscriptionCount == 0
                && node.Routing.Of(session.State.Keyspace, session.State.Database)?.All.Any(g => g.Id == group.Id) == true)
                node.View.Close(session.State);
    }

    private void Publish(string channel, string message) =>
        node.View.Channels.Publish(node.View, Encoding.UTF8.GetBytes(channel), Encoding.UTF8.GetBytes(message));

    private string AddressOf(NodeId id) => node.View.Members.FirstOrDefault(m => m.Id == id)?.RespAddress ?? "";
}
