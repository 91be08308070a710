using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

internal enum Phase : byte
{
    Idle,

    /// <summary>Asks what was accepted, and promises nothing.</summary>
    Reading,

    Preparing,

    Accepting,

    /// <summary>After a conflict, so that proposers do not overtake each other for ever.</summary>
    Waiting,

    /// <summary>Every acceptor has the tombstone and is asked to remove it.</summary>
    Collecting,
}

/// <summary>
/// A proposer's round of one key: at most one is under way, later requests wait and are served together. [CASPaxos §2.2]
/// What it may say of a change: done, when a quorum has accepted a value that it is part of; certainly not, when no accept
/// was sent that contains it; else not known.
/// </summary>
internal sealed class KeyRound(CasPaxosReplica replica, byte[] key, ulong hash)
{
    /// <summary>A reader looks so many times more before it makes certain by itself.</summary>
    private const int MostReadsAgain = 2;

    private readonly List<Attempt> _attempts = [];
    private readonly Stack<Attempt> _spare = new();
    private Ballot[] _reported = [];
    private ArrayBufferWriter<byte> _base = new();
    private ArrayBufferWriter<byte> _proposed = new();
    private Batch _batch = new();
    private Attempt _current = new();
    private NodeId[] _acceptors = [];
    private Votes _votes;
    private Ballot _ballot;
    private Ballot _highest;
    private Ballot _floorSeen;
    private int _same;
    private int _nextPromises;
    private int _conflicts;
    private int _readsLeft;
    private bool _isToRead;
    private bool _asksNext;

    /// <summary>A quorum has promised it, together with accepting <see cref="_base"/>; none when there is no such
    /// promise.</summary>
    private Ballot _promised;
    private bool _isBaseAbsent;
    private bool _isCollection;
    private long _deadline;
    private long _resendTick;
    private long _wakeTick;

    public byte[] Key { get; private set; } = key;

    public ulong Hash { get; private set; } = hash;

    public Phase Phase { get; private set; }

    /// <summary>The name of the phase under way; answers to others are old.</summary>
    public long Round { get; set; }

    /// <summary>Its place among those under way; -1 when it is not.</summary>
    public int ActiveIndex { get; set; } = -1;

    public bool IsReady { get; set; }

    public LinkedListNode<KeyRound>? Place { get; set; }

    /// <summary>The greatest counter that this proposer has used for the key, or was told of.</summary>
    public long MaxCounter { get; private set; }

    /// <summary>Requests that came since the round began.</summary>
    public Batch Queue { get; private set; } = new();

    /// <summary>Worth remembering while nothing is under way.</summary>
    public bool HasPromise => !_promised.IsNone && _promised.Epoch == replica.Accepted.Epoch;

    public long HeldBytes => 512 + _base.Capacity + _proposed.Capacity;

    private CasPaxosRules Rules => replica.Rules;

    private int Quorum => Rules.Quorum(replica.Accepted.Acceptors!.Majority);

    private int Needed =>
        _isCollection ? Rules.AcceptorsWithTombstone(_acceptors.Length, replica.Accepted.Acceptors!.Majority) : Quorum;

    /// <summary>The key it stood for is forgotten: it stands for another one, of which nothing is known.</summary>
    public void StandFor(byte[] another, ulong itsHash)
    {
        (Key, Hash) = (another, itsHash);
        _promised = default;
        MaxCounter = 0;
    }

    /// <summary>Serves all that waits, in one change.</summary>
    public void Begin()
    {
        (_batch, Queue) = (Queue, _batch);
        BeginAny(isCollection: false);
        if (_batch.IsReadsOnly) StartReading();
        else if (replica.Options.OneRoundTrip && HasPromise) BeginWithPromise();
        else StartPreparing();
    }

    /// <summary>Removes the tombstone that the key has, when every acceptor agrees. [CASPaxos §3.1]</summary>
    public void BeginCollection()
    {
        BeginAny(isCollection: true);
        _promised = default;
        StartReading();
    }

    public void HandleAnswer(NodeId from, in Item item)
    {
        var index = Votes.IndexOf(_acceptors, from);
        if (index < 0 || _votes.HasAnswered(index)) return;
        if (Phase == Phase.Reading && item.Kind == ItemKind.Reported) OnReported(index, item);
        else if (item.Ballot != _ballot) return;
        else if (item.Kind == ItemKind.Conflict) OnConflict(index, item);
        else if (Phase == Phase.Preparing && item.Kind == ItemKind.Promised) OnPromised(index, item);
        else if (Phase == Phase.Accepting && item.Kind == ItemKind.Accepted) OnAccepted(index, item.Flag);
        else if (Phase == Phase.Collecting && item.Kind == ItemKind.Collected)
        {
            _votes.Add(index, isFor: true);
            if (_votes.For < _acceptors.Length) return;
            replica.Proposer.Statistics.Collected++;
            EndCollection();
        }
    }

    public void OnTick()
    {
        if (replica.Ticks >= _deadline) GiveUp();
        else if (!replica.IsProposing) return;
        else if (Phase == Phase.Waiting && replica.Ticks >= _wakeTick) WakeUp();
        // The acceptors that answered do not agree, and the rest may never answer.
        else if (Phase == Phase.Reading && !_isCollection && _votes.For >= Quorum) ReadAgain();
        else if (replica.Ticks < _resendTick || Phase == Phase.Waiting) return;
        // The others could still be enough, but they do not answer, and a proposer that was overtaken once will be again.
        else if (_votes.Against > 0) Retry();
        else AskAll(isAgain: true);
    }

    /// <summary>Another epoch: what was promised in the older one is void, what was accepted in it is not.</summary>
    public void Restart()
    {
        _promised = default;
        if (_isCollection) EndCollection();
        else if (_batch.IsReadsOnly) StartReading();
        else StartPreparing();
    }

    // Reading.

    private void StartReading()
    {
        Enter(Phase.Reading);
        _highest = default;
        if (_reported.Length < _acceptors.Length) _reported = new Ballot[_acceptors.Length];
        AskAll(isAgain: false);
    }

    private void OnReported(int index, in Item item)
    {
        _votes.Add(index, isFor: true);
        _reported[index] = item.Ballot;
        Learn(item.Ballot, item.Floor);
        // What this proposer remembers was overtaken.
        if (item.Ballot > _promised) _promised = default;
        if (item.Ballot > _highest)
        {
            _highest = item.Ballot;
            if (_isCollection) SetBase(item.Value);
        }

        var same = 0;
        for (var i = 0; i < _acceptors.Length; i++) if (_votes.HasAnswered(i) && _reported[i] == item.Ballot) same++;
        if (_isCollection) CollectWhatWasReported(same);
        else if (same >= Quorum) AnswerFrom(item.Value);
        else if (_votes.For == _acceptors.Length) ReadAgain();
    }

    /// <summary>A change is under way, most likely: it is given a moment to come to its end before it is overtaken.</summary>
    private void ReadAgain()
    {
        if (_readsLeft == 0) StartPreparing();
        else
        {
            _readsLeft--;
            Enter(Phase.Waiting);
            _wakeTick = replica.Ticks + 1;
            _isToRead = true;
        }
    }

    private void WakeUp()
    {
        if (_isToRead) StartReading();
        else StartPreparing();
    }

    /// <summary>A quorum has accepted this value: it is chosen, and was so after the reads began. See
    /// <see cref="CasPaxos"/>.</summary>
    private void AnswerFrom(ReadOnlySpan<byte> value)
    {
        var proposer = replica.Proposer;
        _current.Evaluate(_batch, replica.Machine, Versioned.StateOf(value), replica.Now, proposer.OneState, proposer.OtherState);
        // A reader that finds the time of a value over makes sure that no later reader sees the value.
        if (_current.IsChange) StartPreparing();
        else
        {
            proposer.Statistics.OneRoundReads += _batch.Count;
            Finish(_current);
        }
    }

    private void CollectWhatWasReported(int same)
    {
        if (_votes.For < _acceptors.Length) return;
        if (_highest.IsNone || !Versioned.IsTombstone(_base.WrittenSpan)) EndCollection();
        else if (same == _acceptors.Length) StartCollecting(_highest);
        else StartPreparing();
    }

    // Preparing.

    private void StartPreparing()
    {
        _promised = default;
        MaxCounter = Math.Max(MaxCounter, replica.Proposer.CounterFloor) + 1;
        _ballot = new Ballot(replica.Accepted.Epoch, MaxCounter, replica.Self, replica.Incarnation);
        _highest = _floorSeen = default;
        _same = 0;
        Enter(Phase.Preparing);
        AskAll(isAgain: false);
    }

    private void OnPromised(int index, in Item item)
    {
        _votes.Add(index, isFor: true);
        if (item.Other == _highest) _same++;
        else if (item.Other > _highest)
        {
            _highest = item.Other;
            _same = 1;
            SetBase(item.Value);
        }

        _floorSeen = Ballot.Max(_floorSeen, item.Floor);
        if (_votes.For >= Quorum) OnPrepared(isChosen: _same >= Quorum);
    }

    /// <summary>A quorum has promised; the value of the highest ballot is the state to go on from. [CASPaxos §2.2]</summary>
    private void OnPrepared(bool isChosen)
    {
        _isBaseAbsent = _highest.IsNone;
        if (_isCollection)
        {
            if (_isBaseAbsent || !Versioned.IsTombstone(_base.WrittenSpan)) EndCollection();
            else ProposeAgain();
            return;
        }

        if (_isBaseAbsent) SetAbsent();
        if (_attempts.Count == 0 || !Rules.LooksForItsChange)
        {
            Decide(isChosen);
            return;
        }

        var history = Versioned.HistoryOf(_base.WrittenSpan);
        var found = _attempts.FindIndex(a => Versioned.HistoryOf(_base.WrittenSpan).Contains(a.Ballot));
        if (found >= 0)
        {
            _current = _attempts[found];
            ProposeAgain();
        }
        else if (history.Forgotten >= _attempts[0].Ballot) GiveUp();
        else Decide(isChosen: false);
    }

    private void BeginWithPromise()
    {
        _ballot = _promised;
        _promised = default;
        replica.Proposer.Statistics.WithPromise++;
        Decide(isChosen: false);
    }

    /// <summary>Applies the functions to the state, and proposes what comes out.</summary>
    /// <param name="isChosen">The state is known to be chosen, so that what only looked at it needs no accept.</param>
    private void Decide(bool isChosen)
    {
        var proposer = replica.Proposer;
        if (_attempts.Contains(_current)) _current = _spare.TryPop(out var spare) ? spare : new Attempt();
        _current.Ballot = _ballot;
        var state = _current.Evaluate(
            _batch, replica.Machine, Versioned.StateOf(_base.WrittenSpan), replica.Now, proposer.OneState, proposer.OtherState);
        if (_current.IsChange)
        {
            _attempts.Add(_current);
            var history = proposer.History;
            history.ResetWrittenCount();
            Versioned.HistoryOf(_base.WrittenSpan).WriteWith(_ballot, history);
            _proposed.ResetWrittenCount();
            Packing.WriteBytes(_proposed, history.WrittenSpan);
            _proposed.Write(state);
            StartAccepting();
        }
        else if (isChosen)
        {
            if (replica.Options.OneRoundTrip) _promised = _ballot;
            Finish(_current);
        }
        else if (_isBaseAbsent && _attempts.Count == 0) StartPreparing();
        else ProposeAgain();
    }

    // Accepting.

    /// <summary>The identity function: the state that was found shall be chosen, as it is. [CASPaxos §2.2]</summary>
    private void ProposeAgain()
    {
        _proposed.ResetWrittenCount();
        _proposed.Write(_base.WrittenSpan);
        StartAccepting();
    }

    private void StartAccepting()
    {
        _nextPromises = 0;
        _asksNext = replica.Options.OneRoundTrip && !_isCollection && _conflicts == 0;
        if (_asksNext) MaxCounter = Math.Max(MaxCounter, _ballot.Next.Counter);
        Enter(Phase.Accepting);
        AskAll(isAgain: false);
    }

    private void OnAccepted(int index, bool promisedNext)
    {
        _votes.Add(index, isFor: true);
        if (promisedNext) _nextPromises++;
        if (_votes.For < Needed) return;
        if (_isCollection)
        {
            StartCollecting(_ballot);
            return;
        }

        (_base, _proposed) = (_proposed, _base);
        _isBaseAbsent = false;
        _promised = _asksNext && _nextPromises >= Quorum ? _ballot.Next : default;
        Finish(_current);
    }

    private void StartCollecting(Ballot tombstone)
    {
        _ballot = tombstone;
        Enter(Phase.Collecting);
        AskAll(isAgain: false);
    }

    // Conflicts.

    private void OnConflict(int index, in Item item)
    {
        if (Phase is not (Phase.Preparing or Phase.Accepting or Phase.Collecting)) return;
        _votes.Add(index, isFor: false);
        Learn(item.Other, item.Floor);
        if (Phase == Phase.Collecting) EndCollection();
        else if (_acceptors.Length - _votes.Against - CountSilent() < (Phase == Phase.Accepting ? Needed : Quorum)) Retry();
    }

    private int CountSilent()
    {
        var silent = 0;
        for (var i = 0; i < _acceptors.Length; i++)
            if (!_votes.HasAnswered(i) && replica.Outbox.IsSilent(_acceptors[i])) silent++;
        return silent;
    }

    private void Retry()
    {
        replica.Proposer.Statistics.Conflicts++;
        _promised = default;
        _conflicts++;
        // The first conflict tells which ballots are in use; only the next ones are a race.
        if (_isCollection) EndCollection();
        else if (_conflicts == 1) StartPreparing();
        else
        {
            Enter(Phase.Waiting);
            _isToRead = false;
            var longest = Math.Min(replica.Options.LongestBackoffTicks, 1 << Math.Min(_conflicts - 1, 10));
            _wakeTick = replica.Ticks + replica.Proposer.Dice.Between(1, Math.Max(1, longest));
        }
    }

    private void Learn(Ballot promised, Ballot floor)
    {
        if (promised.Epoch == replica.Accepted.Epoch) MaxCounter = Math.Max(MaxCounter, promised.Counter);
        if (floor.Epoch == replica.Accepted.Epoch) replica.Proposer.RaiseCounterFloor(floor.Counter);
    }

    // The end.

    private void GiveUp()
    {
        if (_isCollection)
        {
            replica.Proposer.PauseCollections();
            EndCollection();
            return;
        }

        _promised = default;
        var mayBeDone = _attempts.Count > 0;
        for (var i = 0; i < _batch.Count; i++)
        {
            var entry = _batch[i];
            var outcome = mayBeDone && !entry.IsRead
                ? Outcome.Unknown("it was proposed, and not enough acceptors say what became of it")
                : Outcome.Unavailable("not enough acceptors of the key answer");
            replica.Proposer.End(entry, outcome, default);
        }

        ToIdle();
    }

    private void Finish(Attempt attempt)
    {
        for (var i = 0; i < _batch.Count; i++) replica.Proposer.End(_batch[i], Outcome.Done, attempt.ReplyOf(i));
        ToIdle();
    }

    private void EndCollection()
    {
        _promised = default;
        replica.Proposer.EndChore();
        ToIdle();
    }

    private void ToIdle()
    {
        Phase = Phase.Idle;
        _batch.Clear();
        foreach (var attempt in _attempts) if (attempt != _current && _spare.Count < 2) _spare.Push(attempt);
        _attempts.Clear();
        replica.Proposer.OnIdle(this);
    }

    // Parts of phases.

    private void BeginAny(bool isCollection)
    {
        _acceptors = replica.Accepted.Acceptors!.Of(Hash);
        _isCollection = isCollection;
        _conflicts = 0;
        _readsLeft = MostReadsAgain;
        _deadline = replica.Ticks + replica.Options.PatienceTicks;
        replica.Proposer.OnActive(this);
    }

    private void Enter(Phase phase)
    {
        Phase = phase;
        _votes = default;
        replica.Proposer.NameRound(this);
        if (phase != Phase.Waiting) replica.Proposer.Statistics.Rounds++;
    }

    private void AskAll(bool isAgain)
    {
        _resendTick = replica.Ticks + replica.Options.ResendTicks;
        var item = new Item { Round = Round, Key = Key, Ballot = _ballot };
        item.Kind = Phase switch
        {
            Phase.Reading => ItemKind.Read,
            Phase.Preparing => ItemKind.Prepare,
            Phase.Accepting => ItemKind.Accept,
            _ => ItemKind.Collect,
        };
        if (Phase == Phase.Accepting)
        {
            item.Value = _proposed.WrittenSpan;
            item.Flag = _asksNext;
        }

        for (var i = 0; i < _acceptors.Length; i++)
        {
            // This node's own acceptor loses nothing.
            if (_votes.HasAnswered(i) || (isAgain && _acceptors[i] == replica.Self)) continue;
            replica.Outbox.Ask(_acceptors[i], item);
        }
    }

    private void SetBase(ReadOnlySpan<byte> value)
    {
        _base.ResetWrittenCount();
        _base.Write(value);
    }

    private void SetAbsent()
    {
        var history = replica.Proposer.History;
        history.ResetWrittenCount();
        History.WriteNone(_floorSeen, history);
        _base.ResetWrittenCount();
        Packing.WriteBytes(_base, history.WrittenSpan);
    }

    public void Describe(StringBuilder text)
    {
        text.Append(Encoding.UTF8.GetString(Key)).Append(':').Append(Phase);
        if (Phase is Phase.Preparing or Phase.Accepting or Phase.Collecting)
            text.Append(' ').Append(_ballot).Append(" for ").Append(_votes.For).Append(" against ").Append(_votes.Against);
        if (_attempts.Count > 0) text.Append(" attempts ").AppendJoin(',', _attempts.Select(a => a.Ballot.ToString()));
        if (HasPromise) text.Append(" promised ").Append(_promised);
    }
}
