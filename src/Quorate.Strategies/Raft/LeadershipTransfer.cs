using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Handing leadership to a chosen follower: no new writes, bring it up to date, let it stand for election at once. [Raft §3.10]
/// The election it calls passes over the voters' loyalty, so from the moment TimeoutNow is sent the lease is worth
/// nothing, and stays so for the rest of the term even if the transfer is given up: 1. the leader sends TimeoutNow, it
/// is delayed. 2. The transfer times out, the leader reads under its lease again. 3. TimeoutNow arrives, the target is
/// elected and commits a write. 4. The old leader answers a read without it.
/// </summary>
internal sealed class LeadershipTransfer(
    NodeId self, RaftOptions options, HardState state, FrameLog<Term> log, ConfigurationHistory configurations,
    ProgressTable progress, Replicator replicator, Step step)
{
    private RequestId _request;
    private int _ticksLeft;
    private bool _isAsked;

    public NodeId Target { get; private set; }

    public bool IsInProgress => !Target.IsNone;

    /// <summary>TimeoutNow was sent to somebody in this term.</summary>
    public bool HasEndedLease { get; private set; }

    /// <summary>A client asks for it.</summary>
    public void Begin(NodeId target, RequestId request)
    {
        if (target == self)
        {
            step.Out.Reply(request, Outcome.Done);
        }
        else if (IsInProgress || progress[target] is not { } member || !configurations.Latest.IsVoter(target))
        {
            step.Out.Reply(request, Outcome.Unavailable(
                IsInProgress ? "another transfer is under way" : $"{target} is not a voter"));
        }
        else
        {
            Begin(member, request);
        }
    }

    /// <summary>In quarantine this replica leads only to give others what its log has and theirs lack.</summary>
    public void BeginToAnybody()
    {
        if (IsInProgress) return;
        foreach (var member in progress.Followers)
        {
            if (member.IsQuarantined || member.MatchIndex < log.LastIndex) continue;
            if (!configurations.Latest.IsVoter(member.Node) || !replicator.IsReachable(member)) continue;
            Begin(member, default);
            return;
        }
    }

    /// <summary>Asks the target to take over once it has the whole log.</summary>
    public void TryAsk(Progress target)
    {
        if (_isAsked || target.MatchIndex < log.LastIndex) return;
        _isAsked = true;
        Ask(target.Node);
    }

    public void Ask(NodeId target)
    {
        HasEndedLease = true;
        step.Out.Send(target, new TimeoutNow { Term = state.CurrentTerm });
    }

    public void OnTick()
    {
        if (!IsInProgress || --_ticksLeft > 0) return;
        var why = $"{Target} did not take over in time";
        End(_isAsked ? Outcome.Unknown(why) : Outcome.Unavailable(why));
    }

    /// <summary>This replica leads no longer: the request waits to hear who does.</summary>
    public void OnLeaderEnd(AwaitedLeader awaited)
    {
        if (!IsInProgress) return;
        awaited.Await(_request, Target, 2 * options.MaxElectionTimeoutTicks);
        Target = default;
    }

    private void Begin(Progress member, RequestId request)
    {
        (_request, Target, _isAsked) = (request, member.Node, false);
        _ticksLeft = options.ElectionTimeoutTicks;
        TryAsk(member);
    }

    private void End(in Outcome outcome)
    {
        Target = default;
        if (!_request.IsNone) step.Out.Reply(_request, outcome);
    }
}
