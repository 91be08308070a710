using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Primary;
using FollowerStatus = Quorate.Cluster.Commands.FollowerStatus;

namespace Quorate.Cluster;

/// <summary>The other replicas of a group as its leader sees them, and cascaded ones as their source does; nobody on other nodes.</summary>
internal static class FollowersOf
{
    public static IReadOnlyList<FollowerStatus> This(Group group, Node node) => group switch
    {
        { Raft: { } raft } => [.. raft.Status.Followers.Select(f => new FollowerStatus(
            f.Node, f.MatchIndex, f.LagEntries, SinceHeard(group, node, f.Node, f.MillisecondsSinceAnswer), NameOf((int)f.State)))],
        { Replica: PrimaryReplica primary } => [.. primary.Status.Backups.Select(b => new FollowerStatus(
            b.Node, b.MatchIndex, b.LagEntries, SinceHeard(group, node, b.Node, b.MillisecondsSinceAnswer), b.State == ProgressState.Changes ? "changes" : NameOf((int)(b.State == ProgressState.Snapshot ? ProgressState.Changes : b.State)))
        {
            IsStandby = primary.Configuration!.Standby.Contains(b.Node),
            DelaySeconds = primary.Configuration!.Standby.Delayed.Contains(b.Node) ? (primary.Configuration.Rule?.DelayMilliseconds ?? 0) / 1000 : 0,
        })],
        { Replica: ChainReplica { IsLeader: true } chain } => Behind(chain.Status, chain.Leader),
        _ => [],
    };

    /// <summary>In a quiet group nobody speaks; then what counts is whether the node itself is heard.</summary>
    private static long SinceHeard(Group group, Node node, NodeId follower, long sinceAnswer)
    {
        var heard = node.Watch.LastHeard(follower);
        if (group.Hosting.IsTicking || heard == long.MinValue) return sinceAnswer;
        return Math.Min(sinceAnswer, (node.Now.Nanoseconds - heard) / StepTime.NanosecondsPerMillisecond);
    }

    /// <summary>A head hears its successor alone. Of the others it knows what is committed: that they have. Their silence would stop
    /// the acknowledgements, and would have been noticed by their neighbours.</summary>
    private static List<FollowerStatus> Behind(ChainStatus head, NodeId self)
    {
        var followers = new List<FollowerStatus>();
        var successor = head.Fed.Count > 0 ? head.Fed[0] : null;
        var heard = (successor?.SilentTicks ?? 0) * (long)IReplica.TickLength;
        foreach (var node in head.Configuration?.InSync ?? [])
        {
            if (node == self) continue;
            var match = successor?.Node == node ? LogIndex.Max(successor.Durable, head.CommitIndex) : head.CommitIndex;
            followers.Add(new FollowerStatus(node, match, head.LastIndex - match, heard, "replicate"));
        }

        followers.Sort((a, b) => a.Node.CompareTo(b.Node));
        return followers;
    }

    private static string NameOf(int state) => state switch
    {
        0 => "probe",
        1 => "replicate",
        _ => "snapshot",
    };
}
