using Quorate.Cluster;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Merging;

/// <summary>When clients ask for nothing any more: all holders of a key hold the same of it, what was removed is
/// forgotten, and nothing is sent that is not asked about.</summary>
internal sealed class MergeConvergence(SimCluster cluster, MergeOperations operations, MergePlan plan)
{
    private List<SimNode> Up => [.. cluster.Nodes.Where(n => !n.HasRefused)];

    private bool IsWhole => cluster.Nodes.All(n => !n.HasRefused);

    public bool IsReached()
    {
        if (Up.Any(n => !n.IsUp || n.Node!.Control!.Map.Version != operations.Map.Version)) return false;
        if (operations.Entry is not { Configuration: { Learners.Count: 0 } configuration } entry
            || configuration.InSync.Count < plan.Policy.Replicas)
            return false;
        if (!Up.All(n => n.Node!.Holdings.Groups.All(g => operations.Map.Group(g) is { } group && group.Needs(n.Id))))
            return false;
        var members = Up.Where(n => configuration.Contains(n.Id)).Select(operations.ReplicaOn).ToList();
        return members.All(g => g is { Configured.Report: { NeedsState: false } report } && report.Epoch == entry.Epoch)
            && (plan.IsMultiLeader ? LeadersAreEqual(members!) : HoldersAreEqual(members!));
    }

    /// <summary>Where a member stays away for good, what was removed is remembered for as long as it is a member.</summary>
    public bool HasForgotten() => !IsWhole || Up.SelectMany(operations.MachinesOf).All(m => m.Store.ObjectCount == m.Store.Count);

    public void BeQuiet()
    {
        if (!plan.IsMultiLeader || !IsWhole) return;
        var (before, seen, round) = (0L, "", 0);
        do
        {
            if (++round > 10)
                throw new QuietFailure("all replicas are equal, no replica asks for anything, and yet new messages keep coming");
            // What runs out meanwhile is removed, and that is news.
            Pass(2 * World.Second);
            (before, seen) = (Sent(), SeenByAll());
            Pass(2 * World.Second);
        }
        while (seen != SeenByAll());
        if (Sent() != before)
            throw new QuietFailure($"all are equal, and still {Sent() - before} bytes of updates were sent in two seconds");
        if (plan.Policy.Durability != Durability.Memory && Leaders().Any(l => l.Statistics.Divergences > 0))
            throw new ConvergenceFailure("replicas that had seen the same held something else");
    }

    private static bool LeadersAreEqual(List<MergingGroup> members)
    {
        var first = (MultiLeaderReplica)members[0].Replica;
        foreach (var group in members)
        {
            var replica = (MultiLeaderReplica)group.Replica;
            if (!replica.IsLeader || replica.Pulls.HasGaps || !replica.Machine.Seen.SetEquals(first.Machine.Seen)) return false;
            if (replica.Machine.DigestOf(0, 0) != first.Machine.DigestOf(0, 0)) return false;
        }

        return true;
    }

    private static bool HoldersAreEqual(List<MergingGroup> members)
    {
        var replicas = members.ConvertAll(m => (LeaderlessReplica)m.Replica);
        for (var p = 0; p < replicas[0].Partitions.Length; p++)
        {
            var digest = default(ulong?);
            foreach (var replica in replicas)
            {
                if (replica.Placement.HoldersOf(p) is not { IsMoving: false } holders) return false;
                if (!holders.Contains(replica.Self)) continue;
                if (replica.Partitions[p] is not { IsHeld: true, IsComplete: true } partition) return false;
                if (partition.Machine.DigestOf(0, 0) != (digest ??= partition.Machine.DigestOf(0, 0))) return false;
            }
        }

        return true;
    }

    private IEnumerable<MultiLeaderReplica> Leaders() =>
        Up.Select(n => operations.ReplicaOn(n)?.Replica).OfType<MultiLeaderReplica>();

    private string SeenByAll() => string.Join(' ', Leaders().Select(l => l.Machine.Seen));

    private long Sent() => Leaders().Sum(l => l.Statistics.BytesShipped + l.Statistics.BytesOfState);

    private void Pass(long time)
    {
        for (var end = cluster.World.Now + time; cluster.World.Step(end);)
        {
        }
    }
}
