using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What a leader demands of a change of members before it begins. [Raft §4.2, §4.3]</summary>
internal sealed class MembershipChange(
    Leader leader, ConfigurationHistory configurations, LogBounds bounds, RaftRules rules, Step step)
{
    public void Handle(in ReplicaRequest request)
    {
        var current = configurations.Latest;
        if (!Configuration.TryDecode(request.Payload, out var next))
            step.Out.Reply(request.Id, Outcome.Unavailable("not a configuration"));
        else if (WhyRefused(current, next!) is { } why)
            step.Out.Reply(request.Id, Outcome.Unavailable(why));
        else if (next!.Equals(current))
            step.Out.Reply(request.Id, Outcome.Done);
        else
            leader.AppendConfiguration(FirstStep(current, next), request.Id);
    }

    /// <returns>Null: it may begin. Else the reason why not.</returns>
    private string? WhyRefused(Configuration current, Configuration next)
    {
        if (next.IsJoint) return "the configuration asked for is itself a change";
        if (leader.Transfer.IsInProgress) return "leadership is being handed over";
        // Before an entry of its own term is committed, a leader may not know of a change that is. [Raft, errata of §4.1]
        if (!leader.HasCommittedInTerm) return "the leader is not established yet";
        if (current.IsJoint || configurations.LatestIndex > bounds.CommitIndex) return "another change is under way";
        foreach (var voter in next.Voters)
        {
            if (current.IsVoter(voter) || leader.IsCaughtUp(voter)) continue;
            return current.Contains(voter)
                ? $"{voter} has not caught up yet"
                : $"{voter} must be a learner first, until it has caught up";
        }

        var reachable = next.Voters.Count(leader.IsReachable);
        return reachable < rules.QuorumOf(next.Voters.Count)
            ? $"only {reachable} of {next.Voters.Count} voters answer: the group would stop"
            : null;
    }

    /// <summary>The entry that begins the change: joint when the voters change. Learners are counted nowhere, so that
    /// changing them alone needs no joint configuration.</summary>
    private static Configuration FirstStep(Configuration current, Configuration next) =>
        current.HasSameVotersAs(next) ? next : current.JointWith(next);
}
