using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal sealed class StatusReport(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits,
    StateHealth health, Role role, Arrivals arrivals, LostEntries lost, SnapshotMaker maker)
{
    public PrimaryStatus Make() => new()
    {
        IsServing = role.Serving is not null,
        Epoch = accepted.Configuration?.Epoch ?? default,
        Leader = accepted.Leader,
        CommitIndex = marks.CommitIndex,
        LastApplied = commits.LastApplied,
        FirstIndex = log.FirstIndex,
        LastIndex = log.LastIndex,
        LastEpoch = log.LastStamp,
        SnapshotIndex = maker.SealedIndex,
        HasLease = role.Serving is not null && accepted.HasLease,
        IsDegraded = role.Serving is { IsDegraded: true },
        NeedsState = health.NeedsState,
        Losses = lost.Losses,
        UnlistedLosses = lost.UnlistedLosses,
        Backups = Backups(),
    };

    public void Describe(StringBuilder text, GroupConfiguration? wanted)
    {
        text.Append(accepted.Self).Append(role.Serving is null ? " Backup " : " Primary ");
        text.Append(accepted.Configuration?.ToString() ?? "unconfigured");
        text.Append(" log ").Append(log.FirstIndex).Append("..").Append(log.LastIndex);
        text.Append('/').Append(log.LastStamp);
        text.Append(" durable ").Append(journal.DurableIndex).Append(" commit ").Append(marks.CommitIndex);
        if (commits.LastApplied != marks.CommitIndex) text.Append(" applied ").Append(commits.LastApplied);
        if (maker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(maker.SealedIndex);
        if (health.NeedsState) text.Append(" needs state");
        if (lost.Losses > 0) text.Append(" lost-and-found ").Append(lost.Losses);
        if (lost.UnlistedLosses > 0) text.Append(" lost unlisted ").Append(lost.UnlistedLosses);
        if (role.Serving is not null) text.Append(accepted.HasLease ? " lease" : " no lease");
        if (role.Serving is { IsDegraded: true }) text.Append(" DEGRADED");
        if (wanted is not null) text.Append(" wants ").Append(wanted);
        foreach (var member in Fed())
        {
            text.Append(" [").Append(member.Node).Append(' ').Append(member.State);
            text.Append(" match ").Append(member.MatchIndex).Append(" next ").Append(member.NextIndex).Append(']');
        }
    }

    public string? Alarm() =>
        role.Serving is { IsDegraded: true }
            ? "degraded: writes are acknowledged by fewer replicas than the policy asks for, and would be lost with them"
        : role.Serving is { IsShortNow: true } ? "writes are refused: fewer replicas are up than the policy asks for"
        : arrivals.IsCutShort
            ? "the state here is newer than its delay says: more is written in that time than log is kept for"
        : null;

    /// <summary>On a primary its backups; on the source of cascaded replicas those.</summary>
    public List<FollowerView> Followers()
    {
        var followers = new List<FollowerView>();
        foreach (var member in Fed())
        {
            var word = member.State switch
            {
                ProgressState.Probe => "probe",
                ProgressState.Replicate => "replicate",
                ProgressState.Changes => "changes",
                _ => "snapshot",
            };
            var configuration = accepted.Configuration!;
            var isDelayed = configuration.Standby.Delayed.Contains(member.Node);
            followers.Add(new FollowerView(
                member.Node, member.MatchIndex, log.LastIndex - member.MatchIndex,
                (step.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond, word)
            {
                IsStandby = configuration.Standby.Contains(member.Node),
                DelaySeconds = isDelayed ? (configuration.Rule?.DelayMilliseconds ?? 0) / 1000 : 0,
            });
        }

        return followers;
    }

    private IReadOnlyList<Progress> Fed() => role.Feeder?.Fed ?? [];

    private List<BackupStatus> Backups()
    {
        var backups = new List<BackupStatus>();
        foreach (var member in Fed())
        {
            backups.Add(new BackupStatus(
                member.Node,
                member.State,
                member.MatchIndex,
                member.NextIndex,
                log.LastIndex - member.MatchIndex,
                log.BytesFrom(member.MatchIndex.Next),
                (step.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond,
                accepted.Configuration!.InSync.Contains(member.Node)));
        }

        return backups;
    }
}
