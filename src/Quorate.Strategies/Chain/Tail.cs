using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Commits for one epoch, tells the committed version to whoever asks, and feeds those who want to join behind it.
/// <para>How a learner joins: when its log is nearly as long as this one, this replica commits nothing more that the learner
/// does not have durably; when the learner has all that is committed, the tail wants it in the chain, and goes on counting
/// it until the next epoch decides. So whenever the control plane takes the wish, and whatever fails right after, the new
/// member holds every committed entry. 1. Without the counting: T wants L, which has 100. 2. T commits 101, the head
/// acknowledges it. 3. The control plane names H, T, L; H and T die. 4. L alone goes on without 101.</para>
/// </summary>
internal sealed class Tail
{
    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly Commits _commits;
    private readonly SnapshotMaker _maker;
    private readonly List<Successor> _learners = [];
    private Successor? _joining;

    public Tail(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, Commits commits, SnapshotMaker maker,
        IReadOnlyList<NodeId> learners)
    {
        (_step, _accepted, _log, _commits, _maker) = (step, accepted, log, commits, maker);
        foreach (var node in learners)
            _learners.Add(new Successor(step, accepted, log, commits, maker, node, isLearner: true));
    }

    public IReadOnlyList<Successor> Learners => _learners;

    /// <summary>The learner that shall be the next tail; none while nobody has all that is committed.</summary>
    public NodeId Joining { get; private set; }

    /// <summary>The learner that commits wait for died: only another epoch lets the chain go on.</summary>
    public bool IsJoiningSilent => !Joining.IsNone && _joining!.IsSilent;

    /// <summary>An entry of this epoch is committed, and with it all that earlier epochs had committed; and nothing was
    /// committed here in an earlier life of which this one does not know.</summary>
    public bool KnowsAllCommitted => _accepted.IsFresh && _log.StampAt(_commits.CommitIndex) == _accepted.Epoch;

    /// <summary>The state here has all that; of what this tail has committed since, it may lack what nobody has heard
    /// of.</summary>
    public bool HasAppliedAllCommitted =>
        _accepted.IsFresh && _log.StampAt(_commits.LastApplied) == _accepted.Epoch
        && _accepted.Rules.IsStateNewest(_commits.Applier.IsBehind);

    private bool IsTooShort => _accepted.Newest!.InSync.Count < _accepted.Options.MinInSync;

    public bool MayAnswer => KnowsAllCommitted && _accepted.HasLease;

    public Successor? LearnerOf(NodeId node)
    {
        foreach (var learner in _learners) if (learner.Node == node) return learner;
        return null;
    }

    /// <summary>The chain's commit rule: what every replica of it has durably is committed. [CR §2]</summary>
    public void TryAdvance()
    {
        // A tail that was restarted does not know whom it had counted: see AcceptedEpoch.IsFresh. And what a chain that is too
        // short had pending is not acknowledged either: those that were in it before may be asked to go on without it.
        if (!_accepted.IsFresh || IsTooShort) return;
        var index = _commits.Stable;
        if (_joining is not null && _accepted.Rules.CountsJoining) index = LogIndex.Min(index, _joining.Durable);
        _commits.LearnCommit(index);
    }

    /// <summary>Without lease it keeps silent: the asker asks again, maybe another tail.</summary>
    public void Answer(NodeId from, VersionQuery query)
    {
        if (!MayAnswer) return;
        _step.Out.Send(
            from, new VersionReply { Epoch = _accepted.Epoch, Context = query.Context, Index = _commits.CommitIndex });
    }

    public void OnTick()
    {
        foreach (var learner in _learners) learner.OnTick();
    }

    public void OnTurnEnd()
    {
        ConsiderJoining();
        foreach (var learner in _learners) learner.Send();
    }

    /// <summary>Up to where the log can be forgotten without a learner that answers needing a snapshot.</summary>
    public LogIndex NeededFrom(LogIndex most)
    {
        foreach (var learner in _learners)
        {
            if (learner.IsSilent) continue;
            // One that was not heard yet may be in the middle of the newest snapshot.
            most = LogIndex.Min(most, learner.Incarnation == 0 ? _maker.SealedIndex : learner.NeededFrom);
        }

        return most;
    }

    public void OnEnd()
    {
        foreach (var learner in _learners) learner.EndTransfer();
    }

    private void ConsiderJoining()
    {
        if (!_accepted.IsFresh || !Joining.IsNone) return;
        if (_joining is { } counted && (counted.IsSilent || counted.State != FeedState.Replicate)) _joining = null;
        if (_joining is null)
        {
            foreach (var learner in _learners)
            {
                if (learner.State != FeedState.Replicate || learner.IsSilent) continue;
                if (_log.BytesFrom(learner.Durable.Next) > _accepted.Options.JoinLagBytes) continue;
                _joining = learner;
                break;
            }
        }

        if (_joining is not null && HoldsAllCommitted(_joining)) Joining = _joining.Node;
    }

    /// <summary>A chain that is too short commits nothing before it grows: then the learner must have all that may have been
    /// committed, which is in the log before this epoch's first entry.</summary>
    private bool HoldsAllCommitted(Successor learner)
    {
        if (!IsTooShort) return learner.Durable >= _commits.TailCommit && KnowsAllCommitted;
        return learner.Durable >= _commits.Stable && _log.StampAt(_commits.Stable) == _accepted.Epoch;
    }
}
