using Quorate.Cluster.Hosting;
using Quorate.Replication;
using Quorate.Replication.Voting;

namespace Quorate.Cluster.Voting;

/// <summary>
/// What becomes of a replica that a majority contradicts. On the leader: it is told that its state is not to be used; a
/// leader that is itself the one hands leadership to one of the majority first. Never more than a minority at once. On
/// the replica that was told: one that can (<see cref="IQuarantiningReplica"/>) puts its state machine out of use and gets
/// another state; under the other strategies the control plane takes the replica out of the group and gives it a new one.
/// </summary>
internal sealed class Verdicts(IVotingGroup group, IGroupNode node, VotingFigures figures)
{
    private const long OrderAgain = 1000 * StepTime.NanosecondsPerMillisecond;

    /// <summary>A replica that was told and that nobody has taken out since may have been told by a leader whose word the
    /// control plane did not hear: it takes part again, and is found again.</summary>
    private const long SetAsideFor = 60_000 * StepTime.NanosecondsPerMillisecond;

    private readonly Queue<(NodeId Node, MajorityGate Gate, string What)> _dissents = new();
    private readonly SortedList<int, long> _ordered = []; // by node: when
    private bool _isCondemned;
    private bool _wasQuarantined;
    private bool _hadGivenUp;
    private long _nextHandOver;
    private NodeId[] _heirs = [];
    private int _nextHeir;
    private long _setAsideUntil = long.MinValue;

    /// <summary>The state here was found wrong: no read is answered from it.</summary>
    public bool IsDistrusted =>
        _isCondemned || IsSetAside || group.Hosting.Replica is IQuarantiningReplica { IsQuarantined: true };

    /// <summary>A hand-over is to be tried again, or an order to be forgotten.</summary>
    public bool NeedsTicks => _isCondemned || _ordered.Count > 0;

    private bool IsSetAside => _setAsideUntil > node.Now.Nanoseconds;

    /// <summary>In a word, for status pages.</summary>
    public string State => group.Hosting.Replica is IQuarantiningReplica { Reseeds.HasGivenUp: true } ? "given-up"
        : group.Hosting.Replica is IQuarantiningReplica { IsQuarantined: true } || IsSetAside ? "quarantined"
        : _isCondemned ? "handing-over"
        : "ok";

    /// <summary>For the control plane: on the leader, replicas that were found wrong a while ago at most; on a replica that was
    /// told, itself.</summary>
    public IReadOnlyList<NodeId> Diverged => IsSetAside ? [node.Options.Self]
        : _ordered.Count > 0 && group.Hosting.Replica.IsLeader
            ? [.. _ordered.Where(o => node.Now.Nanoseconds - o.Value < 10 * OrderAgain).Select(o => new NodeId(o.Key))]
        : [];

    public void OnDissent(NodeId dissenter, MajorityGate gate, string what)
    {
        figures.Dissents++;
        _dissents.Enqueue((dissenter, gate, what)); // a leader may not be deposed within its own step
        group.Hosting.NeedsTurnEnd();
    }

    public void OnDisagreement(string what) =>
        node.Alarms.Raise(
            $"{group.Hosting.Id}: the replicas differ in {what} and no majority agrees, so none is put out of use. Compare "
                + $"them by hand");

    /// <summary>The leader's word about the replica here.</summary>
    public void OnOrder(NodeId from, QuarantineOrder order, StepTime now)
    {
        if (from != group.Hosting.Replica.Leader || group.Hosting.Replica.IsLeader) return;
        node.Alarms.Raise($"{group.Hosting.Id}: {from} says that the state here differs from the majority's at {order.Index}");
        PutOutOfUse(now);
    }

    public void OnTurnEnd(StepTime now)
    {
        while (_dissents.TryDequeue(out var dissent))
        {
            if (group.Hosting.Replica.IsLeader) Judge(dissent.Node, dissent.Gate, dissent.What, now);
        }
    }

    public void OnTick(StepTime now)
    {
        if (_isCondemned && !group.Hosting.Replica.IsLeader)
        {
            _isCondemned = false;
            PutOutOfUse(now);
        }

        if (IsSetAside && group.Hosting.Replica.IsLeader)
        {
            // It was named all the same: its log is sound, and others may have been gone.
            _setAsideUntil = long.MinValue;
            (_isCondemned, _nextHandOver) = (true, now.Nanoseconds);
            _heirs = [.. group.Voters.Where(n => n != node.Options.Self)];
        }

        if (_isCondemned && now.Nanoseconds >= _nextHandOver && _heirs.Length > 0) HandOver(now);
        if (_ordered.Count > 0) ForgetOrders(now);
        Tell();
    }

    private void Judge(NodeId dissenter, MajorityGate gate, string what, StepTime now)
    {
        var index = gate.Index;
        if (dissenter == node.Options.Self)
        {
            if (_isCondemned) return;
            figures.QuarantinesOrdered++;
            (_isCondemned, _nextHandOver) = (true, now.Nanoseconds);
            _heirs = [.. group.Voters.Where(gate.IsAmongMajority)];
            node.Alarms.Raise(
                $"{group.Hosting.Id}: the state of the leader, {dissenter}, differs from the majority's in {what} at {index}: "
                    + $"it hands over and is quarantined");
            return;
        }

        if (_ordered.TryGetValue(dissenter.Value, out var at) && now.Nanoseconds - at < OrderAgain) return;
        if (Distrusted(dissenter, now) >= (group.VotersOfDigests - 1) / 2)
        {
            node.Alarms.Raise(
                $"{group.Hosting.Id}: {dissenter} differs from the majority in {what} at {index} too, but more than a "
                    + $"minority is never quarantined at once");
            return;
        }

        if (!_ordered.ContainsKey(dissenter.Value)) figures.QuarantinesOrdered++;
        _ordered[dissenter.Value] = now.Nanoseconds;
        node.Alarms.Raise($"{group.Hosting.Id}: {dissenter} differs from the majority in {what} at {index}: it is quarantined");
        group.Hosting.Send(dissenter, new QuarantineOrder { Index = index });
    }

    /// <summary>How many others are out of use, or are about to be.</summary>
    private int Distrusted(NodeId but, StepTime now)
    {
        var count = _isCondemned ? 1 : 0;
        foreach (var voter in group.Voters)
        {
            if (voter == but || voter == node.Options.Self) continue;
            var isTold = _ordered.TryGetValue(voter.Value, out var at) && now.Nanoseconds - at < 5 * OrderAgain;
            if (isTold || group.Hosting.Replica is IQuarantiningReplica replica && replica.IsQuarantinedMember(voter)) count++;
        }

        return count;
    }

    /// <summary>To one after the other: one that does not answer does not take over.</summary>
    private void HandOver(StepTime now)
    {
        _nextHandOver = now.Nanoseconds + (2 * OrderAgain);
        var request = new ReplicaRequest
        {
            Id = default,
            Kind = RequestKind.TransferLeadership,
            Target = _heirs[_nextHeir++ % _heirs.Length],
        };
        group.Hosting.Replica.OnRequest(request, now, group.Hosting.Effects);
        group.Hosting.Hosted.AfterStep(now);
        group.Hosting.NeedsTurnEnd();
    }

    /// <summary>A replica that has left the group comes again as another.</summary>
    private void ForgetOrders(StepTime now)
    {
        for (var i = _ordered.Count - 1; i >= 0; i--)
        {
            var hasLeft = group.Configuration is { } configuration && !configuration.Contains(new NodeId(_ordered.Keys[i]));
            if (hasLeft || now.Nanoseconds - _ordered.Values[i] > 60 * OrderAgain) _ordered.RemoveAt(i);
        }
    }

    private void PutOutOfUse(StepTime now)
    {
        if (group.Hosting.Replica is IQuarantiningReplica replica) replica.TryQuarantine(now, group.Hosting.Effects);
        else _setAsideUntil = now.Nanoseconds + SetAsideFor;
        group.Hosting.Hosted.AfterStep(now);
        group.Hosting.NeedsTurnEnd();
    }

    private void Tell()
    {
        if (group.Hosting.Replica is not IQuarantiningReplica replica) return;
        var (count, hasGivenUp) = replica.Reseeds;
        if (replica.IsQuarantined && !_wasQuarantined)
            node.Alarms.Raise($"{group.Hosting.Id}: the state here is out of use until the leader has sent its own");
        if (_wasQuarantined && !replica.IsQuarantined)
            node.Alarms.Raise($"{group.Hosting.Id}: the state here was replaced by the leader's and is in use again");
        if (hasGivenUp && !_hadGivenUp)
            node.Alarms.Raise(
                $"{group.Hosting.Id}: the state here went wrong again and again and is not replaced any more: look at this "
                    + $"machine's memory, then restart the node");
        (_wasQuarantined, _hadGivenUp) = (replica.IsQuarantined, hasGivenUp);
        figures.Reseeds = count;
    }
}
