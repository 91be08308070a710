using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Guarantees;
using Quorate.Replication.Policies;
using Quorate.Server.Http;
using Quorate.Server.Turns;

namespace Quorate.Server;

/// <summary>Writes down which keyspaces there are and what they promise.</summary>
internal static class KeyspaceReports
{
    /// <summary>The lock is held for the copying only: the sentences of many keyspaces take their time.</summary>
    public static IReadOnlyList<KeyspaceReport> Take(NodeLoop loop)
    {
        List<(KeyspaceEntry Keyspace, Policy Policy)> keyspaces;
        Dictionary<GroupId, GroupEntry> groups;
        Dictionary<NodeId, string> names;
        Dictionary<GroupId, GroupStatus> here;
        lock (loop.Gate)
        {
            var view = loop.Node.View;
            if (view.Map is not { } map) return [];
            keyspaces = [.. map.Keyspaces.Select(k => (k, view.PolicyInForce(k)))];
            groups = map.Groups.ToDictionary(g => g.Id);
            names = map.Nodes.ToDictionary(n => n.Id, n => n.Name);
            here = view.Groups.ToDictionary(g => g.Group);
        }

        return [.. keyspaces
            .GroupBy(k => (Held: string.Join(' ', k.Keyspace.Groups), k.Policy)).Select(same => new KeyspaceReport(
            [.. same.Select(k => k.Keyspace.Name)],
            PolicyWords.Of(same.Key.Policy.Strategy),
            PolicyText.Print(same.Key.Policy),
            Guarantee.Of(same.Key.Policy).ToSentences(),
            [.. same.First().Keyspace.Groups.Select(id => groups[id]).Select(g => Of(g, names, here.GetValueOrDefault(g.Id)))]))];
    }

    private static GroupReport Of(GroupEntry group, Dictionary<NodeId, string> names, GroupStatus? here)
    {
        var configuration = group.Configuration;
        return new GroupReport(
            group.Id.ToString(),
            configuration.Epoch.Value,
            configuration.Leader.IsNone ? null : NameOf(configuration.Leader),
            [.. configuration.InSync.Select(NameOf)],
            [.. configuration.Learners.Select(NameOf)])
        {
            Delayed = [.. configuration.Standby.Delayed.Select(NameOf)],
            DelaySeconds = configuration.Standby.Delayed.Count > 0 ? group.Policy.DelayMilliseconds / 1000 : 0,
            Fed = [.. configuration.Standby.Feeds
                .Select(f => new FedReport(
                    NameOf(f.Replica), configuration.SourceOf(f.Replica) is { IsNone: false } source ? NameOf(source) : null))],
            Lag = [.. (here?.Followers ?? [])
                .Select(f => new FollowerReport(
                    NameOf(f.Node), f.MatchIndex.Value, f.EntriesBehind, f.HeardMilliseconds, f.Progress))],
        };

        string NameOf(NodeId id) => names.GetValueOrDefault(id, id.ToString());
    }
}
