using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Simulation.Merging;

/// <summary>When a client of a multi-leader keyspace is told that its write is done, as many members of the region have it
/// durably as the policy says, where copies are kept on disks. Nodes that are down may be among them.</summary>
internal static class CopiesCheck
{
    public static void OnAcknowledged(SimCluster cluster, MergeOperations operations, MergePlan plan, Update? update)
    {
        if (!plan.IsMultiLeader || plan.Policy.Ack == Ack.Async || plan.Policy.Durability == Durability.Memory) return;
        if (update is null || update.Dot.IsNone || operations.Entry is not { Configuration: var configuration }) return;
        var region = configuration.InSync.Where(n => n != update.At && cluster.RegionOf(n) == cluster.RegionOf(update.At))
            .ToList();
        var needed = plan.Policy.Ack switch
        {
            Ack.SemiSync => Math.Min(plan.Policy.AckBackups, region.Count),
            Ack.Majority => (region.Count + 1) / 2,
            _ => region.Count,
        };
        var copies = 0;
        foreach (var member in region)
        {
            var replica = operations.ReplicaOn(cluster.Nodes[member.Value - 1])?.Replica as MultiLeaderReplica;
            // Members that changed meanwhile were others when the write was taken.
            if (replica?.Configuration?.Epoch != configuration.Epoch || replica.Report.Epoch != configuration.Epoch) return;
            if (replica.Journal.DurableSeen.Contains(update.Dot)) copies++;
        }

        if (copies < needed)
            throw new CopiesFailure(
                $"{string.Join(' ', update.Words)} was acknowledged by {update.At} with {copies} copies in its region; "
                    + $"{needed} were to have it");
    }
}
