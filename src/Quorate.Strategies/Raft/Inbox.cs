using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Takes the messages of the present term, follows those of a later one, and gives each to the part that it is for.
/// [Raft §5.1]</summary>
internal sealed class Inbox(
    Step step, RaftRules rules, HardState state, Roles roles, Elections elections, Quiescence quiescence,
    RaftSnapshots snapshots, SnapshotMaker maker, Amnesia<Term> amnesia, Quarantine quarantine, long incarnation)
{
    /// <summary>Something is under way here besides the log: the replica does not rest.</summary>
    private bool IsBusy => maker.IsBusy || maker.Inbox.IsInstalling || amnesia.IsPresent || quarantine.IsPresent;

    public void Handle(NodeId from, Message message)
    {
        if (message is not (Quiesce or QuiesceResponse)) quiescence.Stir(roles.Current);
        switch (message)
        {
            case Quiesce quiesce:
                if (roles.FollowLeader(from, quiesce.Term) is { } quiet) quiescence.HandleQuiesce(quiet, from, quiesce, IsBusy);
                else RefuseStale(from, new AppendEntries());
                break;
            case QuiesceResponse response:
                if (IsOfThisTerm(response) && roles.Current is Leader resting)
                    quiescence.HandleResponse(resting, from, response);
                break;
            case RequestVote { PreVote: true } request:
                elections.AnswerPreVote(from, request, roles.Current);
                break;
            case RequestVote request:
                var isHeard = elections.MayHear(request, roles.Current);
                if (isHeard && request.Term > state.CurrentTerm) roles.FollowTerm(request.Term);
                elections.AnswerVote(from, request, roles.Current, isHeard);
                break;
            case RequestVoteResponse response:
                HandleRequestVoteResponse(from, response);
                break;
            case AppendEntries append:
                if (roles.FollowLeader(from, append.Term) is { } follower) follower.HandleAppendEntries(from, append);
                else RefuseStale(from, append);
                Spares.Return(append);
                break;
            case InstallSnapshot snapshot:
                if (roles.FollowLeader(from, snapshot.Term) is { } receiver) snapshots.Handle(receiver, from, snapshot);
                else RefuseStale(from, new AppendEntries());
                break;
            case AppendEntriesResponse response:
                if (IsOfThisTerm(response) && roles.Current is Leader leader)
                    leader.HandleAppendEntriesResponse(from, response);
                Spares.Return(response);
                break;
            case InstallSnapshotResponse response:
                if (IsOfThisTerm(response) && roles.Current is Leader sender)
                    sender.HandleInstallSnapshotResponse(from, response);
                break;
            case ReadIndex read:
                if (IsOfThisTerm(read) && roles.Current is Leader asked) asked.HandleReadIndex(from, read);
                break;
            case ReadIndexResponse response:
                if (IsOfThisTerm(response) && roles.Current is Follower asker) asker.HandleReadIndexResponse(response);
                break;
            case TimeoutNow timeoutNow:
                if (IsOfThisTerm(timeoutNow)) roles.HandleTimeoutNow(from);
                break;
        }
    }

    private bool IsOfThisTerm(RaftMessage message)
    {
        if (message.Term > state.CurrentTerm) roles.FollowTerm(message.Term);
        return !rules.IsStale(message.Term, state.CurrentTerm);
    }

    private void HandleRequestVoteResponse(NodeId from, RequestVoteResponse response)
    {
        // A granted pre-vote speaks of the term asked for, which nobody has entered.
        if (response.Term > state.CurrentTerm && !(response.PreVote && response.Granted))
        {
            roles.FollowTerm(response.Term);
            return;
        }

        if (!response.PreVote && response.Term != state.CurrentTerm) return;
        if (roles.Current is Candidate candidate) candidate.HandleResponse(from, response);
    }

    /// <summary>A deposed leader hears of the newer term.</summary>
    private void RefuseStale(NodeId from, AppendEntries message) => step.Out.Send(from, new AppendEntriesResponse
    {
        Term = state.CurrentTerm,
        LastIndex = message.PrevLogIndex,
        Incarnation = incarnation,
    }, state.Point);
}
