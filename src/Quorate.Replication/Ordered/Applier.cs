namespace Quorate.Replication.Ordered;

/// <summary>
/// Applies committed entries to the state machine in the order of the log: foresight, answers to the requests that wait for
/// entries, and what the taps are told. The strategy says how far it may go (<see cref="ApplyTo"/>), and in each turn it goes
/// so far as its budget allows: what is left is applied in later turns. One entry may itself take several turns
/// (<see cref="IStateMachine.Apply"/>). One caller at a time.
/// <para>
/// While the applier is behind (<see cref="IsBehind"/>), a leader must not read its own state, though all that it has
/// acknowledged is in it. Counter-example: 1. Entry 10 is committed, the leader has applied 9. 2. A follower hears of the
/// commit, applies 10 and answers a read with it. 3. The same client reads at the leader and sees the state before 10.
/// Between two entries of one call it may: that they are committed is not told to others before the call is over.
/// </para>
/// </summary>
/// <typeparam name="TStamp">What entries are stamped with.</typeparam>
public sealed class Applier<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    private static readonly Outcome Overtaken = Outcome.Unknown("a snapshot took the place of the entry");

    private readonly FrameLog<TStamp> _log;
    private readonly IStateMachine _machine;
    private readonly WaitingRequests<TStamp> _waiting;
    private readonly IApplierOwner<TStamp> _owner;
    private readonly ApplyBudget _budget;
    private readonly Taps _taps;
    private readonly int _commandStart;
    private readonly bool _observesCommands;

    /// <summary>The committed entries that others may have heard of end here.</summary>
    private LogIndex _told;

    /// <summary>The taps have heard that entries up to here are committed.</summary>
    private LogIndex _tappedCommit;

    private RequestId _unfinishedRequest;
    private bool _isUnfinished;
    private bool _isRunning;
    private int _entriesLeft;
    private long _bytesLeft;

    /// <param name="log">where the entries are</param>
    /// <param name="machine">the state; nothing else applies entries to it</param>
    /// <param name="waiting">the requests that wait for entries</param>
    /// <param name="budget">of one turn</param>
    /// <param name="owner">the strategy's part</param>
    /// <param name="commandStart">where in an entry's payload the state machine's part begins</param>
    public Applier(
        FrameLog<TStamp> log,
        IStateMachine machine,
        WaitingRequests<TStamp> waiting,
        ApplyBudget budget,
        IApplierOwner<TStamp> owner,
        int commandStart = 0)
    {
        (_log, _machine, _waiting, _owner) = (log, machine, waiting, owner);
        (_budget, _taps, _commandStart) = (budget, machine.Taps, commandStart);
        (_entriesLeft, _bytesLeft) = (budget.Entries, budget.Bytes);
        _observesCommands = owner.ObservesCommands;
    }

    /// <summary>The state is the one after this entry. [Raft fig. 2]</summary>
    public LogIndex LastApplied { get; private set; }

    /// <summary>Entries up to here may be applied, as far as the strategy has said.</summary>
    public LogIndex Limit { get; private set; }

    /// <summary>There are entries that are committed, that others may have heard of, and that are not part of the
    /// state.</summary>
    public bool IsBehind => LastApplied < _told;

    /// <summary>There is something to be applied that the budget left for a later turn.</summary>
    public bool HasMore => LastApplied < Limit;

    /// <summary>The next entry has begun and takes more turns.</summary>
    public bool IsUnfinished => _isUnfinished;

    /// <summary>A turn is over: the budget is whole again. Nothing is applied by this.</summary>
    public void BeginTurn() => (_entriesLeft, _bytesLeft) = (_budget.Entries, _budget.Bytes);

    /// <summary>All entries up to <paramref name="limit"/> may be applied: applies as many as the budget of this turn allows, and
    /// goes on with what earlier calls left.</summary>
    public void ApplyTo(LogIndex limit)
    {
        Limit = limit;
        // Answers to clients may lead back here: the call that is under way goes on to the new limit.
        if (_isRunning) return;
        var before = LastApplied;
        _isRunning = true;
        Run();
        _isRunning = false;
        _told = Limit;
        TellCommitted();
        if (LastApplied > before) _owner.OnApplied();
    }

    /// <summary>A primary that ships state has executed the command of the last entry of the log, before it is
    /// committed.</summary>
    public void NoteExecuted(LogIndex index)
    {
        Invariant.Require(!_isUnfinished && index == LastApplied.Next, "what is executed follows on what is applied");
        LastApplied = index;
        if (_taps.HasAny) Tell(index);
    }

    /// <summary>The state was replaced by that of <paramref name="index"/>. An entry that was not finished is over.</summary>
    public void JumpTo(LogIndex index)
    {
        EndUnfinished();
        LastApplied = index;
        Limit = LogIndex.Max(Limit, index);
        _told = LogIndex.Max(_told, index);
        _tappedCommit = LogIndex.Max(_tappedCommit, index);
        _taps.OnReplaced(index);
    }

    /// <summary>All requests that wait for entries are told the outcome, though the entries may be applied later.</summary>
    public void EndRequests(in Outcome outcome)
    {
        _waiting.EndAll(outcome, _owner.Out);
        if (!_unfinishedRequest.IsNone) _owner.Out.Reply(_unfinishedRequest, outcome);
        _unfinishedRequest = default;
    }

    /// <summary>The entries from <paramref name="from"/> on are not the group's. If the state holds some of them, it is no state
    /// of the group: the strategy has it replaced.</summary>
    public void LoseFrom(LogIndex from)
    {
        if (from <= LastApplied.Next && _isUnfinished)
        {
            _machine.GiveUpUnfinished();
            EndUnfinished();
        }

        LastApplied = LogIndex.Min(LastApplied, from.Previous);
        Limit = LogIndex.Min(Limit, from.Previous);
        _told = LogIndex.Min(_told, from.Previous);
        _tappedCommit = LogIndex.Min(_tappedCommit, from.Previous);
    }

    /// <summary>Passes over the entries up to <paramref name="index"/>: the state is out of use until it is replaced.</summary>
    public void SkipTo(LogIndex index)
    {
        if (index <= LastApplied) return;
        if (_isUnfinished) _machine.GiveUpUnfinished();
        EndUnfinished();
        LastApplied = index;
        Limit = LogIndex.Max(Limit, index);
    }

    /// <summary>Applies a command during recovery, to its end: no client waits for it, and no tap is told.</summary>
    public void Replay(LogIndex index, ReadOnlySpan<byte> command)
    {
        if (_machine.Apply(index, command, default)) return;
        while (!_machine.GoOn(int.MaxValue))
        {
        }
    }

    public void CheckInvariants()
    {
        Invariant.Require(!_isRunning, "the applier is not left amid its work");
        Invariant.Require(!_isUnfinished || LastApplied < Limit, "an entry that is not finished may be applied");
        Invariant.Require(_told <= LogIndex.Max(Limit, LastApplied), "others do not know of more than what may be applied");
    }

    private void Run()
    {
        while (LastApplied < Limit && _entriesLeft > 0 && _bytesLeft > 0)
        {
            var window = Math.Min(_entriesLeft, IStateMachine.ForesightWindow);
            var frames = _log.Window(LastApplied.Next, LogIndex.Min(Limit, LastApplied + window), out var end);
            if (end - LastApplied > 1) Foresee(frames);
            Apply(frames);
        }
    }

    private void Foresee(ReadOnlySpan<byte> frames)
    {
        for (; !frames.IsEmpty; frames = frames[EntryFrame.LengthOf(frames)..])
        {
            if (EntryFrame.KindOf(frames) == EntryKind.Command)
                _machine.Foresee(EntryFrame.PayloadOf(frames)[_commandStart..]);
        }
    }

    /// <summary>Applies the entries after <see cref="LastApplied"/>, which lie in <paramref name="frames"/>. One look into the log
    /// for a whole window: one for each entry took a fiftieth of a leader's time.</summary>
    private void Apply(ReadOnlySpan<byte> frames)
    {
        var removals = _log.Removals;
        while (!frames.IsEmpty && _bytesLeft > 0)
        {
            var length = EntryFrame.LengthOf(frames);
            var index = LastApplied.Next;
            _entriesLeft--;
            if (!TryApply(index, EntryFrame.View<TStamp>(frames[..length])))
            {
                // What is left of this turn belongs to others.
                _bytesLeft = 0;
                return;
            }

            // The answer to a client may have led to anything; then these frames may lie elsewhere.
            if (_log.Removals != removals || LastApplied != index) return;
            frames = frames[length..];
        }
    }

    /// <returns>False: it takes another turn.</returns>
    private bool TryApply(LogIndex index, in EntryView<TStamp> entry)
    {
        _bytesLeft -= entry.Payload.Length;
        LastApplied = index;
        if (entry.Kind == EntryKind.Command)
        {
            if (!TryApplyCommand(index, entry)) return false;
        }
        else
        {
            _owner.ApplyOther(index, entry, TakeRequest(index, entry.Stamp));
        }

        if (_taps.HasAny) Tell(index);
        return true;
    }

    private bool TryApplyCommand(LogIndex index, in EntryView<TStamp> entry)
    {
        if (_observesCommands) _owner.BeginCommand(entry);
        if (_isUnfinished)
        {
            _isUnfinished = !_machine.GoOn((int)Math.Min(int.MaxValue, _budget.Bytes));
        }
        else
        {
            var request = TakeRequest(index, entry.Stamp);
            if (_machine.Apply(index, entry.Payload[_commandStart..], request)) return true;
            (_isUnfinished, _unfinishedRequest) = (true, request);
        }

        if (!_isUnfinished)
        {
            _unfinishedRequest = default;
            return true;
        }

        if (_observesCommands) _owner.SuspendCommand(entry);
        LastApplied = index.Previous;
        return false;
    }

    private RequestId TakeRequest(LogIndex index, TStamp stamp)
    {
        var request = _waiting.Take(index);
        return _waiting.TruncatedCount == 0 ? request : _waiting.Decide(index, stamp, request, _owner.Out, _owner.Leader);
    }

    private void Tell(LogIndex index)
    {
        var entry = _log[index];
        _taps.OnApplied(new AppliedEntry(index, entry.Stamp.Value, entry.Kind, entry.Payload[_commandStart..]));
    }

    private void TellCommitted()
    {
        var committed = LogIndex.Min(LastApplied, Limit);
        if (committed <= _tappedCommit) return;
        _tappedCommit = committed;
        _taps.OnCommitted(committed);
    }

    /// <summary>The request of an entry that the machine has given up waits for nothing.</summary>
    private void EndUnfinished()
    {
        if (!_unfinishedRequest.IsNone) _owner.Out.Reply(_unfinishedRequest, Overtaken);
        (_isUnfinished, _unfinishedRequest) = (false, default);
    }
}
