using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What a leader demands of a change of members before it begins. [Raft §4.2, §4.3]</summary>
internal static class MembershipChange
{
    public static void Handle(RaftReplica replica, Leader leader, in ReplicaRequest request)
    {
        if (!Configuration.TryDecode(request.Payload, out var next))
            replica.Out.Reply(request.Id, Outcome.Unavailable("not a configuration"));
        else if (WhyRefused(replica, leader, next!) is { } why)
            replica.Out.Reply(request.Id, Outcome.Unavailable(why));
        else if (next!.Equals(replica.Configuration))
            replica.Out.Reply(request.Id, Outcome.Done);
        else
            leader.AppendConfiguration(FirstStep(replica.Configuration, next), request.Id);
    }

    /// <returns>Null: it may begin. Else the reason why not.</returns>
    private static string? WhyRefused(RaftReplica replica, Leader leader, Configuration next)
    {
        if (next.IsJoint) return "the configuration asked for is itself a change";
        if (leader.Transfer.IsInProgress) return "leadership is being handed over";
        // Before an entry of its own term is committed, a leader may not know of a change that is. [Raft, errata of §4.1]
        if (!leader.HasCommittedInTerm) return "the leader is not established yet";
        var current = replica.Configuration;
        if (current.IsJoint || replica.Configurations.LatestIndex > replica.CommitIndex) return "another change is under way";
        foreach (var voter in next.Voters)
        {
            if (current.IsVoter(voter) || leader.IsCaughtUp(voter)) continue;
            return current.Contains(voter)
                ? $"{voter} has not caught up yet"
                : $"{voter} must be a learner first, until it has caught up";
        }

        var reachable = next.Voters.Count(leader.IsReachable);
        return reachable < replica.Rules.QuorumOf(next.Voters.Count)
            ? $"only {reachable} of {next.Voters.Count} voters answer: the group would stop"
            : null;
    }

    /// <summary>The entry that begins the change: joint when the voters change. Learners are counted nowhere, so that
    /// changing them alone needs no joint configuration.</summary>
    private static Configuration FirstStep(Configuration current, Configuration next) =>
        current.HasSameVotersAs(next) ? next : current.JointWith(next);
}
