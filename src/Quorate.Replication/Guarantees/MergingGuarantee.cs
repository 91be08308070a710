namespace Quorate.Replication.Guarantees;

/// <summary>The sentences about strategies whose data merges: what quorums give and do not give, what becomes of concurrent
/// writes, and when no node accepts a write.</summary>
internal static class MergingGuarantee
{
    public static IEnumerable<string> Of(Guarantee guarantee)
    {
        var policy = guarantee.Policy;
        yield return policy.Strategy.Promise.Available(guarantee);
        if (policy.Strategy == Strategy.MultiLeader)
        {
            yield return "A region that is cut off goes on accepting writes; they reach the other regions when it is back. If "
                + "its disks are lost instead, the writes that it had not shipped are lost; its lag says how many.";
            yield return "Leaders agree on no order of writes. But a reader that sees a write also sees every write that its "
                + "client had seen before, and leaders that have received the same writes hold the same.";
        }

        if (policy.Consensus)
        {
            yield return "A majority of its replicas decides every key, whichever node is asked. There is no leader and no "
                + "fail-over, and commands that depend on the present value (SET NX, GETSET, compare and set) work.";
        }
        else
        {
            yield return Conflicts(policy);
            yield return "Commands that need one order of all writes (SET NX, GETSET, APPEND, lists, transactions) are "
                + "refused; the error names the strategies that can do them.";
        }

        if (policy.Sloppy) yield return "A node that does not hold a key may stand in for a holder, and hands the write over "
            + "when the holder is back. If it is lost before that, the write had one copy fewer than its acknowledgement "
            + "counted.";
        yield return "Without a majority of the control group reads and writes go on; only keyspaces and members cannot be "
            + "changed.";
    }

    public static string Regular(Policy policy) =>
        $"every write acknowledged before it began, because r + w is above n ({policy.R} + {policy.W} > {policy.N}): the "
            + $"{policy.R} replicas that answer the read and the {policy.W} that took the write have one in common. That is "
            + "not linearizable: while a write is under way, or after it failed, one read may return it and a later one not.";

    public static string Stale(Policy policy) => policy.R + policy.W > policy.N
        ? "every write acknowledged before it began as long as all replicas of the key can be reached (r + w is above n: "
            + $"{policy.R} + {policy.W} > {policy.N}); while other nodes stand in for one of them, the read may miss such "
            + "writes until they are handed over."
        : $"the value of {(policy.R == 1 ? "one replica" : $"the newest of {policy.R} replicas")}. It may lack acknowledged "
            + $"writes, even the client's own, because r + w is not above n ({policy.R} + {policy.W} ≤ {policy.N}): read "
            + "repair and anti-entropy bring them in the background. Without new writes all replicas come to hold the same.";

    public static string WrittenBack(Policy policy) =>
        $"the newest value, as if there were one copy: before the node returns a value, it makes sure that {policy.W} "
            + $"replicas have it, so no later read returns an older one; r + w is above n ({policy.R} + {policy.W} > "
            + $"{policy.N}).";

    private static string Conflicts(Policy policy) => policy.Conflicts switch
    {
        ConflictRule.Crdt => "Concurrent writes of one key merge: counters add up, sets and hashes keep what was added and "
            + "not removed. Of concurrent strings the latest is shown, and the others are listed as siblings until the next SET.",
        ConflictRule.Siblings => "Concurrent writes of one key merge: counters add up, sets and hashes keep what was added "
            + "and not removed. Concurrent strings stay side by side until a SET with their CONTEXT replaces them.",
        ConflictRule.Lww => "Concurrent writes of one key merge, of counters, sets and hashes without loss. Of concurrent "
            + "strings the latest by clock wins; the others are lost although they were acknowledged, and only the log of "
            + $"losses (LOSSES) keeps them, for {Policies.LoserTime.Say(policy.KeepLosersSeconds)}.",
        _ => "Concurrent writes of one key merge: counters add up, sets and hashes keep what was added and not removed. Rule "
            + $"'{policy.MergeName}' makes one of concurrent strings; where it fails, they stay side by side.",
    };
}
