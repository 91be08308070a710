using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// A group in which nothing happens falls quiet: no heartbeats, no ticks. The leader asks for it when every member holds
/// durably all of its log, and rests once all have agreed; anything that comes in for the group stirs it. That the
/// leader lives, which heartbeats told, is then told by whatever its node says in any group (<see cref="IPeerWatch"/>).
/// Safety does not know of it: leases run out, votes are given by the same rules; a wrong guess costs an election timeout.
/// </summary>
internal sealed class Quiescence(
    NodeId self,
    RaftOptions options,
    HardState state,
    FrameLog<Term> log,
    QuestionNumbers questions,
    Step step,
    IPeerWatch? peers)
{
    private readonly HashSet<NodeId> _agreed = [];
    private LogIndex _seen;
    private int _idleTicks;
    private long _question;
    private bool _isAsking;

    public bool IsQuiet { get; private set; }

    /// <summary>Something outside of the log is going on: this leader does not ask.</summary>
    public bool IsHeldAwake { get; set; }

    /// <summary>The leader was read from since the last heartbeat.</summary>
    public bool WasRead { get; set; }

    /// <summary>Instead of a round of heartbeats, when nothing has happened for long enough.</summary>
    /// <returns>False: heartbeats are needed.</returns>
    public bool TryRest(Leader leader)
    {
        if (peers is null) return false;
        var isIdle = !_isAsking && !WasRead && !IsHeldAwake && log.LastIndex == _seen && leader.IsSettled;
        (_isAsking, WasRead, _seen) = (false, false, log.LastIndex);
        _idleTicks = isIdle ? _idleTicks + options.HeartbeatTicks : 0;
        if (_idleTicks < options.QuietAfterTicks) return false;
        _agreed.Clear();
        _isAsking = true;
        _question = questions.Next();
        foreach (var member in leader.Members)
        {
            if (member.Node == self) _agreed.Add(member.Node);
            else step.Out.Send(member.Node, new Quiesce { Term = state.CurrentTerm, Question = _question, LastIndex = _seen });
        }

        RestWhenAgreed(leader);
        return true;
    }

    /// <param name="follower">this replica's role</param>
    /// <param name="from">the leader</param>
    /// <param name="message">what it asks</param>
    /// <param name="isBusy">something is under way here besides the log</param>
    public void HandleQuiesce(Follower follower, NodeId from, Quiesce message, bool isBusy)
    {
        var agrees = !isBusy && peers is not null && follower.HoldsExactly(message.LastIndex);
        // A replica that rests has no turns in which it could apply what is left.
        IsQuiet = agrees = agrees && follower.TryCommitAll();

        var answer = new QuiesceResponse { Term = state.CurrentTerm, Question = message.Question, Agrees = agrees };
        step.Out.Send(from, answer, state.Point);
    }

    public void HandleResponse(Leader leader, NodeId from, QuiesceResponse response)
    {
        if (!_isAsking || response.Question != _question || !response.Agrees) return;
        _agreed.Add(from);
        RestWhenAgreed(leader);
    }

    public void OnRoleChanged() => (IsQuiet, _isAsking, _idleTicks) = (false, false, 0);

    /// <summary>Something comes in.</summary>
    public void Stir(Role role)
    {
        if (!IsQuiet) return;
        (IsQuiet, _idleTicks) = (false, 0);
        if (role is Leader leader) leader.OnStirred();
        else if (role is Follower follower && peers is not null) follower.OnStirred(peers.LastHeard(follower.LeaderId));
    }

    private void RestWhenAgreed(Leader leader)
    {
        if (!leader.IsSettled || log.LastIndex != _seen || IsHeldAwake) return;
        if (!leader.Members.All(m => _agreed.Contains(m.Node))) return;
        _isAsking = false;
        IsQuiet = true;
    }
}
