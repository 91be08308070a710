using Quorate.Replication.Policies;

namespace Quorate.Replication.Tests.Policies;

/// <summary>Policies to try things with.</summary>
internal static class Policies
{
    /// <summary>Every combination of small values that does not contradict itself, in its normal form.</summary>
    public static IEnumerable<Policy> Sound() => All().Where(p => PolicyCheck.Problems(p, BuiltParts.All).Count == 0).Select(PolicyDefaults.Normal).Distinct();

    private static IEnumerable<Policy> All() =>
        from strategy in Enum.GetValues<Strategy>()
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
}
