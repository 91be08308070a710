using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Commands;
using Quorate.Data.Sessions;
using Quorate.Data.Shipping;
using Quorate.Data.Snapshots;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Resp;

namespace Quorate.Data;

/// <summary>
/// The replicated contents of one keyspace: 16 databases, the log clock and the sessions. Time is what the entries say: the
/// clock is the greatest stamp applied, and nothing else decides whether a key is expired. One caller at a time.
/// </summary>
public sealed class KeyspaceMachine : IStateMachine, IStateShipping
{
    public const int DatabaseCount = 16;

    /// <summary>The longest value, as Redis's proto-max-bulk-len has it.</summary>
    public const int LongestValueBytes = 512 << 20;

    /// <summary>Keys that one clock entry deletes, at most, so that it makes no pause.</summary>
    public const int MostExpiredPerEntry = 1024;

    private readonly CommandTable _table;
    private readonly IReplyRouter _router;
    private readonly Database[] _databases;
    private readonly CommandContext _writes;
    private readonly CommandContext _reads;
    private readonly KeyPrefetch _prefetch = new();
    private readonly Func<IKeyStore> _makeStore;
    private readonly RespWriter _nobody = RespWriter.Discarding();
    private readonly RespWriter _scratch = new();
    private ArgRange[] _ranges = new ArgRange[16];
    private bool _hasSnapshot;

    /// <summary>Null while no effect has been written or applied: a keyspace that ships commands pays nothing.</summary>
    private StateShipping? _shipping;

    /// <param name="table">the commands it executes</param>
    /// <param name="router">where replies go</param>
    /// <param name="types">of values; null: those that are shipped</param>
    /// <param name="makeStore">makes an empty store; null: one in memory</param>
    public KeyspaceMachine(
        CommandTable table, IReplyRouter router, DataTypes? types = null, Func<IKeyStore>? makeStore = null)
    {
        _table = table;
        _router = router;
        Types = types ?? DataTypes.Shipped;
        _makeStore = makeStore ?? (() => new KeyTable(_prefetch));
        _databases = new Database[DatabaseCount];
        for (var i = 0; i < DatabaseCount; i++) _databases[i] = new Database(i, _makeStore(), Taps);
        _writes = new CommandContext(this, isRead: false);
        _reads = new CommandContext(this, isRead: true);
    }

    public IReadOnlyList<Database> Databases => _databases;

    /// <summary>The types of values that keys can hold.</summary>
    public DataTypes Types { get; }

    /// <inheritdoc/>
    public Taps Taps { get; } = new();

    public KeyspaceStatistics Statistics { get; } = new();

    /// <summary>The log clock: the greatest stamp applied, Unix milliseconds.</summary>
    public long ClockMilliseconds { get; private set; }

    public LogIndex LastApplied { get; private set; }

    /// <summary>Approximate bytes of memory of all databases.</summary>
    public long UsedBytes => _databases.Sum(d => d.UsedBytes);

    internal SessionTable Sessions { get; private set; } = new();

    /// <summary>For reads that want chance (RANDOMKEY); no part of the state.</summary>
    internal Prng ReadDice { get; } = new(0x5EED);

    /// <inheritdoc/>
    public void Foresee(ReadOnlySpan<byte> payload)
    {
        if (EntryCodec.TryPeekKey(payload, out var database, out var key)) Foresee(database, key);
    }

    /// <summary>A read of this key is about to come; as <see cref="Foresee(ReadOnlySpan{byte})"/>.</summary>
    public void Foresee(int database, ReadOnlySpan<byte> key) => _databases[database].Store.Foresee(key, KeyHash.Of(key));

    /// <inheritdoc/>
    /// <exception cref="InvariantViolation">when the payload is not an entry: what is committed was checked before.</exception>
    public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
    {
        var waiting = request.IsNone || payload.Length == 0 ? null : _router.Begin(request);
        Step(index, payload, waiting);
        if (waiting is not null) _router.End(request);
        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="InvariantViolation">when the payload is not an entry.</exception>
    public void Execute(LogIndex index, ReadOnlySpan<byte> payload, RequestId request, IBufferWriter<byte> effect)
    {
        var waiting = request.IsNone || payload.Length == 0 ? null : _router.BeginEarly(request);
        var shipping = _shipping ??= new StateShipping(this);
        shipping.Begin(payload);
        Step(index, payload, waiting);
        shipping.End(effect);
        if (waiting is not null) _router.EndEarly(request);
    }

    /// <inheritdoc/>
    public bool TryApplyEffect(LogIndex index, ReadOnlySpan<byte> effect)
    {
        Invariant.Require(index > LastApplied, "effects are applied in the order of the log");
        return (_shipping ??= new StateShipping(this)).TryApply(index, effect);
    }

    /// <inheritdoc/>
    public bool TryWriteChangesSince(LogIndex since, IBufferWriter<byte> effect) =>
        (_shipping ??= new StateShipping(this)).TryWriteChangesSince(since, effect);

    /// <summary>
    /// Executes a read on the state as it is. When <paramref name="clockBehind"/> comes back true the reply must be thrown
    /// away: order a clock entry stamped <paramref name="wallMilliseconds"/> or later and, once it is applied, read again
    /// with the same wall time. With <paramref name="seesDue"/> it never does: what has run out by the wall clock is not seen,
    /// which another replica may still show.
    /// </summary>
    public void ExecuteRead(
        CommandSpec spec, int database, in CommandArgs args, RespWriter reply, long wallMilliseconds, out bool clockBehind,
        bool seesDue = false)
    {
        Invariant.Require(spec.Route == CommandRoute.Read && spec.Handler is not null, "only reads go past the log");
        if (_prefetch.Count > 0) _prefetch.Look();
        _reads.Database = _databases[database];
        _reads.NowMilliseconds = seesDue ? Math.Max(ClockMilliseconds, wallMilliseconds) : ClockMilliseconds;
        _reads.WallMilliseconds = wallMilliseconds;
        _reads.ClockBehind = false;
        _reads.Reply = reply;
        spec.Handler(_reads, args);
        _reads.Reply = _nobody;
        clockBehind = _reads.ClockBehind;
    }

    /// <summary>True when keys are here that will run out.</summary>
    public bool HasExpiringKeys
    {
        get
        {
            foreach (var database in _databases)
                if (database.Store.FirstExpiry != long.MaxValue) return true;
            return false;
        }
    }

    /// <summary>True when a clock entry with this stamp would delete keys.</summary>
    public bool HasDueKeys(long wallMilliseconds)
    {
        var now = Math.Max(wallMilliseconds, ClockMilliseconds);
        foreach (var database in _databases)
            if (database.Store.FirstExpiry < now) return true;
        return false;
    }

    /// <summary>The kept reply of a session command, valid until the next entry is applied. False: not executed
    /// for good, or forgotten.</summary>
    public bool TryGetSessionReply(long session, long sequence, out ReadOnlyMemory<byte> reply)
    {
        reply = default;
        if (_shipping is not null && _router.IsEarly(session, sequence)) return false;
        return Sessions.Find(session) is { } found && found.TryGet(sequence, out reply);
    }

    /// <summary>
    /// A hash of the whole state, the same for equal states however they came about (table layout, spare room and counters
    /// do not matter). Takes time in proportion to the state.
    /// </summary>
    public ulong Digest() => StateDigest.Of(_databases, Sessions, ClockMilliseconds);

    /// <summary>The same of a range: equal on replicas that have applied the same entries. Takes time in proportion to the keys
    /// in it.</summary>
    public ulong Digest(StateRange range) => StateDigest.Of(range, _databases, Sessions, ClockMilliseconds);

    /// <inheritdoc/>
    public ISnapshotSource BeginSnapshot() => BeginSnapshot(null);

    /// <summary>As <see cref="BeginSnapshot()"/>, of the keys of some hash slots only, in all databases, and of all sessions.
    /// Goes over all keys, piece by piece.</summary>
    public ISnapshotSource BeginSnapshot(SlotRange slots) => BeginSnapshot((SlotRange?)slots);

    /// <inheritdoc/>
    public ISnapshotTarget BeginRestore() => new SnapshotTarget(this);

    /// <summary>An empty store, of no database yet.</summary>
    internal IKeyStore MakeStore() => _makeStore();

    /// <summary>An empty store to be the contents of a database: it finds keys by their slot when those it replaces do.</summary>
    internal IKeyStore MakeStoreFor(int database)
    {
        var store = _makeStore();
        if (_databases[database].Store.Slots is not null) store.IndexSlots();
        return store;
    }

    /// <summary>Removes all keys of a database. Takes no time: the collector takes the memory.</summary>
    internal void Clear(Database database)
    {
        Taps.OnAllKeys(database.Number, KeyChange.Removed);
        var empty = MakeStoreFor(database.Number);
        database.Store.Taps = Taps.None;
        database.Store = empty;
    }

    /// <summary>Each of two databases gets the contents of the other.</summary>
    internal void Swap(Database a, Database b)
    {
        Taps.OnAllKeys(a.Number, KeyChange.Written);
        Taps.OnAllKeys(b.Number, KeyChange.Written);
        (a.Store, b.Store) = (b.Store, a.Store);
        _shipping?.OnSwapped(a.Number, b.Number);
    }

    /// <summary>Puts a restored state in place of this one. A snapshot in progress goes on reading the old tables.</summary>
    internal void Replace(IKeyStore[] stores, SessionTable sessions, long clock, LogIndex lastApplied)
    {
        for (var i = 0; i < DatabaseCount; i++)
        {
            if (_databases[i].Store.Slots is not null) stores[i].IndexSlots();
            _databases[i].Store.Taps = Taps.None;
            _databases[i].Store = stores[i];
        }

        Sessions = sessions;
        MoveTo(clock, lastApplied);
        _shipping?.OnReplaced();
    }

    /// <summary>The contents are already those of this time and entry.</summary>
    internal void MoveTo(long clock, LogIndex lastApplied) => (ClockMilliseconds, LastApplied) = (clock, lastApplied);

    /// <summary>Executes a write on the log clock as it is, as if it were an entry with an old stamp.</summary>
    internal void Execute(CommandSpec spec, int database, in CommandArgs args, RespWriter reply)
    {
        Invariant.Require(spec.Route == CommandRoute.Write && spec.Handler is not null, "only writes are in the log");
        _writes.Database = _databases[database];
        _writes.NowMilliseconds = ClockMilliseconds;
        _writes.WallMilliseconds = ClockMilliseconds;
        _writes.Reply = reply;
        spec.Handler(_writes, args);
        _writes.Reply = _nobody;
        Statistics.Executed++;
    }

    private SnapshotSource BeginSnapshot(SlotRange? slots)
    {
        Invariant.Require(!_hasSnapshot, "one snapshot at a time");
        _hasSnapshot = true;
        return new SnapshotSource(this, slots, ended: () => _hasSnapshot = false);
    }

    private void Step(LogIndex index, ReadOnlySpan<byte> payload, RespWriter? waiting)
    {
        Invariant.Require(index > LastApplied, "entries are applied in the order of the log");
        LastApplied = index;
        if (_prefetch.Count > 0) _prefetch.Look();
        if (payload.Length == 0) return;
        Invariant.Require(
            EntryCodec.TryRead(payload, ref _ranges, out var entry, out var args), "a committed payload is an entry");
        if (entry.Stamp > ClockMilliseconds) ClockMilliseconds = entry.Stamp;
        switch (entry.Kind)
        {
            case KeyspaceEntryKind.Command:
                Execute(entry, args, waiting ?? _nobody);
                break;
            case KeyspaceEntryKind.SessionCommand:
                ExecuteOnce(entry, args, waiting);
                break;
            case KeyspaceEntryKind.Digest:
                VoteDigest(index, entry, args);
                break;
            case KeyspaceEntryKind.VotedRead:
                Vote(index, entry, args);
                break;
            default:
                DeleteDueKeys();
                waiting?.Ok();
                break;
        }
    }

    private void Execute(in EntryHeader entry, in CommandArgs args, RespWriter reply)
    {
        // A connection may have changed its protocol while the command was on its way.
        var protocol = reply.Protocol;
        reply.Protocol = entry.Protocol;
        var spec = _table.Resolve(args, reply);
        if (spec is { Route: CommandRoute.Write, Handler: not null }) Execute(spec, entry.Database, args, reply);
        else if (spec is not null) reply.Error($"ERR command '{spec.Name}' does not go through the log");
        reply.Protocol = protocol;
    }

    private void ExecuteOnce(in EntryHeader entry, in CommandArgs args, RespWriter? waiting)
    {
        var session = Sessions.Use(entry.Session);
        if (session.TryGet(entry.Sequence, out var reply))
        {
            Statistics.Duplicates++;
            waiting?.Raw(reply.Span);
            session.RaiseLow(entry.LowestOutstanding);
            return;
        }

        session.RaiseLow(Math.Min(entry.LowestOutstanding, entry.Sequence));
        if (entry.Sequence < session.Low)
        {
            Statistics.Duplicates++;
            waiting?.Error("UNCERTAIN the command may have been executed before; its reply is no longer known"u8);
            return;
        }

        _scratch.Clear();
        Execute(entry, args, _scratch);
        session.Put(entry.Sequence, _scratch.Written.Span);
        waiting?.Raw(_scratch.Written.Span);
        session.RaiseLow(entry.LowestOutstanding);
    }

    private void VoteDigest(LogIndex index, in EntryHeader entry, in CommandArgs args)
    {
        Invariant.Require(StateRange.TryRead(args[0], out var range), "the codec checked it");
        Span<byte> digest = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(digest, Digest(range));
        _router.OnBallot(index, entry, digest);
    }

    /// <summary>Executes a read on the state of this very entry, by the log's clock alone, so that all replicas reply the
    /// same.</summary>
    private void Vote(LogIndex index, in EntryHeader entry, in CommandArgs args)
    {
        _scratch.Clear();
        _scratch.Protocol = entry.Protocol;
        var spec = _table.Resolve(args, _scratch);
        if (spec is { Route: CommandRoute.Read, Handler: not null })
            ExecuteRead(spec, entry.Database, args, _scratch, ClockMilliseconds, out _);
        else if (spec is not null) _scratch.Error($"ERR command '{spec.Name}' is no read");
        _router.OnBallot(index, entry, _scratch.Written.Span);
    }

    private void DeleteDueKeys()
    {
        var left = MostExpiredPerEntry;
        foreach (var database in _databases)
        {
            var store = database.Store;
            for (; left > 0 && store.FirstExpiry < ClockMilliseconds; left--)
            {
                store.Remove(store.FirstToExpire, KeyChange.Expired);
                Statistics.Expired++;
            }
        }
    }
}
