using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal sealed class StatusReport(
    NodeId self, Step step, HardState state, FrameLog<Term> log, RaftJournal journal, ConfigurationHistory configurations,
    LogBounds bounds, Commits commits, Roles roles, Amnesia<Term> amnesia, Quarantine quarantine, SnapshotMaker maker)
{
    public RaftStatus Make() => new()
    {
        Role = roles.Current.Kind,
        CurrentTerm = state.CurrentTerm,
        VotedFor = state.VotedFor,
        Leader = roles.Current.LeaderId,
        CommitIndex = bounds.CommitIndex,
        LastApplied = commits.LastApplied,
        FirstIndex = log.FirstIndex,
        LastIndex = log.LastIndex,
        SnapshotIndex = maker.SealedIndex,
        Configuration = configurations.Latest,
        ConfigurationIndex = configurations.LatestIndex,
        LeaseValid = roles.Current.MayReadLocally(step.Now),
        HasAmnesia = amnesia.IsPresent,
        Followers = roles.Current is Leader leader ? FollowerStatuses(leader) : [],
    };

    public void Describe(StringBuilder text)
    {
        text.Append(self).Append(' ').Append(roles.Current.Kind).Append(' ').Append(state.CurrentTerm);
        text.Append(" vote ").Append(state.VotedFor).Append(" leader ").Append(roles.Current.LeaderId);
        text.Append(" log ").Append(log.FirstIndex).Append("..").Append(log.LastIndex);
        text.Append('/').Append(log.LastStamp);
        text.Append(" durable ").Append(journal.DurableIndex).Append(" commit ").Append(bounds.CommitIndex);
        if (commits.LastApplied != bounds.CommitIndex) text.Append(" applied ").Append(commits.LastApplied);
        text.Append(" members ").Append(configurations.Latest);
        if (maker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(maker.SealedIndex);
        if (amnesia.IsPresent) text.Append(" amnesia");
        if (quarantine.IsPresent) text.Append(" quarantined");
        if (roles.Current is not Leader leader) return;
        foreach (var member in leader.Members)
        {
            if (member.Node == self) continue;
            text.Append(" [").Append(member.Node).Append(' ').Append(member.State);
            text.Append(" match ").Append(member.MatchIndex).Append(" next ").Append(member.NextIndex).Append(']');
        }
    }

    /// <summary>On the leader, one for each other member.</summary>
    public IReadOnlyList<FollowerView> Followers()
    {
        if (roles.Current is not Leader leader) return [];
        var followers = new List<FollowerView>();
        foreach (var member in leader.Members)
        {
            if (member.Node == self) continue;
            var word = member.State switch
            {
                ProgressState.Probe => "probe",
                ProgressState.Replicate => "replicate",
                _ => "snapshot",
            };
            followers.Add(new FollowerView(
                member.Node, member.MatchIndex, log.LastIndex - member.MatchIndex,
                (step.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond, word));
        }

        return followers;
    }

    private List<FollowerStatus> FollowerStatuses(Leader leader)
    {
        var followers = new List<FollowerStatus>();
        foreach (var member in leader.Members)
        {
            if (member.Node == self) continue;
            followers.Add(new FollowerStatus(
                member.Node,
                member.State,
                member.MatchIndex,
                member.NextIndex,
                log.LastIndex - member.MatchIndex,
                log.BytesFrom(member.MatchIndex.Next),
                (step.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond,
                configurations.Latest.IsVoter(member.Node)));
        }

        return followers;
    }
}
