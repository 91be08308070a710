using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>How far the log is verified, stable and committed; applies what is committed, and changes the log where it is not
/// the chain's.</summary>
internal sealed class Commits : IApplierOwner<Epoch>
{
    /// <summary>An entry that is cut off here is not yet certainly lost: 1. H orders w at 11 and sends it to M. 2. The next chain
    /// is T, H, M; T begins with its own 11, H cuts w. 3. T and H die before M heard of T's 11; M alone goes on, and commits
    /// w.</summary>
    private static readonly Outcome CutOff = Outcome.Unknown("the chain goes on from a log without this entry");

    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly KeyedLog _keyed;
    private readonly ChainJournal _journal;
    private readonly Place _place;
    private readonly ReadQuestions _reads;
    private LogIndex _verified;

    public Commits(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, ChainJournal journal, Place place,
        ReadQuestions reads, IStateMachine machine)
    {
        (_step, _accepted, _log, _keyed) = (step, accepted, log, keyed);
        (_journal, _place, _reads) = (journal, place, reads);
        Applier = new Applier<Epoch>(log, machine, Waiting, accepted.Options.ApplyBudget, this, KeyedLog.KeyHashBytes);
    }

    public WaitingRequests<Epoch> Waiting { get; } = new();

    public Applier<Epoch> Applier { get; }

    /// <summary>Rises only; never beyond what is durable here. Committed means durable on every replica of the chain.</summary>
    public LogIndex CommitIndex { get; private set; }

    /// <summary>The greatest index known to be committed by a tail. This log may not reach it yet, and a head without lease
    /// does not act upon it.</summary>
    public LogIndex TailCommit { get; private set; }

    /// <summary>At most <see cref="CommitIndex"/>; below it while the applier is behind.</summary>
    public LogIndex LastApplied => Applier.LastApplied;

    /// <summary>The budget of a turn left something that may be applied.</summary>
    public bool HasMoreToDo => Applier.HasMore && MayApply;

    /// <summary>The log agrees with the head's of this epoch up to here, for good: within an epoch nothing below is ever cut.
    /// Only this is forwarded and counted. At least <see cref="CommitIndex"/>.</summary>
    public LogIndex Verified => _place.Position?.Head is null ? _verified : _log.LastIndex;

    /// <summary>Every replica from the head to this one has the log durably up to here.</summary>
    public LogIndex Stable
    {
        get
        {
            if (_place.Position is not { Predecessor: { } predecessor }) return _journal.DurableIndex;
            return _accepted.Rules.TailCommitsUpTo(predecessor.Stable, LogIndex.Min(_verified, _journal.DurableIndex));
        }
    }

    NodeId IApplierOwner<Epoch>.Leader => _place.HeadIn(_accepted);

    Effects IApplierOwner<Epoch>.Out => _step.Out;

    /// <summary>Without its lease a head acknowledges nothing; acknowledging is applying.</summary>
    private bool MayApply => _place.Position is { } position && (position.Head is null || _accepted.HasLease);

    /// <summary>In another epoch only what is committed certainly agrees with the head's log.</summary>
    public void OnEpoch() => _verified = CommitIndex;

    /// <summary>The log agrees with the predecessor's up to here.</summary>
    public void Verify(LogIndex index) => _verified = LogIndex.Max(_verified, index);

    /// <summary>A tail has committed up to <paramref name="index"/>: true for ever, of the history that this log is verified
    /// by.</summary>
    public void LearnCommit(LogIndex index)
    {
        TailCommit = LogIndex.Max(TailCommit, index);
        TryCommit();
    }

    /// <summary>Something may have become durable, stable or verified.</summary>
    public void Advance()
    {
        _place.Position?.Tail?.TryAdvance();
        TryCommit();
    }

    public void TryCommit()
    {
        if (!MayApply) return;
        var limit = LogIndex.Min(_accepted.Rules.CommitsUpTo(TailCommit, _journal.DurableIndex), Verified);
        if (limit > CommitIndex)
        {
            CommitIndex = limit;
            Verify(limit);
        }

        if (LastApplied < CommitIndex) Applier.ApplyTo(CommitIndex);
    }

    /// <summary>Lets go the reads whose index the state here has reached.</summary>
    public void ReleaseReads() => _reads.Release(LastApplied, _step.Out);

    /// <summary>The head's log has other entries from <paramref name="from"/> on.</summary>
    public void CutFrom(LogIndex from)
    {
        Invariant.Require(from > CommitIndex, "a committed entry never changes");
        Invariant.Require(from > _verified, "what agrees with the head's log is not cut in its epoch");
        Waiting.EndFrom(from, CutOff, _step.Out);
        _keyed.TruncateFrom(from);
        _journal.TruncateFrom(from, _step.Out);
    }

    /// <summary>The state was replaced by a snapshot; the log goes on after it if it agrees with it.</summary>
    public void JumpTo(LogIndex index, Epoch epoch)
    {
        var agrees = _log.HasStampAt(index) && _log.StampAt(index) == epoch;
        Waiting.JumpTo(index, epoch, _step.Out, default);
        if (!agrees) Waiting.EndFrom(index.Next, CutOff, _step.Out);
        if (agrees) _keyed.DropThrough(index, LastApplied);
        else _keyed.Reset(index, epoch, LastApplied);
        _journal.JumpTo(index, epoch, agrees, _step.Out);
        CommitIndex = index;
        Applier.JumpTo(index);
        TailCommit = LogIndex.Max(TailCommit, index);
        Verify(index);
        ReleaseReads();
    }

    /// <summary>The state is that of the snapshot that was read back.</summary>
    public void RestoreAt(LogIndex index, Epoch epoch)
    {
        _keyed.Reset(index, epoch, LastApplied);
        CommitIndex = TailCommit = _verified = index;
        Applier.JumpTo(index);
    }

    bool IApplierOwner<Epoch>.ObservesCommands => true;

    void IApplierOwner<Epoch>.BeginCommand(in EntryView<Epoch> entry) => _keyed.OnApplying(entry);

    void IApplierOwner<Epoch>.SuspendCommand(in EntryView<Epoch> entry) => _keyed.OnSuspended(entry);

    void IApplierOwner<Epoch>.OnApplied() => ReleaseReads();
}
