using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>Commits, and applies what is committed as far as this replica may: in quarantine not at all.</summary>
internal sealed class Commits : IApplierOwner<Term>
{
    private readonly Step _step;
    private readonly RaftOptions _options;
    private readonly RaftRules _rules;
    private readonly FrameLog<Term> _log;
    private readonly LogBounds _bounds;
    private readonly ConfigurationHistory _configurations;
    private readonly Quarantine _quarantine;
    private readonly Roles _roles;
    private readonly Func<bool> _isInstalling;

    public Commits(
        Step step, RaftOptions options, RaftRules rules, FrameLog<Term> log, LogBounds bounds,
        ConfigurationHistory configurations, Quarantine quarantine, Roles roles, IStateMachine machine, Func<bool> isInstalling)
    {
        (_step, _options, _rules, _log, _bounds) = (step, options, rules, log, bounds);
        (_configurations, _quarantine, _roles, _isInstalling) = (configurations, quarantine, roles, isInstalling);
        Applier = new Applier<Term>(log, machine, Waiting, options.ApplyBudget, this);
    }

    public WaitingRequests<Term> Waiting { get; } = new();

    public Applier<Term> Applier { get; }

    /// <inheritdoc cref="RaftReplica.LastApplied"/>
    public LogIndex LastApplied => Applier.LastApplied;

    /// <summary>The budget of a turn left something that may be applied.</summary>
    public bool HasMoreToDo => Applier.HasMore && !_quarantine.IsPresent;

    /// <summary>What is committed up to here has been done as far as this replica does anything about it.</summary>
    public LogIndex DecidedIndex => _quarantine.IsPresent ? _bounds.CommitIndex : LastApplied;

    /// <summary>A snapshot beyond this tells more than the state here; in quarantine one of the same index does.</summary>
    public LogIndex StateIndex => _quarantine.IsPresent ? LastApplied.Previous : _bounds.CommitIndex;

    NodeId IApplierOwner<Term>.Leader => _roles.Current.LeaderId;

    Effects IApplierOwner<Term>.Out => _step.Out;

    /// <summary>The log that is kept in quarantine for the snapshot to come has a bound, as a log that is kept for a slow
    /// follower has.</summary>
    private bool IsLogTooLong =>
        _log.BytesFrom(LastApplied.Next) > 4 * _options.MaxLagBytes && !_isInstalling();

    /// <summary>Commits, and applies as much as the turn's budget allows.</summary>
    public void CommitUpTo(LogIndex index)
    {
        if (index <= _bounds.CommitIndex) return;
        Invariant.Require(index <= _log.LastIndex, "what is committed is in the log");
        _bounds.CommitIndex = index;
        ApplyCommitted();
        if (!_quarantine.IsPresent) return;
        if (IsLogTooLong) Applier.SkipTo(_bounds.CommitIndex); // the snapshot has to be a later one
        _roles.Current.OnDecided();
    }

    public void ApplyCommitted()
    {
        if (!_quarantine.IsPresent) Applier.ApplyTo(_rules.ApplyUpTo(_bounds.CommitIndex, _log.LastIndex));
    }

    void IApplierOwner<Term>.OnApplied() => _roles.Current.OnDecided();

    void IApplierOwner<Term>.ApplyOther(LogIndex index, in EntryView<Term> entry, RequestId request)
    {
        if (entry.Kind != EntryKind.Configuration || request.IsNone) return;
        if (!_configurations.At(index).IsJoint) _step.Out.Reply(request, Outcome.Done);
        else if (_roles.Current is Leader leader) leader.KeepChangeRequest(request);
        else _step.Out.Reply(request, Outcome.Unknown("the next leader finishes the change"));
    }
}
