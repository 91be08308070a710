using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>A voter's side of elections, the same in every role. [Raft §5.2, §5.4.1, §9.6, §4.2.3]</summary>
internal sealed class Elections(
    HardState state, FrameLog<Term> log, Amnesia<Term> amnesia, LeaderContact contact, RaftRules rules, Step step)
{
    /// <summary>A pre-vote changes nothing here: it is an honest guess at how the vote would go.</summary>
    public void AnswerPreVote(NodeId from, RequestVote request, Role role)
    {
        var granted = request.Term > state.CurrentTerm && !IsLoyal(role) && IsUpToDate(request);
        step.Out.Send(from, new RequestVoteResponse
        {
            // A refusal carries this replica's own term, so that a candidate left behind catches up.
            Term = granted ? request.Term : state.CurrentTerm,
            PreVote = true,
            Granted = granted,
            Amnesia = amnesia.IsPresent,
        }, state.Point);
    }

    /// <summary>The candidate's term counts here. Loyalty comes before the term: a candidate that does not hear the leader must
    /// not depose it by counting up. The leader's lease rests on this.</summary>
    public bool MayHear(RequestVote request, Role role) =>
        !rules.IsStale(request.Term, state.CurrentTerm) && (request.Transfer || !IsLoyal(role));

    /// <param name="from">the candidate</param>
    /// <param name="request">its question</param>
    /// <param name="role">this replica's role, in the candidate's term if <paramref name="isHeard"/></param>
    /// <param name="isHeard">see <see cref="MayHear"/></param>
    public void AnswerVote(NodeId from, RequestVote request, Role role, bool isHeard)
    {
        var granted = isHeard
            && request.Term == state.CurrentTerm
            && role is Follower
            && rules.MayGrantVote(state.VotedFor, from)
            && IsUpToDate(request);
        if (granted)
        {
            if (state.VotedFor != from) state.Enter(state.CurrentTerm, from);
            ((Follower)role).OnVoteGranted();
        }

        step.Out.Send(from, new RequestVoteResponse
        {
            Term = state.CurrentTerm,
            Granted = granted,
            Amnesia = amnesia.IsPresent,
        }, rules.VoteLeavesAfter(state.Point));
    }

    private bool IsLoyal(Role role) => role is Leader || contact.IsRecent;

    private bool IsUpToDate(RequestVote request) =>
        rules.IsUpToDate(request.LastLogTerm, request.LastLogIndex, log.LastStamp, log.LastIndex);
}
