using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>What a heartbeat is answered with: news of configurations, and leases.</summary>
internal static class HeartbeatAnswer
{
    public static HeartbeatReply To(Supervisor supervisor, NodeId node, NodeBeats beats, long now)
    {
        var map = supervisor.Map;
        var all = beats.IsTimeForAll(map);
        var assignments = new List<GroupAssignment>();
        var grants = new List<(GroupId, Epoch)>();
        var handOvers = new List<(GroupId, NodeId)>();
        foreach (var group in all ? map.Groups : supervisor.Rounds.Configured(map).Concat(supervisor.Rounds.Stirring(map)))
        {
            if (!group.Needs(node)) continue;
            var beat = beats.Of(group.Id);
            if (beat is null ? group.Configuration.Contains(node) : beat.Report.Epoch < group.Epoch)
                assignments.Add(Assignment(group));
            if (MayGrant(supervisor, group, node))
            {
                supervisor.Leases.Grant(group.Id, node, group.Epoch, now);
                grants.Add((group.Id, group.Epoch));
            }

            var heir = supervisor.WatchOf(group.Id).Heir;
            if (!heir.IsNone && heir != node && (group.Configuration.Leader == node || beat is { Leads: true }))
                handOvers.Add((group.Id, heir));
        }

        return new HeartbeatReply
        {
            Incarnation = beats.Last!.Incarnation,
            SentAt = beats.Last.SentAt,
            LeaseMilliseconds = supervisor.Options.LeaseMilliseconds,
            MapVersion = supervisor.Map.Version,
            Assignments = assignments,
            Grants = grants,
            HandOvers = handOvers,
            Dropped = Dropped(supervisor, node, all ? beats.Groups : beats.Last.Groups, assignments),
        };
    }

    public static HeartbeatReply WantsAll(Supervisor supervisor, Heartbeat heartbeat) => new()
    {
        Incarnation = heartbeat.Incarnation,
        SentAt = heartbeat.SentAt,
        LeaseMilliseconds = supervisor.Options.LeaseMilliseconds,
        MapVersion = supervisor.Map.Version,
        WantsAll = true,
    };

    /// <summary>A lease is of the map's epoch, also when the node has yet to hear of that: the assignment comes with
    /// it.</summary>
    private static bool MayGrant(Supervisor supervisor, GroupEntry group, NodeId node)
    {
        if (!group.IsConfigured || group.IsMerging || group.IsSealed || supervisor.Detector.IsSuspected(node)) return false;
        var watch = supervisor.WatchOf(group.Id);
        if (watch.IsPendingIn(group.Epoch) || watch.Withheld.Contains(node)) return false;
        return group.Policy.Strategy.IsChained ? group.Configuration.InSync.Contains(node) : group.Configuration.Leader == node;
    }

    /// <summary>A replica that is out hears of it first, by the configuration, and is told to go when it says that it knows.
    /// A raft replica goes by its own group's word: its leader says that it counts no more.</summary>
    private static List<GroupId> Dropped(
        Supervisor supervisor, NodeId node, IEnumerable<GroupBeat> beats, List<GroupAssignment> assignments)
    {
        var dropped = new List<GroupId>();
        foreach (var beat in beats)
        {
            if (supervisor.Map.Group(beat.Group) is not { } group) dropped.Add(beat.Group);
            else if (group.Needs(node)) continue;
            // It may lead a raft group that is to go on without it: only then it knows the wish that it has to make true.
            else if (beat.Report.Epoch < group.Epoch) assignments.Add(Assignment(group));
            else if (group.Policy.Strategy.Leadership == Leadership.Elected && !IsOut(supervisor, group, node)) continue;
            else dropped.Add(beat.Group);
        }

        return dropped;
    }

    /// <summary>Neither wished for nor, by the word of the newest leader that has taken up the present wish, a member.</summary>
    private static bool IsOut(Supervisor supervisor, GroupEntry group, NodeId node)
    {
        if (group.Configuration.Contains(node)) return false;
        GroupBeat? newest = null;
        foreach (var member in group.Configuration.Members)
        {
            if (supervisor.Detector.IsSuspected(member) || supervisor.BeatOf(member, group.Id) is not { Leads: true } beat)
                continue;
            if (newest is null || beat.Report.LastEpoch > newest.Report.LastEpoch) newest = beat;
        }

        return newest is { Wanted: { } actual } && newest.Report.Epoch == group.Epoch && !actual.Contains(node);
    }

    /// <summary>With the rule of the policy in force: it holds from this epoch on, whoever passes the configuration on.</summary>
    private static GroupAssignment Assignment(GroupEntry group) =>
        new(
            group.Id, group.Policy,
            group.IsConfigured ? group.Configuration with { Rule = GroupRule.Of(group.Policy) } : group.Configuration);
}
