using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// A primary's replicas that no acknowledgement waits for. Which they are is part of the group's configuration, and so is who
/// feeds the cascaded ones: a backup in sync that is up; when it is no more, another; without any, the primary.
/// </summary>
internal static class StandbyCare
{
    /// <summary>True when a configuration in which somebody is fed by another was proposed.</summary>
    public static bool Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        var current = group.Configuration;
        for (var i = 0; i < current.Standby.Feeds.Count; i++)
        {
            var feed = current.Standby.Feeds[i];
            if (IsFit(supervisor, group, feed.Source)) continue;
            var source = Source(supervisor, group, feed.Replica);
            if (source == feed.Source) continue;
            Feed[] feeds = [.. current.Standby.Feeds];
            feeds[i] = feed with { Source = source };
            var next = current with { Epoch = current.Epoch.Next, Standby = current.Standby with { Feeds = feeds } };
            if (Membership.Change(supervisor, group, watch, next, now)) return true;
        }

        return false;
    }

    /// <summary>The backup that feeds the fewest others; none when there is none that can.</summary>
    public static NodeId Source(Supervisor supervisor, GroupEntry group, NodeId fed)
    {
        var (best, fewest) = (default(NodeId), int.MaxValue);
        foreach (var node in group.Configuration.InSync)
        {
            if (!IsFit(supervisor, group, node)) continue;
            var feeds = group.Configuration.Standby.Feeds.Count(f => f.Source == node && f.Replica != fed);
            if (feeds < fewest) (best, fewest) = (node, feeds);
        }

        return best;
    }

    private static bool IsFit(Supervisor supervisor, GroupEntry group, NodeId node) =>
        node != group.Configuration.Leader && group.Configuration.InSync.Contains(node) && !supervisor.Detector.IsSuspected(node);
}
