using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>A replica's word in a sealed epoch.</summary>
internal readonly record struct Answer(NodeId Node, ReplicaReport Report);

/// <summary>
/// Who leads after a seal. What was acknowledged decides whose answers are needed:
/// <list type="bullet">
/// <item>ack sync: one of the complete replicas, each of which holds everything acknowledged; without one, as below.</item>
/// <item>ack majority, semisync: every write is on <see cref="GroupEntry.FewestHolders"/> of the counted replicas, so any
/// (counted − holders + 1) answers contain one that has it, and the most advanced of them has them all.</item>
/// <item>ack async: the most advanced that answers.</item>
/// <item>chain: whoever is left of the chain, in its order.</item>
/// </list>
/// A replica that needs state holds nothing and is no answer: it may have forgotten what it held. Delayed and cascaded replicas
/// are never asked: no acknowledgement waited for them.
/// </summary>
internal static class FailoverChoice
{
    /// <summary>The configuration after the sealed one; null when the answers are not enough, and then why.</summary>
    public static GroupConfiguration? Choose(
        GroupEntry group,
        IReadOnlyList<Answer> answers, NodeId preferred, Predicate<NodeId> isUnfit, SupervisorRules rules, out string? why)
    {
        var holding = answers.Where(a => a.Report.Epoch == group.Epoch
            && !a.Report.NeedsState && !group.Configuration.Standby.Contains(a.Node)).ToList();
        // A slow or leaving node is passed over as long as the others' answers are enough without it.
        var pool = Enough(group, holding.Where(a => !isUnfit(a.Node)).ToList(), out _) ?? Enough(group, holding, out why);
        if (pool is null) return NotEnough(group, holding, out why);
        why = null;
        var best = Best(pool, preferred, rules);
        if (!group.Policy.Strategy.IsChained) return Led(group, holding, best);
        // Among those left, and none of them certainly complete, only the best is known to hold everything.
        return ShorterChain(group, holding)
            ?? new GroupConfiguration(
                group.Epoch.Next, best.Node, [best.Node], [.. group.Configuration.Members.Where(n => n != best.Node)]);
    }

    private static GroupConfiguration? NotEnough(GroupEntry group, List<Answer> holding, out string? why)
    {
        Enough(group, holding, out why);
        return null;
    }

    /// <summary>Those of the answers of which the most advanced is safe to take; null when they are not enough.</summary>
    private static List<Answer>? Enough(GroupEntry group, List<Answer> holding, out string? why)
    {
        why = null;
        if (group.Policy.Ack == Ack.Sync && group.Complete.Count > 0)
        {
            var complete = holding.Where(a => group.Complete.Contains(a.Node)).ToList();
            if (complete.Count > 0) return complete;
        }

        if (group.Policy.Ack == Ack.Async)
        {
            why = holding.Count == 0 ? "no replica answers" : null;
            return holding.Count == 0 ? null : holding;
        }

        var counted = holding.Where(a => group.Counted.Contains(a.Node)).ToList();
        var needed = group.FewestHolders == 0 ? 1 : Math.Max(1, group.Counted.Count - group.FewestHolders + 1);
        if (counted.Count >= needed) return counted;
        why = $"{counted.Count} of {string.Join(", ", group.Counted)} answer, {needed} must" + (group.Complete.Count > 0
            ? $", or one of {string.Join(", ", group.Complete)}" : "");
        return null;
    }

    private static Answer Best(List<Answer> pool, NodeId preferred, SupervisorRules rules)
    {
        var best = pool[0];
        foreach (var answer in pool)
        {
            if (rules.IsAhead(answer.Report, best.Report)) best = answer;
            else if (!rules.IsAhead(best.Report, answer.Report)
                && (answer.Node == preferred || (best.Node != preferred && answer.Node.Value < best.Node.Value)))
                best = answer;
        }

        return best;
    }

    private static GroupConfiguration Led(GroupEntry group, List<Answer> holding, Answer best)
    {
        var now = group.Configuration;
        // Counted, but taken out of the group since: it comes back as a learner first, and the seal goes on.
        if (!now.Contains(best.Node))
            return now with { Epoch = group.Epoch.Next, Leader = default, Learners = [.. now.Learners, best.Node] };
        // With ack sync whoever is in sync is needed for every write: no one who may lack an old one begins there.
        var stays = group.Policy.Ack == Ack.Sync && group.Complete.Count > 0 ? group.Complete : now.InSync;
        // A majority is one of all: who does not answer now is still one of those it is counted among.
        bool IsInSync(NodeId node) =>
            node == best.Node || (stays.Contains(node) && (group.Policy.Ack == Ack.Majority || holding.Any(a => a.Node == node)));
        return now with
        {
            Epoch = group.Epoch.Next,
            Leader = best.Node,
            InSync = [.. now.Members.Where(IsInSync)],
            Learners = [.. now.Members.Where(n => !IsInSync(n))],
        };
    }

    /// <summary>Those of a chain that are fine, in its order, headed by one that certainly holds everything. A chain too short
    /// to acknowledge anything has not gone beyond those that were in it before: they will do as well.</summary>
    public static NodeId[] LeftOfChain(GroupEntry group, Predicate<NodeId> isFine)
    {
        var now = group.Configuration;
        NodeId[] left = [.. now.InSync
            .Where(n => isFine(n)).SkipWhile(n => group.Complete.Count > 0 && !group.Complete.Contains(n))];
        return left.Length > 0 ? left : [.. group.Complete.Where(n => now.Contains(n) && isFine(n))];
    }

    private static GroupConfiguration? ShorterChain(GroupEntry group, List<Answer> holding)
    {
        var left = LeftOfChain(group, n => holding.Any(a => a.Node == n));
        return left.Length == 0
            ? null : new GroupConfiguration(group.Epoch.Next, left[0], left, [.. group.Configuration.Members.Except(left)]);
    }
}
