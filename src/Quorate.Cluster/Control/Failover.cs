using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>A sealed group gets a leader: when nobody may act on an older epoch any more and the answers are enough.</summary>
internal static class Failover
{
    public static void Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        if (watch.SealedAt != group.Epoch) (watch.SealedAt, watch.SealedSince) = (group.Epoch, now);
        if (supervisor.Rules.MustWaitFor(MaySomebodyAct(supervisor, group, now, out var who)))
        {
            watch.Say("failover", $"waiting for the lease of {who} to run out", now);
            return;
        }

        var answers = Answers(supervisor, group, out var missing);
        // Those that seem to be up are given a moment: the more answer, the less is lost and the more stay in sync.
        if (missing > 0 && now - watch.SealedSince < supervisor.Options.Nanoseconds(supervisor.Options.GraceMilliseconds))
        {
            watch.Say("failover", $"waiting for {missing} more to tell what they hold", now);
            return;
        }

        var next = FailoverChoice.Choose(group, answers, watch.Heir, n => IsUnfit(supervisor, n), supervisor.Rules, out var why);
        if (next is not null)
        {
            var command = new SetConfiguration(group.Id, group.Epoch, next);
            why = supervisor.Machine.WhyNot(command);
            if (why is null)
            {
                Tell(supervisor, group, watch, next, answers);
                watch.Say("failover", $"naming {next.Leader}", now);
                (watch.Heir, watch.IsOperatorsWish) = (default, false);
                supervisor.Propose(group, command, now);
                return;
            }
        }

        watch.Say("failover", why ?? "", now);
    }

    /// <summary>Not as long as another can: its disk is slow, or it is to leave.</summary>
    public static bool IsUnfit(Supervisor supervisor, NodeId node) =>
        supervisor.Detector.IsSlow(node) || supervisor.Map.Node(node) is not { State: NodeState.Up };

    private static bool MaySomebodyAct(Supervisor supervisor, GroupEntry group, long now, out NodeId who)
    {
        foreach (var node in group.Configuration.Members.Concat(supervisor.Leases.Holders(group.Id, now)))
        {
            who = node;
            if (supervisor.MayActInOlderEpoch(group, node, now)) return true;
        }

        who = default;
        return false;
    }

    private static List<Answer> Answers(Supervisor supervisor, GroupEntry group, out int missing)
    {
        var answers = new List<Answer>();
        missing = 0;
        foreach (var node in group.Configuration.Members.Union(group.Counted).Union(group.Complete))
        {
            if (supervisor.Detector.IsSuspected(node) || group.Configuration.Standby.Contains(node)) continue;
            if (supervisor.BeatOf(node, group.Id) is { } beat && beat.Report.Epoch == group.Epoch)
                answers.Add(new Answer(node, beat.Report));
            else missing++;
        }

        return answers;
    }

    private static void Tell(
        Supervisor supervisor, GroupEntry group, GroupWatch watch, GroupConfiguration next, List<Answer> answers)
    {
        var text = $"{group.Id}: {next.Leader} takes over from {watch.LastLeader} in {next.Epoch}";
        if (group.Policy.Ack == Ack.Async
            && !watch.LastLeader.IsNone && answers.Find(a => a.Node == next.Leader) is { Node.IsNone: false } chosen)
        {
            var lost = watch.LastLeaderReport.LastIndex - chosen.Report.LastIndex;
            text += lost > 0
                ? $"; {lost} entries or more that {watch.LastLeader} had acknowledged were not shipped, and come to its "
                    + $"lost-and-found when it is back"
                : "; nothing that it reported is missing, what it took after its last heartbeat may be";
        }

        supervisor.Notice(text);
    }
}
