using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal static class StatusReport
{
    public static LeaderlessStatus Of(LeaderlessReplica replica) => new()
    {
        Held = replica.Partitions.Count(p => p is { IsHeld: true }),
        Complete = replica.Partitions.Count(p => p is { IsHeld: true, IsComplete: true }),
        Moving = Enumerable.Range(0, replica.Partitions.Length).Count(p => replica.Placement.HoldersOf(p) is { IsMoving: true }),
        Waiting = replica.Coordinator.Count + replica.Requests.Count,
        Hints = (replica.Hints.Count, replica.Hints.Bytes, replica.Hints.Taken, replica.Hints.HandedOver, replica.Hints.Refused),
        UnconfirmedBytes = replica.Placement.Everybody.Sum(n => replica.PeerOf(n)?.Outbox.Bytes ?? 0),
        Comparisons = (replica.AntiEntropy.Done, replica.AntiEntropy.Abandoned),
        UnrepairedMilliseconds = Unrepaired(replica),
        Members = [.. replica.Placement.Everybody
            .Select(n => new MemberView(
                n, replica.IsUp(n), n == replica.Self ? replica.Hints.Count : replica.PeerOf(n)?.Hints ?? 0))],
    };

    public static void Describe(LeaderlessReplica replica, StringBuilder text)
    {
        text.Append(replica.Self).Append(' ').Append(replica.Placement.Epoch);
        if (replica.Placement.Generations.Count > 1)
            text.Append(" moving from ").AppendJoin(',', replica.Placement.Generations[0].Members);
        text.Append(" members ").AppendJoin(',', replica.Placement.Members);
        text.Append(" up ").AppendJoin(',', replica.Placement.Everybody.Where(replica.IsUp));
        for (var p = 0; p < replica.Partitions.Length && replica.Partitions.Length <= 8; p++)
        {
            if (replica.Partitions[p] is not { IsHeld: true } partition) continue;
            text.Append(" [p")
                .Append(p).Append(partition.IsComplete ? "" : " incomplete").Append(partition.HasGaps ? " gaps" : "");
            text.Append(" seen ").Append(partition.Machine.Seen).Append(" stable ").Append(partition.Machine.Stable).Append(']');
        }

        if (replica.Hints.Count > 0) text.Append(" hints ").Append(replica.Hints.Count);
        if (replica.Coordinator.Count + replica.Requests.Count > 0)
            text.Append(" waiting ").Append(replica.Coordinator.Count + replica.Requests.Count);
    }

    private static long? Unrepaired(LeaderlessReplica replica)
    {
        var oldest = replica.Now.Nanoseconds;
        foreach (var partition in replica.Partitions)
        {
            if (partition is not { IsHeld: true } || replica.Placement.HoldersOf(partition.Index) is not { } holders) continue;
            foreach (var node in holders.All)
            {
                if (node == replica.Self) continue;
                if (partition.Of(node).RepairedAt is not { } at) return null;
                oldest = Math.Min(oldest, at);
            }
        }

        return (replica.Now.Nanoseconds - oldest) / StepTime.NanosecondsPerMillisecond;
    }
}
