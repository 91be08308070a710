using System.Buffers;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Shipping;

/// <summary>
/// The machine's state as effects: writes what an entry changed, applies what another replica wrote, and remembers for a while
/// which entry changed what, so that several entries can be told as one effect. Made when the first effect is written or
/// applied. What entries applied as commands changed is not known to it.
/// </summary>
internal sealed class StateShipping : ITap
{
    /// <summary>Bytes that one effect with the changes since some entry takes, about, at most: more is what snapshots are
    /// for.</summary>
    public const int MostChangesBytes = 32 << 20;

    private readonly KeyspaceMachine _machine;
    private readonly TouchedKeys _touched = new();
    private readonly IKeyStore[] _stores = new IKeyStore[KeyspaceMachine.DatabaseCount];
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>Values of an effect that was read through, for when it is applied.</summary>
    private readonly Queue<Value> _built = [];
    private readonly RecentKeys _recentKeys = new();
    private readonly RecentArrangements _recentArrangements = new();
    private readonly RecentSessions _recentSessions = new();

    /// <summary>The entry up to which the machine's changes went through here.</summary>
    private LogIndex _noted;
    private bool _isExecuting;
    private bool _hasSession;
    private bool _hadSession;
    private bool _hadReply;
    private long _session;
    private long _sequence;

    public StateShipping(KeyspaceMachine machine)
    {
        _machine = machine;
        machine.Taps.Add(this);
        OnReplaced();
    }

    /// <summary>The state is another one: nothing is known of how it came about.</summary>
    public void OnReplaced()
    {
        _noted = _machine.LastApplied;
        _recentKeys.Forget(_noted);
        _recentArrangements.Forget(_noted);
        _recentSessions.Forget(_noted);
        for (var i = 0; i < _stores.Length; i++) _stores[i] = _machine.Databases[i].Store;
    }

    void ITap.OnKey(int database, ReadOnlySpan<byte> key, KeyChange change)
    {
        if (_isExecuting) _touched.Note(database, key, change);
    }

    void ITap.OnAllKeys(int database, KeyChange change)
    {
        if (change == KeyChange.Removed) _touched.ForgetDatabase(database);
    }

    /// <summary>The contents of two databases changed places.</summary>
    public void OnSwapped(int a, int b) => _touched.Swap(a, b);

    void ITap.OnApplied(in AppliedEntry entry)
    {
    }

    /// <summary>The machine tells when its state is another one; an effect with several entries leaves what is known.</summary>
    void ITap.OnReplaced(LogIndex index)
    {
    }

    /// <summary>An entry is about to be executed.</summary>
    public void Begin(ReadOnlySpan<byte> payload)
    {
        if (_noted != _machine.LastApplied) OnReplaced();
        _isExecuting = true;
        _hasSession = EntryCodec.TryPeekSession(payload, out _session, out _sequence);
        if (!_hasSession) return;
        var session = _machine.Sessions.Find(_session);
        _hadSession = session is not null;
        _hadReply = session is not null && session.TryGet(_sequence, out _);
        _machine.Sessions.Forgotten = null;
    }

    /// <summary>The entry has been executed: writes what it changed.</summary>
    public void End(IBufferWriter<byte> output)
    {
        var index = _machine.LastApplied;
        _noted = index;
        _isExecuting = false;
        var effect = new EffectWriter(output, _scratch);
        effect.Begin(EffectKind.Step, _machine.ClockMilliseconds);
        Span<byte> sources = stackalloc byte[Arrangement.Length];
        if (IsRearranged(sources))
        {
            effect.Databases(sources);
            NoteArrangement(index.Previous, index, sources);
        }

        foreach (ref readonly var touched in _touched.All)
        {
            var key = _touched.KeyOf(touched);
            effect.Key(_machine.Databases[touched.Database], key, touched.Hash, index.Previous, touched.Last);
            _recentKeys.Note(index, touched.Database, key, touched.Hash);
        }

        _touched.Clear();
        if (_hasSession) WriteSession(index, ref effect);
        effect.End();
    }

    /// <summary>False, and nothing done: the bytes are no effect.</summary>
    public bool TryApply(LogIndex index, ReadOnlySpan<byte> effect)
    {
        if (!IsApplicable(effect)) return false;
        if (_noted != _machine.LastApplied) OnReplaced();
        var reader = new EffectReader(effect, _machine.Types);
        reader.TryBegin();
        Session? session = null;
        while (reader.TryRead())
        {
            switch (reader.Record)
            {
                case EffectRecord.Databases:
                    Rearrange(reader.Databases);
                    NoteArrangement(reader.Kind == EffectKind.Step ? index.Previous : _noted, index, reader.Databases);
                    break;
                case EffectRecord.Key or EffectRecord.Delta or EffectRecord.NoKey:
                    PutKey(index, reader);
                    break;
                case EffectRecord.Session:
                    session = _machine.Sessions.Put(reader.Session, reader.LastUse, reader.Low, reader.IsNewSession);
                    _recentSessions.Note(index, reader.Session, reader.IsNewSession);
                    break;
                case EffectRecord.Reply:
                    session!.Replace(reader.Sequence, reader.Value);
                    _recentSessions.NoteReply(index, reader.Session, reader.Sequence);
                    break;
                case EffectRecord.NoSession:
                    _machine.Sessions.Remove(reader.Session);
                    _recentSessions.Note(index, reader.Session, isNew: false);
                    break;
            }
        }

        _machine.MoveTo(reader.Clock, index);
        _noted = index;
        return true;
    }

    public bool TryWriteChangesSince(LogIndex since, IBufferWriter<byte> output)
    {
        if (_noted != _machine.LastApplied) OnReplaced();
        if (since < _recentKeys.KnownSince || since < _recentArrangements.KnownSince || since < _recentSessions.KnownSince)
            return false;
        Span<byte> sources = stackalloc byte[Arrangement.Length];
        if (!_recentArrangements.TryCompose(since, sources)) return false;
        var effect = new EffectWriter(output, _scratch);
        effect.Begin(EffectKind.Changes, _machine.ClockMilliseconds);
        if (!sources.SequenceEqual(Arrangement.Unchanged)) effect.Databases(sources);
        if (!_recentKeys.TryWrite(since, _machine.Databases, ref effect, MostChangesBytes)) return false;
        if (!_recentSessions.TryWrite(since, _machine.Sessions, ref effect, MostChangesBytes)) return false;
        effect.End();
        return true;
    }

    private bool IsRearranged(Span<byte> sources)
    {
        var databases = _machine.Databases;
        var isSame = true;
        for (var i = 0; i < _stores.Length; i++) isSame &= databases[i].Store == _stores[i];
        if (isSame) return false;
        for (var i = 0; i < _stores.Length; i++)
        {
            var source = Array.IndexOf(_stores, databases[i].Store);
            sources[i] = source < 0 ? Arrangement.Nothing : (byte)source;
        }

        for (var i = 0; i < _stores.Length; i++) _stores[i] = databases[i].Store;
        return true;
    }

    private void Rearrange(ReadOnlySpan<byte> sources)
    {
        for (var i = 0; i < _stores.Length; i++)
        {
            if (sources[i] == i) continue;
            var change = sources[i] == Arrangement.Nothing ? KeyChange.Removed : KeyChange.Written;
            _machine.Taps.OnAllKeys(i, change);
            if (!sources.Contains((byte)i)) _stores[i].Taps = Taps.None;
        }

        for (var i = 0; i < _stores.Length; i++)
            _machine.Databases[i].Store = sources[i] == Arrangement.Nothing ? _machine.MakeStoreFor(i) : _stores[sources[i]];
        for (var i = 0; i < _stores.Length; i++) _stores[i] = _machine.Databases[i].Store;
    }

    private void NoteArrangement(LogIndex from, LogIndex to, ReadOnlySpan<byte> sources)
    {
        _recentArrangements.Note(from, to, sources);
        _recentKeys.Rearrange(sources);
    }

    private void PutKey(LogIndex index, in EffectReader reader)
    {
        var store = _stores[reader.Database];
        var hash = KeyHash.Of(reader.Key);
        var row = store.Find(reader.Key, hash, out var mark);
        _recentKeys.Note(index, reader.Database, reader.Key, hash);
        if (reader.Record == EffectRecord.NoKey)
        {
            if (row != 0) store.Remove(row, reader.Change);
            return;
        }

        if (reader.Record == EffectRecord.Key)
        {
            row = Put(store, row, hash, reader);
        }
        else
        {
            // A record before it in the same effect put something else there: then it says nothing.
            if (row == 0 || mark.Form != reader.Form) return;
            _machine.Types.Of(reader.Form.Kind).ApplyDelta(store.Change(row, reader.Stamp), reader.Value, reader.Stamp.Version);
        }

        if (reader.Expiry < 0) store.ClearExpiry(row, reader.Stamp.Version);
        else if (reader.Expiry != store.ExpiryOf(row)) store.SetExpiry(row, reader.Expiry, reader.Stamp.Version);
    }

    private int Put(IKeyStore store, int row, uint hash, in EffectReader reader)
    {
        if (_machine.Types.IsPacked(reader.Form))
        {
            Span<byte> bytes;
            if (row == 0) row = store.Insert(reader.Key, hash, reader.Value.Length, reader.Form, reader.Stamp, out bytes);
            else bytes = store.Rewrite(row, reader.Value.Length, reader.Form, reader.Stamp);
            reader.Value.CopyTo(bytes);
            return row;
        }

        var value = _built.Dequeue();
        if (row == 0) return store.Insert(reader.Key, hash, value, reader.Form, reader.Stamp);
        store.Replace(row, value, reader.Form, reader.Stamp);
        return row;
    }

    /// <summary>Reads it all before anything is changed.</summary>
    private bool IsApplicable(ReadOnlySpan<byte> effect)
    {
        _built.Clear();
        var reader = new EffectReader(effect, _machine.Types);
        if (!reader.TryBegin()) return false;
        var sessions = _machine.Sessions.Count;
        var sources = Arrangement.Unchanged;
        while (reader.TryRead())
        {
            var fits = true;
            switch (reader.Record)
            {
                case EffectRecord.Databases:
                    sources = reader.Databases;
                    break;
                case EffectRecord.Key when !_machine.Types.IsPacked(reader.Form):
                    fits = TryBuild(reader);
                    break;
                case EffectRecord.Delta:
                    fits = IsDelta(sources[reader.Database], reader);
                    break;
                case EffectRecord.Session when _machine.Sessions.Find(reader.Session) is null:
                    sessions++;
                    break;
                case EffectRecord.NoSession when _machine.Sessions.Find(reader.Session) is not null:
                    sessions--;
                    break;
            }

            if (!fits) return false;
        }

        return reader.IsWhole && sessions <= SessionTable.MostSessions;
    }

    private bool TryBuild(in EffectReader reader)
    {
        var builder = _machine.Types.Of(reader.Form.Kind).Begin(reader.Form.Variant);
        if (!builder.TryAppend(reader.Value) || !builder.TryFinish(out var value)) return false;
        _built.Enqueue(value);
        return true;
    }

    private bool IsDelta(byte source, in EffectReader reader)
    {
        if (source == Arrangement.Nothing) return false;
        var store = _machine.Databases[source].Store;
        var row = store.Find(reader.Key, KeyHash.Of(reader.Key), out var mark);
        return row != 0 && mark.Form == reader.Form
            && _machine.Types.Of(reader.Form.Kind).IsDelta(store.ValueOf(row), reader.Value);
    }

    private void WriteSession(LogIndex index, ref EffectWriter effect)
    {
        var sessions = _machine.Sessions;
        var forgotten = sessions.Forgotten;
        sessions.Forgotten = null;
        if (forgotten is { } gone) _recentSessions.Note(index, gone, isNew: false);
        if (forgotten < _session) effect.NoSession(forgotten.Value);
        var session = sessions.Find(_session);
        Invariant.Require(session is not null, "a session that was used is there");
        effect.Session(session, isNew: !_hadSession);
        _recentSessions.Note(index, _session, isNew: !_hadSession);
        if (!_hadReply)
        {
            effect.Reply(session, _sequence);
            _recentSessions.NoteReply(index, _session, _sequence);
        }

        if (forgotten > _session) effect.NoSession(forgotten.Value);
    }
}
