using Quorate.Replication.Policies;

namespace Quorate.Replication.Guarantees;

/// <summary>A guarantee in words. Each sentence only repeats a value of <see cref="Guarantee"/>.</summary>
internal static class GuaranteeText
{
    public static IReadOnlyList<string> Of(Guarantee guarantee)
    {
        var policy = guarantee.Policy;
        var lines = new List<string> { Acknowledged(guarantee) };
        lines.Add(Loss("the loss of one node for good", guarantee.OneNode, guarantee));
        var holders = policy.Strategy == Strategy.Leaderless ? policy.N : policy.Replicas;
        if (guarantee.Minority != Survival.NotPromised && holders > 4)
            lines.Add(Loss("the loss of any minority of the nodes for good", guarantee.Minority, guarantee));
        var others = policy.Strategy == Strategy.Leaderless ? "all holders of its key" : "all nodes";
        if (holders > 2) lines.Add(Loss($"the loss of {others} but one for good", guarantee.AllButOne, guarantee));
        lines.Add(Power(guarantee));
        lines.AddRange(Places(guarantee));
        lines.Add(Window(guarantee));
        lines.Add(Reads(guarantee));
        lines.AddRange(Standby(policy));
        if (policy.IsMerging) lines.AddRange(MergingGuarantee.Of(guarantee));
        else lines.AddRange(Unavailable(guarantee));
        return lines;
    }

    private static string Acknowledged(Guarantee guarantee)
    {
        var policy = guarantee.Policy;
        var where = policy.Durability switch
        {
            Durability.Fsync => "on stable storage",
            Durability.Written => "handed to the operating system",
            _ => "in memory",
        };
        return $"A write is acknowledged when it is {where} {policy.Strategy.Promise.AcknowledgedBy(guarantee)}.";
    }

    private static string Loss(string fault, Survival survival, Guarantee guarantee) => survival switch
    {
        Survival.Always => $"It survives {fault}.",
        Survival.OutsideWindow => $"It survives {fault} unless it is in the window of loss.",
        Survival.WhileEnoughInSync => $"It survives {fault} only if more than {Count(guarantee.Policy.MinInSync, "replica")} "
            + $"had it: with all {guarantee.Policy.Replicas} in sync it does.",
        _ => $"It does not survive {fault}.",
    };

    private static string Power(Guarantee guarantee) => guarantee.PowerLoss switch
    {
        Survival.Always => "It survives a power failure of all nodes at once.",
        Survival.OutsideWindow => "It does not survive " + (guarantee.CopiesWhenAcknowledged == 1
            ? "a power failure of its node" : $"a power failure of {guarantee.CopiesWhenAcknowledged} nodes at once")
            + " if the operating system had not yet written it; it survives a crash of all processes.",
        _ => "It may be lost when " + (guarantee.CopiesWhenAcknowledged == 1
            ? "1 node stops, even if only its process stops"
            : $"{guarantee.CopiesWhenAcknowledged} nodes stop at once, even if only their processes stop")
            + "; a node that restarts comes back empty and counts as lost until it is filled again.",
    };

    private static IEnumerable<string> Places(Guarantee guarantee)
    {
        if (guarantee.Policy.Spread is null)
        {
            yield return "Nothing is promised about the loss of a whole zone, region or provider: the policy has no spread.";
            yield break;
        }

        if (guarantee.Zone != Survival.NotPromised) yield return Loss("the loss of a zone", guarantee.Zone, guarantee);
        if (guarantee.Region != Survival.NotPromised) yield return Loss("the loss of a region", guarantee.Region, guarantee);
        if (guarantee.Provider != Survival.NotPromised)
            yield return Loss("the loss of a provider", guarantee.Provider, guarantee);
    }

    private static string Window(Guarantee guarantee)
    {
        var parts = new List<string>();
        if (guarantee.Window.HasFlag(LossWindow.Unshipped)) parts.Add(guarantee.Policy.Strategy == Strategy.MultiLeader
            ? "writes that a leader had not shipped when it died (it ships them if its disk comes back)"
            : "writes that the primary had not shipped when it died (its node keeps them in the lost-and-found if its disk "
                + "comes back)");
        if (guarantee.Window.HasFlag(LossWindow.WhileDegraded)) parts.Add("writes acknowledged while too few replicas were up "
            + "(an alarm stands meanwhile)");
        if (guarantee.Window.HasFlag(LossWindow.Unsynced)) parts.Add(guarantee.Policy.Durability == Durability.Memory
            ? "writes that only stopped nodes had"
            : "writes that had not reached stable storage when power failed on every node that had them");
        return parts.Count == 0 ? "Window of loss: none." : $"Window of loss: {string.Join("; ", parts)}.";
    }

    private static string Reads(Guarantee guarantee)
    {
        var policy = guarantee.Policy;
        var promise = guarantee.Reading(policy.Reads);
        var own = policy.Strategy.Promise.Returns(promise, policy);
        return $"A read ({PolicyWords.Of(policy.Reads)}) returns " + (own ?? promise switch
        {
            ReadPromise.Linearizable => "the newest value: every write acknowledged before it began is in it.",
            ReadPromise.LinearizableUntilFailover => "the newest value, but a value that was read can be gone after a fail-over.",
            ReadPromise.Bounded => $"a value that was the newest at most {guarantee.Policy.BoundMilliseconds} ms ago; if no "
                + "replica can prove that, the read is refused.",
            ReadPromise.Session => "nothing older than this connection has written or read; writes of other clients may be "
                + "missing.",
            ReadPromise.Eventual => "some earlier value of a healthy replica; without new writes all replicas come to hold "
                + "the same.",
            ReadPromise.Voted => Voted(guarantee),
            ReadPromise.Refused => "nothing: this strategy refuses it.",
            _ => "what the nearest replica holds, which may be old without limit.",
        });
    }

    private static string Voted(Guarantee guarantee)
    {
        var (replicas, majority) = (guarantee.Policy.Replicas, (guarantee.Policy.Replicas / 2) + 1);
        var canBeGone = (guarantee.Window & (LossWindow.Unshipped | LossWindow.WhileDegraded)) != 0;
        return $"the value that {majority} of {replicas} replicas have at one index; it contains every write acknowledged "
            + $"before the read began, and is right even if the memory of {Count((replicas - 1) / 2, "replica")} is wrong. "
            + $"A replica that differs is put out of use and filled anew. If no {majority} replicas agree, the read is refused."
            + (canBeGone ? " A value that was read can be gone after a fail-over." : "");
    }

    private static IEnumerable<string> Unavailable(Guarantee guarantee)
    {
        var promise = guarantee.Policy.Strategy.Promise;
        yield return promise.Available(guarantee);
        if (!guarantee.NeedsControlPlane) yield break;
        if (promise.FailOver(guarantee) is { } failOver) yield return failOver;
        yield return "Without a majority of the control group no lease is renewed: writes and reads of the newest value stop "
            + "within a lease.";
    }

    private static IEnumerable<string> Standby(Policy policy)
    {
        if (policy.Delayed > 0)
        {
            var isOne = policy.Delayed == 1;
            var (store, them) = isOne
                ? ("1 more replica stores every write at once and applies", "it")
                : ($"{policy.Delayed} more replicas store every write at once and apply", "them");
            var time = StandbyText.Duration(policy.DelayMilliseconds);
            yield return $"{store} it {time} later: after a mistake (FLUSHALL) its node can show the data from before for "
                + $"{time}, by READS weak{(policy.Durability == Durability.Memory ? ", unless that node restarts" : "")}. "
                + $"No acknowledgement counts {them}, and {(isOne ? "it never takes" : "they never take")} over.";
        }

        if (policy.Cascaded > 0)
        {
            var isOne = policy.Cascaded == 1;
            var (replicas, them) = isOne ? ("1 more replica", "it") : ($"{policy.Cascaded} more replicas", "them");
            yield return $"A backup, not the primary, feeds {replicas}. No acknowledgement counts {them}, and no fail-over asks "
                + $"{them}; if a replica is gone for good and no other node is free, {(isOne ? "it" : "one of them")} takes its "
                + "place and comes into sync.";
        }
    }

    internal static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
