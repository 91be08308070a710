using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// The proposer of this node: its rounds, by key. Every member is a proposer of every key; none needs to know of the others.
/// Idle keys are remembered only while a quorum has promised their next ballot, and within bounds; forgetting one costs a
/// round, nothing else.
/// </summary>
internal sealed class Proposer(CasPaxosReplica replica, ulong seed)
{
    private const int MostSpares = 1024;
    private const int MostSpareBytes = 4096;

    private readonly Dictionary<byte[], KeyRound> _keys = new(Replication.Crdt.ByteKeys.Comparer);
    private readonly Dictionary<long, KeyRound> _byRound = [];
    private readonly List<KeyRound> _active = [];
    private readonly LinkedList<KeyRound> _idle = new();
    private readonly Stack<KeyRound> _forgotten = new();
    private List<KeyRound> _ready = [];
    private List<KeyRound> _beginning = [];
    private long _nextRound = 1;
    private long _idleBytes;
    private long _collectFrom;

    public ProposerStatistics Statistics { get; } = new();

    public Prng Dice { get; } = new(seed);

    /// <summary>No ballot with a counter up to this is begun: forgotten keys may have used it, forgotten registers promised
    /// it.</summary>
    public long CounterFloor { get; private set; }

    public int Waiting { get; private set; }

    public int ActiveCount => _active.Count;

    public int KnownCount => _idle.Count;

    public int Chores { get; private set; }

    public IReadOnlyList<KeyRound> Active => _active;

    public ArrayBufferWriter<byte> OneState { get; } = new();

    public ArrayBufferWriter<byte> OtherState { get; } = new();

    public ArrayBufferWriter<byte> History { get; } = new();

    /// <summary>Takes a request about one key. False: too many wait.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, RequestId id, Whole? whole, int part, ReadOnlySpan<byte> payload, bool isRead)
    {
        if (Waiting >= replica.Options.MostRequests) return false;
        var round = RoundOf(key);
        round.Queue.Add(id, whole, part, payload, isRead);
        Waiting++;
        MakeReady(round);
        return true;
    }

    /// <summary>Removes a tombstone that this node's acceptor holds. False: there is enough to do.</summary>
    public bool TryCollect(ReadOnlySpan<byte> key)
    {
        if (Chores >= replica.Options.MostChores || replica.Ticks < _collectFrom) return false;
        var round = RoundOf(key);
        if (round.Phase != Phase.Idle || !round.Queue.IsEmpty) return true;
        Chores++;
        round.BeginCollection();
        return true;
    }

    /// <summary>Lets time change a value that is due. False: there is enough to do.</summary>
    public bool TryExpire(ReadOnlySpan<byte> key)
    {
        if (Chores >= replica.Options.MostChores) return false;
        var byKey = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (byKey.TryGetValue(key, out var round) && (round.Phase != Phase.Idle || !round.Queue.IsEmpty)) return true;
        if (!TryAdd(key, default, null, 0, default, isRead: false)) return false;
        Chores++;
        return true;
    }

    public void EndChore() => Chores--;

    /// <summary>Not every acceptor answers: for a while nothing can be collected.</summary>
    public void PauseCollections() => _collectFrom = replica.Ticks + replica.Options.CollectTicks;

    /// <summary>Begins what has come in, one round for each key that has none under way.</summary>
    public void BeginReady()
    {
        if (!replica.IsProposing) return;
        while (_ready.Count > 0)
        {
            (_ready, _beginning) = (_beginning, _ready);
            foreach (var round in _beginning)
            {
                round.IsReady = false;
                if (round.Phase == Phase.Idle && !round.Queue.IsEmpty) round.Begin();
            }

            _beginning.Clear();
        }
    }

    public void HandleAnswers(NodeId from, ReadOnlySpan<byte> items)
    {
        var reader = new PackedReader(items);
        while (Item.TryRead(ref reader, out var item))
            if (_byRound.TryGetValue(item.Round, out var round)) round.HandleAnswer(from, item);
    }

    public void OnTick()
    {
        for (var i = _active.Count - 1; i >= 0; i--) if (i < _active.Count) _active[i].OnTick();
    }

    /// <summary>All rounds begin anew in the epoch that has been accepted.</summary>
    public void OnEpoch()
    {
        for (var i = _active.Count - 1; i >= 0; i--) if (i < _active.Count) _active[i].Restart();
    }

    /// <summary>Nothing can be begun: answers what has not been.</summary>
    public void RefuseReady(string why)
    {
        foreach (var round in _ready)
        {
            round.IsReady = false;
            for (var i = 0; i < round.Queue.Count; i++) End(round.Queue[i], Outcome.Unavailable(why), default);
            round.Queue.Clear();
            if (round.Phase == Phase.Idle) Forget(round);
        }

        _ready.Clear();
    }

    public void RaiseCounterFloor(long counter) => CounterFloor = Math.Max(CounterFloor, counter);

    public void NameRound(KeyRound round)
    {
        _byRound.Remove(round.Round);
        round.Round = _nextRound++;
        _byRound.Add(round.Round, round);
    }

    public void OnActive(KeyRound round)
    {
        LeaveIdle(round);
        round.ActiveIndex = _active.Count;
        _active.Add(round);
    }

    public void OnIdle(KeyRound round)
    {
        _byRound.Remove(round.Round);
        var last = _active[^1];
        _active[round.ActiveIndex] = last;
        last.ActiveIndex = round.ActiveIndex;
        _active.RemoveAt(_active.Count - 1);
        round.ActiveIndex = -1;
        if (!round.Queue.IsEmpty) MakeReady(round);
        else if (!round.HasPromise) Forget(round);
        else
        {
            round.Place = _idle.AddLast(round);
            _idleBytes += round.HeldBytes;
            while (_idle.Count > 1
                && (_idle.Count > replica.Options.MostKnownKeys || _idleBytes > replica.Options.MostKnownBytes))
                ForgetOldest();
        }
    }

    /// <summary>A request has ended.</summary>
    public void End(in Batch.Entry entry, in Outcome outcome, ReadOnlySpan<byte> reply)
    {
        Waiting--;
        if (entry.Whole is { } whole) whole.End(entry.Part, outcome, reply, replica);
        else if (entry.Id.IsNone) Chores--;
        else
        {
            if (outcome.Kind == OutcomeKind.Done) replica.Machine.Keep(entry.Id, reply);
            replica.Out.Reply(entry.Id, outcome);
        }

        if (outcome.Kind == OutcomeKind.Done) Statistics.Done++;
        else if (outcome.Kind == OutcomeKind.Unknown) Statistics.Unknown++;
        else Statistics.Unavailable++;
    }

    public void CheckInvariants()
    {
        Invariant.Require(Waiting >= 0 && Chores >= 0, "a request is answered once");
        Invariant.Require(_byRound.Count == _active.Count, "every round under way has one name");
        for (var i = 0; i < _active.Count; i++)
            Invariant.Require(
                _active[i].ActiveIndex == i && _active[i].Phase != Phase.Idle, "a round listed as active is under way");
        Invariant.Require(_keys.Count == _active.Count + _idle.Count + _ready.Count, "a key is under way, about to be, or idle");
        foreach (var round in _idle)
            Invariant.Require(round.Phase == Phase.Idle && round.Queue.IsEmpty, "a round that is listed as idle has no requests");
    }

    private KeyRound RoundOf(ReadOnlySpan<byte> key)
    {
        var byKey = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (byKey.TryGetValue(key, out var round)) return round;
        if (_forgotten.TryPop(out round)) round.StandFor(key.ToArray(), Replication.Hash.Of(key));
        else round = new KeyRound(replica, key.ToArray(), Replication.Hash.Of(key));
        _keys.Add(round.Key, round);
        return round;
    }

    private void MakeReady(KeyRound round)
    {
        if (round.IsReady || round.Phase != Phase.Idle) return;
        // One that is forgotten now would have a twin, and they would use the same ballots.
        LeaveIdle(round);
        round.IsReady = true;
        _ready.Add(round);
    }

    private void ForgetOldest()
    {
        var oldest = _idle.First!.Value;
        Forget(oldest);
        if (_forgotten.Count < MostSpares && oldest.HeldBytes <= MostSpareBytes) _forgotten.Push(oldest);
    }

    /// <summary>The ballots that were used for the key are not used again.</summary>
    private void Forget(KeyRound round)
    {
        LeaveIdle(round);
        RaiseCounterFloor(round.MaxCounter);
        _keys.Remove(round.Key);
    }

    private void LeaveIdle(KeyRound round)
    {
        if (round.Place is not { } place) return;
        _idle.Remove(place);
        _idleBytes -= round.HeldBytes;
        round.Place = null;
    }
}
