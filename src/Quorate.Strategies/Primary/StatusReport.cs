using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal static class StatusReport
{
    public static PrimaryStatus Of(PrimaryReplica replica) => new()
    {
        IsServing = replica.Serving is not null,
        Epoch = replica.Configuration?.Epoch ?? default,
        Leader = replica.Leader,
        CommitIndex = replica.CommitIndex,
        LastApplied = replica.LastApplied,
        FirstIndex = replica.Log.FirstIndex,
        LastIndex = replica.Log.LastIndex,
        LastEpoch = replica.Log.LastStamp,
        SnapshotIndex = replica.SnapshotMaker.SealedIndex,
        HasLease = replica.Serving is not null && replica.HasLease,
        IsDegraded = replica.IsDegraded,
        NeedsState = replica.NeedsState,
        Losses = replica.Past.Losses,
        UnlistedLosses = replica.Past.UnlistedLosses,
        Backups = Backups(replica),
    };

    public static void Describe(PrimaryReplica replica, StringBuilder text)
    {
        text.Append(replica.Self).Append(replica.Serving is null ? " Backup " : " Primary ");
        text.Append(replica.Configuration?.ToString() ?? "unconfigured");
        text.Append(" log ").Append(replica.Log.FirstIndex).Append("..").Append(replica.Log.LastIndex);
        text.Append('/').Append(replica.Log.LastStamp);
        text.Append(" durable ").Append(replica.Journal.DurableIndex).Append(" commit ").Append(replica.CommitIndex);
        if (replica.LastApplied != replica.CommitIndex) text.Append(" applied ").Append(replica.LastApplied);
        if (replica.SnapshotMaker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(replica.SnapshotMaker.SealedIndex);
        if (replica.NeedsState) text.Append(" needs state");
        if (replica.Past.Losses > 0) text.Append(" lost-and-found ").Append(replica.Past.Losses);
        if (replica.Past.UnlistedLosses > 0) text.Append(" lost unlisted ").Append(replica.Past.UnlistedLosses);
        if (replica.Serving is not null) text.Append(replica.HasLease ? " lease" : " no lease");
        if (replica.IsDegraded) text.Append(" DEGRADED");
        if (replica.Wanted is { } wanted) text.Append(" wants ").Append(wanted);
        foreach (var member in Fed(replica))
        {
            text.Append(" [").Append(member.Node).Append(' ').Append(member.State);
            text.Append(" match ").Append(member.MatchIndex).Append(" next ").Append(member.NextIndex).Append(']');
        }
    }

    public static string? AlarmOf(PrimaryReplica replica) =>
        replica.IsDegraded
            ? "degraded: writes are acknowledged by fewer replicas than the policy asks for, and would be lost with them"
        : replica.IsShort ? "writes are refused: fewer replicas are up than the policy asks for"
        : replica.IsDelayCutShort
            ? "the state here is newer than its delay says: more is written in that time than log is kept for"
        : null;

    /// <summary>On a primary its backups; on the source of cascaded replicas those.</summary>
    public static List<FollowerView> FollowersOf(PrimaryReplica replica)
    {
        var followers = new List<FollowerView>();
        foreach (var member in Fed(replica))
        {
            var word = member.State switch
            {
                ProgressState.Probe => "probe",
                ProgressState.Replicate => "replicate",
                ProgressState.Changes => "changes",
                _ => "snapshot",
            };
            var configuration = replica.Configuration!;
            var isDelayed = configuration.Standby.Delayed.Contains(member.Node);
            followers.Add(new FollowerView(
                member.Node, member.MatchIndex, replica.Log.LastIndex - member.MatchIndex,
                (replica.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond, word)
            {
                IsStandby = configuration.Standby.Contains(member.Node),
                DelaySeconds = isDelayed ? (configuration.Rule?.DelayMilliseconds ?? 0) / 1000 : 0,
            });
        }

        return followers;
    }

    private static IReadOnlyList<Progress> Fed(PrimaryReplica replica) => (replica.Serving?.Feeder ?? replica.Cascade)?.Fed ?? [];

    private static List<BackupStatus> Backups(PrimaryReplica replica)
    {
        var backups = new List<BackupStatus>();
        foreach (var member in Fed(replica))
        {
            backups.Add(new BackupStatus(
                member.Node,
                member.State,
                member.MatchIndex,
                member.NextIndex,
                replica.Log.LastIndex - member.MatchIndex,
                replica.Log.BytesFrom(member.MatchIndex.Next),
                (replica.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond,
                replica.Configuration!.InSync.Contains(member.Node)));
        }

        return backups;
    }
}
