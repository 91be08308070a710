namespace Quorate.Replication.Policies;

/// <summary>What of a policy can be altered while its keyspace serves. Whatever a group's replicas do differently afterwards
/// begins with a new epoch; what was acknowledged before keeps what it was promised until the new rule holds for it
/// too.</summary>
public static class PolicyChange
{
    /// <summary>Why the policy cannot become the other one online, with the way to get there; null when it can.</summary>
    public static string? WhyNot(Policy from, Policy to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (from.Strategy != to.Strategy)
            return $"strategy {PolicyWords.Of(from.Strategy)} cannot become {PolicyWords.Of(to.Strategy)} while the keyspace "
                + $"serves: create a second keyspace with the new strategy, copy the keys, then drop this one";
        if (from.Ship != to.Ship)
            return "ship cannot be altered while the keyspace serves, because the logs would hold two kinds of entries: "
                + "create a second keyspace and copy the keys";
        if (from.Durability != to.Durability && (from.Durability == Durability.Memory || to.Durability == Durability.Memory))
            return "durability cannot become memory, or change from memory, while the keyspace serves, because the disks "
                + "would not contain what was acknowledged: create a second keyspace and copy the keys";
        if (from.Consensus)
            return "nothing of a keyspace with consensus on can be altered while it serves: create a second keyspace and copy "
                + "the keys";
        if (from.IsMerging && from != to with { Replicas = from.Replicas })
            return "only the number of replicas of a keyspace whose data merges can be altered while it serves: create a "
                + "second keyspace and copy the keys";
        return null;
    }

    /// <summary>True when only the way reads are routed differs: no replica needs to know.</summary>
    public static bool IsForReadersOnly(Policy from, Policy to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (to.Strategy == Strategy.Chain || to.IsMerging) return false; // its replicas serve by it
        var same = to with { Reads = from.Reads, BoundMilliseconds = from.BoundMilliseconds };
        return same == from;
    }

    /// <summary>True when replicas would acknowledge by another rule.</summary>
    public static bool AltersAcknowledgement(Policy from, Policy to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return from.Ack != to.Ack
            || from.AckBackups != to.AckBackups || from.MinInSync != to.MinInSync || from.WhenShort != to.WhenShort
            || (from.Ack == Ack.Majority && from.Replicas != to.Replicas);
    }
}
