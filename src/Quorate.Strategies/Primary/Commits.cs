using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Commits, and applies what is committed as far as this replica may: a primary under its lease, a delayed backup
/// after its delay, one whose state is lost not at all.</summary>
internal sealed class Commits : IApplierOwner<Epoch>
{
    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly LogMarks _marks;
    private readonly StateHealth _health;
    private readonly Role _role;
    private readonly Arrivals _arrivals;
    private readonly ReadQuestions _reads;
    private readonly IStateShipping? _shipping;

    public Commits(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, LogMarks marks, StateHealth health, Role role,
        Arrivals arrivals, ReadQuestions reads, IStateMachine machine)
    {
        (_step, _accepted, _log, _marks, _health) = (step, accepted, log, marks, health);
        (_role, _arrivals, _reads) = (role, arrivals, reads);
        _shipping = machine as IStateShipping;
        Applier = new Applier<Epoch>(log, machine, Waiting, accepted.Options.ApplyBudget, this);
    }

    public WaitingRequests<Epoch> Waiting { get; } = new();

    public Applier<Epoch> Applier { get; }

    /// <summary>The state is the one after this entry. At most <see cref="LogMarks.CommitIndex"/>, but at a primary that
    /// ships state.</summary>
    public LogIndex LastApplied => Applier.LastApplied;

    /// <summary>The budget of a turn left something that may be applied.</summary>
    public bool HasMoreToDo => Applier.HasMore && MayApply;

    NodeId IApplierOwner<Epoch>.Leader => _accepted.Leader;

    Effects IApplierOwner<Epoch>.Out => _step.Out;

    /// <summary>At a primary applying is acknowledging, which it does only under its lease.</summary>
    private bool MayApply => !_health.IsLost && _role.Serving is null or { MayServe: true };

    /// <summary>Commits, and applies as far as this replica may.</summary>
    public void CommitUpTo(LogIndex index)
    {
        if (index <= _marks.CommitIndex) return;
        Invariant.Require(index <= _log.LastIndex, "what is committed is in the log");
        _marks.CommitIndex = index;
        ApplyCommitted();
        ReleaseReads();
        _role.Serving?.OnCommitAdvanced();
    }

    public void ApplyCommitted()
    {
        if (!MayApply) return;
        if (_role.Serving is not null) Applier.ApplyTo(_marks.CommitIndex);
        else if (LastApplied < _marks.CommitIndex)
            Applier.ApplyTo(_arrivals.LimitOf(_marks.CommitIndex, _log, _accepted.Options.MaxLagBytes, _step.Now));
    }

    /// <summary>Lets go the reads at this backup whose index the state here has reached.</summary>
    public void ReleaseReads()
    {
        // One that was the primary and shipped state may hold what it executed and nobody committed.
        if (_health.IsLost || LastApplied > _marks.CommitIndex) return;
        // Counter-example without the second half. 1. A primary that is cut off applies entries 5 and 6. 2. Another takes over
        // and commits a 5 of its own. 3. The old one comes back, asks, and hears 5: it has applied that much, but of what
        // the group gave up.
        _reads.Release(LogIndex.Min(LastApplied, _marks.Verified), _step.Out);
    }

    /// <summary>The state is that of a snapshot or a record at <paramref name="index"/>, and committed.</summary>
    public void RestoreAt(LogIndex index)
    {
        _marks.CommitIndex = index;
        Applier.JumpTo(index);
    }

    void IApplierOwner<Epoch>.OnApplied()
    {
        ReleaseReads();
        _role.Serving?.OnApplied();
    }

    void IApplierOwner<Epoch>.ApplyOther(LogIndex index, in EntryView<Epoch> entry, RequestId request)
    {
        if (entry.Kind != EntryKind.Effect) return;
        Invariant.Require(
            _shipping is not null && _shipping.TryApplyEffect(index, entry.Payload), "a primary ships whole effects");
    }
}
