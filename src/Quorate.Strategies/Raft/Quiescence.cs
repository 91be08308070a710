using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// A group in which nothing happens falls quiet: no heartbeats, no ticks. The leader asks for it when every member holds
/// durably all of its log, and rests once all have agreed; anything that comes in for the group stirs it. That the
/// leader lives, which heartbeats told, is then told by whatever its node says in any group (<see cref="IPeerWatch"/>).
/// Safety does not know of it: leases run out, votes are given by the same rules; a wrong guess costs an election timeout.
/// </summary>
internal sealed class Quiescence(RaftReplica replica, IPeerWatch? peers)
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
        var isIdle = !_isAsking && !WasRead && !IsHeldAwake && replica.Log.LastIndex == _seen && leader.IsSettled;
        (_isAsking, WasRead, _seen) = (false, false, replica.Log.LastIndex);
        _idleTicks = isIdle ? _idleTicks + replica.Options.HeartbeatTicks : 0;
        if (_idleTicks < replica.Options.QuietAfterTicks) return false;
        _agreed.Clear();
        _isAsking = true;
        _question = replica.Questions.Next();
        foreach (var member in leader.Members)
        {
            if (member.Node == replica.Self) _agreed.Add(member.Node);
            else replica.Out.Send(member.Node, new Quiesce { Term = replica.CurrentTerm, Question = _question, LastIndex = _seen });
        }

        RestWhenAgreed(leader);
        return true;
    }

    public void HandleQuiesce(Follower follower, NodeId from, Quiesce message)
    {
        IsQuiet = false;
        var agrees = follower.HoldsExactly(message.LastIndex) && !replica.SnapshotMaker.IsBusy && !replica.SnapshotMaker.Inbox.IsInstalling
            && !replica.Amnesia.IsPresent && !replica.Quarantine.IsPresent && peers is not null;
        if (agrees)
        {
            replica.CommitUpTo(message.LastIndex);
            IsQuiet = true;
        }

        replica.Out.Send(from, new QuiesceResponse { Term = replica.CurrentTerm, Question = message.Question, Agrees = agrees }, replica.Journal.HardStatePoint);
    }

    public void HandleResponse(Leader leader, NodeId from, QuiesceResponse response)
    {
        if (!_isAsking || response.Question != _question || !response.Agrees) return;
        _agreed.Add(from);
        RestWhenAgreed(leader);
    }

    public void OnRoleChanged() => (IsQuiet, _isAsking, _idleTicks) = (false, false, 0);

    /// <summary>Something comes in.</summary>
    public void Stir()
    {
        if (!IsQuiet) return;
        (IsQuiet, _idleTicks) = (false, 0);
        if (replica.Role is Leader leader) leader.OnStirred();
        else if (replica.Role is Follower follower && peers is not null) follower.OnStirred(peers.LastHeard(follower.LeaderId));
    }

    private void RestWhenAgreed(Leader leader)
    {
        if (!leader.IsSettled || replica.Log.LastIndex != _seen || IsHeldAwake || !leader.Members.All(m => _agreed.Contains(m.Node))) return;
        _isAsking = false;
        IsQuiet = true;
    }
}
