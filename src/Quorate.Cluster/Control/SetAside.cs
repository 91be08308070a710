using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// Replicas of a primary or a chain whose state was found to differ from the majority's. Such a replica leaves the group,
/// by the same steps as one whose node is drained; its node throws away what it held, and then it may come in again, as a
/// learner, and is filled from the leader. Only where the others are enough for the policy and a majority, one at a time,
/// and later each time. A leader hands over first: its own word about itself waits until another leads.
/// </summary>
internal static class SetAside
{
    public const int MostTimes = 5;

    /// <summary>What a leader said of a replica before it came again says nothing of the new one.</summary>
    private const int DeafMilliseconds = 15_000;

    private const int FirstWaitMilliseconds = 1000;

    private const int MemoryMilliseconds = 3_600_000;

    /// <summary>True when an entry was proposed, or a lease is waited for.</summary>
    public static bool Step(Supervisor supervisor, GroupEntry group, GroupWatch watch, long now)
    {
        if (!HoldersRule.IsSettled(group)) return false;
        var current = group.Configuration;
        foreach (var node in current.Members)
        {
            if (node == current.Leader || !IsAccused(supervisor, group, node) || IsDeaf(supervisor, watch, node, now)) continue;
            if (watch.SetAside
                .Any(s => s.Key != node
                    && supervisor.Map.IsMember(s.Key) && !current.InSync.Contains(s.Key) && !current.Standby.Contains(s.Key)
                    && !HasGivenUp(watch, s.Key)))
                continue;
            var left = current.InSync.Count(n => n != node);
            var needed = Math.Max(HoldersRule.HoldersOf(group.Policy), (group.Policy.Replicas / 2) + 1);
            var next = current.Without(node);
            if (left < needed || supervisor.Machine.WhyNot(new SetConfiguration(group.Id, group.Epoch, next)) is not null)
            {
                Note(supervisor, watch, node, now);
                supervisor.Notice(
                    $"{group.Id}: the state of {node} differs from the majority's, but without it {left} would be in sync and "
                        + $"{needed} must be: it stays until there are more");
                continue;
            }

            if (!Membership.Change(supervisor, group, watch, next, now)) continue;
            watch.Say("quarantine", $"the state of {node} differs from the majority's", now);
            if (!watch.IsPendingIn(group.Epoch)) return true; // a chain's lease is waited for
            Note(supervisor, watch, node, now);
            supervisor.Notice(
                $"{group.Id}: the state of {node} differs from the majority's: it leaves the group and comes again empty");
            if (HasGivenUp(watch, node))
                supervisor.Notice(
                    $"{group.Id}: the state of {node} went wrong again and again, it does not come again: look at that "
                        + $"machine's memory");
            return true;
        }

        return false;
    }

    /// <summary>Whether the node may be given a replica: not before it has thrown away the one that was wrong.</summary>
    public static bool MayCome(Supervisor supervisor, GroupEntry group, NodeId node, long now)
    {
        var watch = supervisor.WatchOf(group.Id);
        if (!watch.SetAside.TryGetValue(node, out var last)) return true;
        var wait = last.Times <= 1 ? 0 : supervisor.Options.Nanoseconds(FirstWaitMilliseconds) << last.Times;
        return !HasGivenUp(watch, node) && supervisor.BeatOf(node, group.Id) is null && now - last.At >= wait;
    }

    /// <summary>By its leader, or by itself: it was told so while it led, or by a leader that is no more.</summary>
    private static bool IsAccused(Supervisor supervisor, GroupEntry group, NodeId node) =>
        supervisor.BeatOf(group.Configuration.Leader, group.Id)?.Diverged.Contains(node) == true
        || supervisor.BeatOf(node, group.Id)?.Diverged.Contains(node) == true;

    private static bool HasGivenUp(GroupWatch watch, NodeId node) =>
        watch.SetAside.TryGetValue(node, out var last) && last.Times > MostTimes;

    private static bool IsDeaf(Supervisor supervisor, GroupWatch watch, NodeId node, long now) =>
        watch.SetAside.TryGetValue(node, out var last) && now - last.At < supervisor.Options.Nanoseconds(DeafMilliseconds);

    private static void Note(Supervisor supervisor, GroupWatch watch, NodeId node, long now)
    {
        var times = watch.SetAside.TryGetValue(node, out var last)
            && now - last.At < supervisor.Options.Nanoseconds(MemoryMilliseconds)
            ? last.Times : 0;
        watch.SetAside[node] = (times + 1, now);
    }
}
