using Quorate.Replication.Policies;

namespace Quorate.Replication.Tests.Policies;

/// <summary>Policies to try things with.</summary>
internal static class Policies
{
    /// <summary>Every combination of small values that does not contradict itself, in its normal form.</summary>
    public static IEnumerable<Policy> Sound() =>
        All()
            .Concat(Convergent()).Concat(Behind()).Where(p => PolicyCheck.Problems(p, BuiltParts.All).Count == 0)
            .Select(PolicyDefaults.Normal).Distinct();

    private static IEnumerable<Policy> All() =>
        from strategy in Strategy.All
        from replicas in (int[])[1, 2, 3, 4, 5]
        from ack in Enum.GetValues<Ack>()
        from number in (int[])[1, 2, 3]
        from ship in Enum.GetValues<Ship>()
        from reads in Enum.GetValues<ReadConsistency>()
        from durability in Enum.GetValues<Durability>()
        from whenShort in Enum.GetValues<WhenShort>()
        from spread in (string?[])[null, "zone"]
        select new Policy
        {
            Strategy = strategy,
            Replicas = replicas,
            Ack = ack,
            AckBackups = number,
            MinInSync = number,
            Ship = ship,
            Reads = reads,
            Durability = durability,
            WhenShort = whenShort,
            Spread = spread,
            BoundMilliseconds = 100 * number,
        };

    private static IEnumerable<Policy> Behind() =>
        from replicas in (int[])[1, 2, 3]
        from delayed in (int[])[0, 1, 2]
        from delay in (int[])[1000, 90_000, 3_600_000, 86_400_000]
        from cascaded in (int[])[0, 1, 3]
        select new Policy
        {
            Strategy = Strategy.Primary,
            Replicas = replicas,
            Ack = Ack.Async,
            Delayed = delayed,
            DelayMilliseconds = delayed > 0 ? delay : 0,
            Cascaded = cascaded,
        };

    private static IEnumerable<Policy> Convergent() =>
        from strategy in (Strategy[])[Strategy.MultiLeader, Strategy.Leaderless]
        from replicas in (int[])[1, 3, 4]
        from conflicts in Enum.GetValues<ConflictRule>()
        from topology in Enum.GetValues<Topology>()
        from n in (int[])[1, 2, 3, 4]
        from r in (int[])[1, 2, 3]
        from w in (int[])[1, 2, 3]
        from sloppy in (bool[])[false, true]
        from consensus in (bool[])[false, true]
        from reads in (ReadConsistency[])[ReadConsistency.Linearizable, ReadConsistency.Session, ReadConsistency.Eventual]
        select new Policy
        {
            Strategy = strategy,
            Replicas = replicas,
            Ack = Ack.Async,
            Conflicts = conflicts,
            MergeName = conflicts == ConflictRule.Merge ? "cart" : null,
            KeepLosersSeconds = 60 * n * replicas,
            Topology = topology,
            N = n,
            R = r,
            W = w,
            Sloppy = sloppy,
            Consensus = consensus,
            Reads = reads,
        };
}
