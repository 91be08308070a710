using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>The request of a <see cref="LeadershipTransfer"/> whose leader leads no longer: it waits to hear which replica
/// does.</summary>
internal sealed class AwaitedLeader(Step step)
{
    private RequestId _request;
    private NodeId _target;
    private int _ticksLeft;

    public void Await(RequestId request, NodeId target, int ticks) => (_request, _target, _ticksLeft) = (request, target, ticks);

    public void OnTick()
    {
        if (!_request.IsNone && --_ticksLeft <= 0) End(Outcome.Unknown("no leader is known yet"));
    }

    public void OnLeaderKnown(NodeId leader)
    {
        if (_request.IsNone) return;
        End(leader == _target ? Outcome.Done : Outcome.Unavailable($"{leader} was elected"));
    }

    private void End(in Outcome outcome)
    {
        var request = _request;
        _request = default;
        step.Out.Reply(request, outcome);
    }
}
