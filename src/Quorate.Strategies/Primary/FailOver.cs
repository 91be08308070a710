using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Whom the control plane may name when the old primary is gone: pure arithmetic on the reports of a sealed epoch.
/// <para>
/// A write was acknowledged only when the primary and b backups of the in-sync set had it durably (b is
/// <see cref="PrimaryOptions.AckBackups"/>, half of the set, or all but one). If a candidate lacks it, then b + 1 replicas
/// of the set hold it, and each of them is ahead of the candidate or has not answered. So a candidate is safe when at most
/// b replicas of the set are ahead of it or silent. When nobody is ahead of it, this says: answers of n − b replicas.
/// </para>
/// </summary>
public static class FailOver
{
    /// <summary>The best that is safe.</summary>
    /// <param name="options">of the group; with <see cref="Ack.Async"/> whoever answers is safe, and the loss is what it
    /// lacks</param>
    /// <param name="sealedConfiguration">the leaderless configuration that was reported on</param>
    /// <param name="reports">what replicas reported, at this very epoch</param>
    /// <returns>None: wait for more answers.</returns>
    public static NodeId Choose(
        PrimaryOptions options,
        GroupConfiguration sealedConfiguration, IReadOnlyList<KeyValuePair<NodeId, ReplicaReport>> reports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sealedConfiguration);
        ArgumentNullException.ThrowIfNull(reports);
        var inSync = sealedConfiguration.InSync;
        var best = NodeId.None;
        var bestReport = default(ReplicaReport);
        foreach (var (node, report) in reports)
        {
            if (report.NeedsState || report.Epoch != sealedConfiguration.Epoch) continue;
            if (options.Ack != Ack.Async && !IsSafe(options, sealedConfiguration, node, report, reports)) continue;
            var isBetter = IsAhead(report, bestReport)
                || (!IsAhead(bestReport, report) && inSync.Contains(node) && !inSync.Contains(best));
            if (best.IsNone || isBetter) (best, bestReport) = (node, report);
        }

        return best;
    }

    private static bool IsSafe(
        PrimaryOptions options, GroupConfiguration configuration, NodeId candidate, in ReplicaReport report,
        IReadOnlyList<KeyValuePair<NodeId, ReplicaReport>> reports)
    {
        var inSync = configuration.InSync;
        if (!inSync.Contains(candidate)) return false;
        var level = 0;
        foreach (var (node, other) in reports)
        {
            // One without its state has told all the same how far its log goes; one that forgot has told nothing.
            var hasAnswered = other.Epoch == configuration.Epoch && (!other.NeedsState || other.LastIndex.Value > 0);
            if (hasAnswered && inSync.Contains(node) && !IsAhead(other, report)) level++;
        }

        return inSync.Count - level <= AckRule.BackupsNeeded(options, PrimaryRules.Standard, inSync.Count);
    }

    private static bool IsAhead(in ReplicaReport one, in ReplicaReport other) =>
        one.LastEpoch != other.LastEpoch ? one.LastEpoch > other.LastEpoch : one.LastIndex > other.LastIndex;
}
