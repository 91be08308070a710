using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal static class StatusReport
{
    public static RaftStatus Of(RaftReplica replica) => new()
    {
        Role = replica.Role.Kind,
        CurrentTerm = replica.CurrentTerm,
        VotedFor = replica.HardState.VotedFor,
        Leader = replica.Leader,
        CommitIndex = replica.CommitIndex,
        LastApplied = replica.LastApplied,
        FirstIndex = replica.Log.FirstIndex,
        LastIndex = replica.Log.LastIndex,
        SnapshotIndex = replica.SnapshotMaker.SealedIndex,
        Configuration = replica.Configuration,
        ConfigurationIndex = replica.Configurations.LatestIndex,
        LeaseValid = replica.Role.MayReadLocally(replica.Now),
        HasAmnesia = replica.Amnesia.IsPresent,
        Followers = replica.Role is Leader leader ? Followers(replica, leader) : [],
    };

    public static void Describe(RaftReplica replica, StringBuilder text)
    {
        text.Append(replica.Self).Append(' ').Append(replica.Role.Kind).Append(' ').Append(replica.CurrentTerm);
        text.Append(" vote ").Append(replica.HardState.VotedFor).Append(" leader ").Append(replica.Leader);
        text.Append(" log ").Append(replica.Log.FirstIndex).Append("..").Append(replica.Log.LastIndex);
        text.Append('/').Append(replica.Log.LastStamp);
        text.Append(" durable ").Append(replica.Journal.DurableIndex).Append(" commit ").Append(replica.CommitIndex);
        if (replica.LastApplied != replica.CommitIndex) text.Append(" applied ").Append(replica.LastApplied);
        text.Append(" members ").Append(replica.Configuration);
        if (replica.SnapshotMaker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(replica.SnapshotMaker.SealedIndex);
        if (replica.Amnesia.IsPresent) text.Append(" amnesia");
        if (replica.Quarantine.IsPresent) text.Append(" quarantined");
        if (replica.Role is not Leader leader) return;
        foreach (var member in leader.Members)
        {
            if (member.Node == replica.Self) continue;
            text.Append(" [").Append(member.Node).Append(' ').Append(member.State);
            text.Append(" match ").Append(member.MatchIndex).Append(" next ").Append(member.NextIndex).Append(']');
        }
    }

    /// <summary>On the leader, one for each other member.</summary>
    public static IReadOnlyList<FollowerView> FollowersOf(RaftReplica replica)
    {
        if (replica.Role is not Leader leader) return [];
        var followers = new List<FollowerView>();
        foreach (var member in leader.Members)
        {
            if (member.Node == replica.Self) continue;
            var word = member.State switch
            {
                ProgressState.Probe => "probe",
                ProgressState.Replicate => "replicate",
                _ => "snapshot",
            };
            followers.Add(new FollowerView(
                member.Node, member.MatchIndex, replica.Log.LastIndex - member.MatchIndex,
                (replica.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond, word));
        }

        return followers;
    }

    private static List<FollowerStatus> Followers(RaftReplica replica, Leader leader)
    {
        var followers = new List<FollowerStatus>();
        foreach (var member in leader.Members)
        {
            if (member.Node == replica.Self) continue;
            followers.Add(new FollowerStatus(
                member.Node,
                member.State,
                member.MatchIndex,
                member.NextIndex,
                replica.Log.LastIndex - member.MatchIndex,
                replica.Log.BytesFrom(member.MatchIndex.Next),
                (replica.Now.Nanoseconds - member.LastAnswerAt) / StepTime.NanosecondsPerMillisecond,
                replica.Configuration.IsVoter(member.Node)));
        }

        return followers;
    }
}
