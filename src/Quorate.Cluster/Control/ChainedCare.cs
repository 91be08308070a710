using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// The care for a group whose replicas are an order (<see cref="Strategy.IsChained"/>), from tick to tick. No seal: any replica
/// that is left holds every committed write, so the dead one is taken out and the order of the others kept [CR §3]. But each
/// replica of a chain serves reads under its own lease, so one that is taken out must have lost its lease before: otherwise it
/// serves an old value after the shorter chain has committed a newer one.
/// </summary>
internal static class ChainedCare
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        var current = group.Configuration;
        watch.LastLeader = current.Leader;
        bool IsFine(NodeId node) =>
            !supervisor.Detector.IsSuspected(node) && supervisor.BeatOf(node, group.Id) is not { Report.NeedsState: true };
        NodeId[] left = FailoverChoice.LeftOfChain(group, IsFine);
        if (!left.SequenceEqual(current.InSync))
        {
            var gone = current.InSync.Except(left).ToList();
            watch.Say("reconfiguration", $"{string.Join(", ", gone)} out of the chain", now);
            if (left.Length == 0
                && group.Counted.Any(IsFine)
                && !supervisor.Rules.MustWaitFor(current.InSync.Any(n => supervisor.Leases.MayStillAct(group.Id, n, now))))
            {
                // Nobody left certainly holds everything; the answers of enough others may show who does.
                supervisor.Propose(group, new Seal(group.Id, group.Epoch), now);
                return;
            }

            if (left.Length > 0 && !HasWhole(supervisor, group, left))
            {
                watch.Say("reconfiguration", "waiting until one of those left says that it holds everything", now);
                return;
            }

            if (left.Length == 0) current.InSync.ToList().ForEach(n => watch.Withheld.Add(n));
            if (left.Length == 0 || !Membership.Change(supervisor, group, watch, Chained(current, left), now))
                watch.Say("reconfiguration", "no replica of the chain that certainly holds everything answers", now);
            return;
        }

        if (TakeWanted(supervisor, group, watch, now)) return;
        Heirs.IsOverdue(supervisor, group, watch, current.Leader, now);
        if (watch.Heir.IsNone) watch.Say("steady", "", now);
        if (Settling.Step(supervisor, group, watch, now)
            || SetAside.Step(supervisor, group, watch, now) || Adoption.Step(supervisor, group, now))
            return;
        Membership.Step(supervisor, group, watch, now);
    }

    /// <summary>One of them has said that it holds all there is. A chain of replicas that are all empty, or have all forgotten,
    /// would never order anything, and nobody could join it: at its birth those that have not heard of it are empty.</summary>
    private static bool HasWhole(Supervisor supervisor, GroupEntry group, NodeId[] chain) =>
        chain.Any(n => supervisor.BeatOf(n, group.Id) is { Report.NeedsState: false } beat && beat.Report.Epoch.Value > 0);

    /// <summary>Neighbours know best who does not answer and who has caught up; the one nearest to the head is heard first.
    /// Another order of the same replicas is the head's to ask for: it has stopped ordering before.</summary>
    private static bool TakeWanted(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        var current = group.Configuration;
        foreach (var node in current.InSync)
        {
            if (supervisor.BeatOf(node, group.Id) is not { Wanted: { } wanted } beat) continue;
            if (beat.Report.Epoch != group.Epoch || wanted.Epoch != group.Epoch.Next) continue;
            NodeId[] order = [.. wanted.InSync
                .Where(n => current.InSync.Contains(n) || (current.Learners.Contains(n) && !supervisor.Detector.IsSuspected(n)))];
            // The head and the tail begin anew in a new epoch when they were restarted, with the same chain.
            var isAnew = wanted.InSync.SequenceEqual(current.InSync);
            if (!HasWhole(supervisor, group, order) || (order.SequenceEqual(current.InSync) && !isAnew)) continue;
            var keepsOrder = order.Where(current.InSync.Contains).SequenceEqual(current.InSync.Where(order.Contains));
            if (!keepsOrder && node != current.Leader) continue;
            if (!Membership.Change(supervisor, group, watch, Chained(current, order), now, isAnew)) continue;
            watch.Say("reconfiguration", $"{node} asks for {string.Join(", ", order)}", now);
            return true;
        }

        return false;
    }

    private static GroupConfiguration Chained(GroupConfiguration current, NodeId[] order) =>
        new(current.Epoch.Next, order[0], order, [.. current.Members.Where(n => !order.Contains(n))]);
}
