using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>A voter's side of elections, the same in every role. [Raft §5.2, §5.4.1, §9.6, §4.2.3]</summary>
internal static class Elections
{
    public static void HandleRequestVote(RaftReplica replica, NodeId from, RequestVote request)
    {
        if (request.PreVote) AnswerPreVote(replica, from, request);
        else AnswerVote(replica, from, request);
    }

    /// <summary>A pre-vote changes nothing here: it is an honest guess at how the vote would go.</summary>
    private static void AnswerPreVote(RaftReplica replica, NodeId from, RequestVote request)
    {
        var granted = request.Term > replica.CurrentTerm && !IsLoyal(replica) && IsUpToDate(replica, request);
        replica.Out.Send(from, new RequestVoteResponse
        {
            // A refusal carries this replica's own term, so that a candidate left behind catches up.
            Term = granted ? request.Term : replica.CurrentTerm,
            PreVote = true,
            Granted = granted,
            Amnesia = replica.Amnesia.IsPresent,
        }, replica.HardState.Point);
    }

    private static void AnswerVote(RaftReplica replica, NodeId from, RequestVote request)
    {
        // Loyalty comes before the term: whoever does not hear the leader must not depose it by counting up. The leader's
        // lease rests on this.
        var refuses = replica.Rules.IsStale(request.Term, replica.CurrentTerm) || (!request.Transfer && IsLoyal(replica));
        if (!refuses && request.Term > replica.CurrentTerm) replica.FollowTerm(request.Term);
        var granted = !refuses
            && request.Term == replica.CurrentTerm
            && replica.Role is Follower
            && replica.Rules.MayGrantVote(replica.HardState.VotedFor, from)
            && IsUpToDate(replica, request);
        if (granted)
        {
            if (replica.HardState.VotedFor != from) replica.HardState.Enter(replica.CurrentTerm, from);
            ((Follower)replica.Role).OnVoteGranted();
        }

        replica.Out.Send(from, new RequestVoteResponse
        {
            Term = replica.CurrentTerm,
            Granted = granted,
            Amnesia = replica.Amnesia.IsPresent,
        }, replica.Rules.VoteLeavesAfter(replica.HardState.Point));
    }

    private static bool IsLoyal(RaftReplica replica) => replica.Role is Leader || replica.Contact.IsRecent;

    private static bool IsUpToDate(RaftReplica replica, RequestVote request) =>
        replica.Rules.IsUpToDate(request.LastLogTerm, request.LastLogIndex, replica.Log.LastStamp, replica.Log.LastIndex);
}
