namespace Quorate.Replication.Guarantees;

/// <summary>What is said of strategies whose data merges: what quorums give and what they do not, what happens to writes
/// that did not know of each other, and when there is nobody to write to.</summary>
internal static class ConvergentGuarantee
{
    public static IEnumerable<string> Of(Guarantee guarantee)
    {
        var policy = guarantee.Policy;
        yield return Available(policy);
        if (policy.Strategy == Strategy.MultiLeader)
        {
            yield return "A region that is cut off goes on taking writes; they reach the others when it is back. If it is lost with its disks instead, what it had not shipped is lost with it: how much that is, its lag says.";
            yield return "Leaders order nothing among themselves: a write that was made after seeing another is never shown without it, and when all have heard of the same writes all hold the same.";
        }

        if (policy.Consensus)
        {
            yield return "Every key is decided by a majority of its replicas, whichever node is asked: there is no leader, nobody to fail over, and what depends on the value that is there (SET NX, GETSET, compare and set) works.";
        }
        else
        {
            yield return Conflicts(policy);
            yield return "Commands that need one order of all writes (SET NX, GETSET, APPEND, lists, transactions) are refused, with the strategies that can do them.";
        }

        if (policy.Sloppy) yield return "A node that does not hold a key may stand in for one that does; it hands the write over when that is back, and if it is lost before, the write counted one copy fewer than was acknowledged.";
        yield return "Without a majority of the control group reads and writes go on; only keyspaces and members cannot be changed.";
    }

    public static string Regular(Policy policy) =>
        $"every write acknowledged before it began, because r + w is above n ({policy.R} + {policy.W} > {policy.N}): the {policy.R} that it asks and the {policy.W} that took the write have one in common. That is not linearizable: while a write is under way, or after it failed, one read may return it and a later one not.";

    public static string Stale(Policy policy) => policy.R + policy.W > policy.N
        ? $"every write acknowledged before it began as long as all replicas of the key can be reached (r + w is above n: {policy.R} + {policy.W} > {policy.N}); while others stand in for one of them it may miss such writes, until they are handed over."
        : $"what {(policy.R == 1 ? "one replica has" : $"the newest of {policy.R} replicas has")}, which may lack acknowledged writes, the client's own too, because r + w is not above n ({policy.R} + {policy.W} ≤ {policy.N}): read repair and anti-entropy bring them in the background. Without new writes all replicas come to the same.";

    public static string WrittenBack(Policy policy) =>
        $"the newest value, as if there were one copy: what it is about to return it first makes sure of on {policy.W} replicas, so that no later read returns less; r + w is above n ({policy.R} + {policy.W} > {policy.N}).";

    private static string Available(Policy policy) => policy switch
    {
        { Strategy: Strategy.MultiLeader, Ack: Ack.Async } => "Writes and reads are taken by every leader that is up, also by one that reaches no other: in every region that has one, on both sides of any partition.",
        { Strategy: Strategy.MultiLeader } => "Reads are taken by every replica that is up, writes in every region in which enough of its own replicas are in touch, on both sides of any partition between regions.",
        { Consensus: true } => $"A key can be neither read nor written while fewer than {policy.W} of its {policy.N} replicas can be reached.",
        { Sloppy: true } => $"Writes are taken while {GuaranteeText.Count(policy.W, "node")} can be reached, holders of the key or others; reads while {policy.R} can.",
        _ => $"Writes of a key are refused or uncertain while fewer than {policy.W} of its {policy.N} replicas can be reached, reads while fewer than {policy.R}; there is no leader whose loss would stop either.",
    };

    private static string Conflicts(Policy policy) => policy.Conflicts switch
    {
        ConflictRule.Crdt => "Writes of one key that did not know of each other merge: counters add up, sets and hashes keep what was added and not removed, of strings the latest is shown and the others are listed as siblings until the next SET.",
        ConflictRule.Siblings => "Writes of one key that did not know of each other merge: counters add up, sets and hashes keep what was added and not removed; strings stay side by side until SET with their CONTEXT says which it is to be.",
        ConflictRule.Lww => $"Writes of one key that did not know of each other merge, counters, sets and hashes without loss; of strings the latest by clock wins and the others, acknowledged as they were, are gone but for the log of losses (LOSSES), which keeps them for {Policies.LoserTime.Say(policy.KeepLosersSeconds)}.",
        _ => $"Writes of one key that did not know of each other merge: counters add up, sets and hashes keep what was added and not removed; of strings rule '{policy.MergeName}' makes one, and where it fails they stay side by side.",
    };
}
