using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// How far a log is committed, given what is durable where. The primary's own copy is always asked for besides: a primary
/// that was restarted may go on in a new epoch without having lost anything it acknowledged.
/// </summary>
internal static class AckRule
{
    /// <summary>How many backups of an in-sync set of <paramref name="inSync"/> replicas must have a write.</summary>
    public static int BackupsNeeded(PrimaryOptions options, PrimaryRules rules, int inSync) => options.Ack switch
    {
        Ack.Async => 0,
        Ack.SemiSync => rules.BackupsNeeded(options.AckBackups),
        Ack.Majority => rules.BackupsNeeded(Math.Max(inSync, options.Replicas) / 2),
        _ => rules.BackupsNeeded(inSync - 1),
    };

    /// <summary>The greatest index that as many backups as are needed have; 0 when there are not so many.</summary>
    public static LogIndex Reached(AcceptedEpoch accepted, Feeder feeder, IReadOnlyList<NodeId> inSync)
    {
        var options = accepted.Options;
        if (options.Ack == Ack.Sync && inSync.Count < options.MinInSync) return default;
        var needed = BackupsNeeded(options, accepted.Rules, inSync.Count);
        if (needed <= 0) return new LogIndex(long.MaxValue);
        Span<long> best = needed <= 64 ? stackalloc long[needed] : new long[needed];
        best.Fill(-1);
        for (var i = 0; i < inSync.Count; i++)
        {
            if (inSync[i] == accepted.Self) continue;
            var match = feeder[inSync[i]]?.MatchIndex.Value ?? 0;
            for (var at = 0; at < needed; at++) if (match > best[at]) (best[at], match) = (match, best[at]);
        }

        return new LogIndex(Math.Max(0, best[^1]));
    }
}
