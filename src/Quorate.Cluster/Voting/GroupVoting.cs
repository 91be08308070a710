using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Voting;

/// <summary>
/// All that one group on this node has to do with voting: ballots that its machine casts, polls that it counts while it
/// leads, rounds of digests, and what becomes of a replica that is wrong.
/// </summary>
internal sealed class GroupVoting
{
    private readonly IVotingGroup _group;
    private readonly IGroupNode _node;
    private readonly BallotBox _box;
    private readonly Polls _polls;
    private readonly DigestRounds _rounds;
    private readonly Verdicts _verdicts;

    public GroupVoting(IVotingGroup group, IGroupNode node)
    {
        (_group, _node) = (group, node);
        _box = new BallotBox(group);
        _verdicts = new Verdicts(group, node, Figures);
        _polls = new Polls(group, node, Figures, _verdicts.OnDissent, _verdicts.OnDisagreement);
        _rounds = new DigestRounds(group, node.Options.Divergence, Figures);
    }

    public VotingFigures Figures { get; } = new();

    /// <summary>The state here was found wrong: no read is answered from it.</summary>
    public bool IsDistrusted => _verdicts.IsDistrusted;

    /// <summary>ok, handing-over, quarantined or given-up.</summary>
    public string State => _verdicts.State;

    public IReadOnlyList<NodeId> Diverged => _verdicts.Diverged;

    /// <summary>The group may not rest.</summary>
    public bool NeedsTicks => _polls.AreOpen || _rounds.IsUnderWay || _verdicts.NeedsTicks;

    /// <summary>On the leader: has every replica execute a read.</summary>
    public void AskRead(in PendingRequest asker, int database, int protocol, in CommandArgs args, StepTime now) =>
        _polls.AskRead(asker, database, protocol, args, now);

    public void OnOutcome(long poll, in Outcome outcome) => _polls.OnOutcome(poll, outcome);

    /// <summary>This node's machine has executed a digest or a voted read.</summary>
    public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result)
    {
        if (_group.Hosting.Replica is not IQuarantiningReplica && IsDistrusted && !_group.Hosting.Replica.IsLeader) return;
        if (entry.Session == _node.Life)
            _polls.Count(_node.Options.Self, entry.Sequence, index, BallotBox.ValueOf(entry, result), isWhole: true, result);
        else
            _box.Put(index, entry, result);
    }

    /// <summary>False: the message makes no sense.</summary>
    public bool OnBallots(NodeId from, Ballots message)
    {
        if (message.Asker != _node.Life) return true; // meant for an earlier life
        var items = message.Items.Span;
        while (!items.IsEmpty)
        {
            if (!Ballots.TryTake(ref items, out var number, out var index, out var value, out var isWhole, out var reply))
                return false;
            _polls.Count(from, number, index, value, isWhole, reply);
        }

        return true;
    }

    public void OnOrder(NodeId from, QuarantineOrder order, StepTime now) => _verdicts.OnOrder(from, order, now);

    public void OnLeaderChanged() => _rounds.Reset();

    public void OnTick(StepTime now)
    {
        _polls.OnTick(now);
        _verdicts.OnTick(now);
        if (_group.Hosting.Replica.IsLeader
            && !IsDistrusted && _group.ComparesReplicas && _polls.MayAskDigest && _rounds.TryTake(now, out var range))
            _polls.AskDigest(range, now);
    }

    public void OnTurnEnd(StepTime now)
    {
        _verdicts.OnTurnEnd(now);
        _polls.OnTurnEnd(now);
        _box.Flush();
    }
}
