using Quorate.Cluster.Groups;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Cluster.Commands;

/// <summary>How far replicas are from having heard the same, over all keyspaces of a node whose data merges.</summary>
/// <param name="StampsRefused">Updates refused because their stamps were too far ahead of this node's clock.</param>
/// <param name="HintsKept">Updates kept here for holders that could not be reached.</param>
/// <param name="UnrepairedMilliseconds">Leaderless keyspaces: how long ago the pair of holders was compared that was compared least
/// recently; -1 while one never was.</param>
public readonly record struct RepairFigures(long StampsRefused, long HintsKept, long UnrepairedMilliseconds)
{
    internal static RepairFigures Of(IEnumerable<Group> groups)
    {
        var sum = default(RepairFigures);
        foreach (var group in groups)
        {
            if (group.Replica is MultiLeaderReplica leader) sum = sum with { StampsRefused = sum.StampsRefused + leader.Status.Statistics.StampsRefused };
            if (group.Replica is not LeaderlessReplica holder) continue;
            var status = holder.Status;
            var age = status.UnrepairedMilliseconds is not { } here || sum.UnrepairedMilliseconds < 0 ? -1 : Math.Max(here, sum.UnrepairedMilliseconds);
            sum = new(sum.StampsRefused + holder.Statistics.TooFarAhead, sum.HintsKept + status.Hints.Kept, age);
        }

        return sum;
    }
}
