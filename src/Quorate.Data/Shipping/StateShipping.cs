using System.Buffers;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data.Shipping;

/// <summary>
/// The machine's state as effects: writes what an entry changed, applies what another replica wrote, and remembers for a while
/// which entry changed what, so that several entries can be told as one effect. Made when the first effect is written or
/// applied. What entries applied as commands changed is not known to it.
/// </summary>
internal sealed class StateShipping
{
    /// <summary>Bytes that one effect with the changes since some entry takes, about, at most: more is what snapshots are for.</summary>
    public const int MostChangesBytes = 32 << 20;

    private readonly KeyspaceMachine _machine;
    private readonly TouchedKeys _touched = new();
    private readonly KeyTable[] _tables = new KeyTable[KeyspaceMachine.DatabaseCount];
    private readonly KeyChanges _keyChanges = new();
    private readonly DatabaseChanges _databaseChanges = new();
    private readonly SessionChanges _sessionChanges = new();

    /// <summary>The entry up to which the machine's changes went through here.</summary>
    private LogIndex _noted;
    private bool _hasSession;
    private bool _hadSession;
    private bool _hadReply;
    private long _session;
    private long _sequence;

    public StateShipping(KeyspaceMachine machine)
    {
        _machine = machine;
        foreach (var database in machine.Databases) database.Table.Touched = _touched;
        OnReplaced();
    }

    /// <summary>The state is another one: nothing is known of how it came about.</summary>
    public void OnReplaced()
    {
        _noted = _machine.LastApplied;
        _keyChanges.Forget(_noted);
        _databaseChanges.Forget(_noted);
        _sessionChanges.Forget(_noted);
        for (var i = 0; i < _tables.Length; i++) _tables[i] = _machine.Databases[i].Table;
    }

    /// <summary>An entry is about to be executed.</summary>
    public void Begin(ReadOnlySpan<byte> payload)
    {
        if (_noted != _machine.LastApplied) OnReplaced();
        _touched.IsListening = true;
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
        _touched.IsListening = false;
        var effect = new EffectWriter(output);
        effect.Begin(EffectKind.Step, _machine.ClockMilliseconds);
        Span<byte> sources = stackalloc byte[Arrangement.Length];
        if (IsRearranged(sources))
        {
            effect.Databases(sources);
            NoteArrangement(index.Previous, index, sources);
        }

        foreach (ref readonly var touched in _touched.All)
        {
            var number = Array.IndexOf(_tables, touched.Table);
            if (number < 0) continue; // flushed in the same entry
            effect.Key(_machine.Databases[number], touched.Key, touched.Hash);
            _keyChanges.Note(index, number, touched.Key, touched.Hash);
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
        var reader = new EffectReader(effect);
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
                case EffectRecord.Key or EffectRecord.NoKey:
                    PutKey(index, reader);
                    break;
                case EffectRecord.Session:
                    session = _machine.Sessions.Put(reader.Session, reader.LastUse, reader.Low, reader.IsNewSession);
                    _sessionChanges.Note(index, reader.Session, reader.IsNewSession);
                    break;
                case EffectRecord.Reply:
                    session!.Replace(reader.Sequence, reader.Value);
                    _sessionChanges.NoteReply(index, reader.Session, reader.Sequence);
                    break;
                case EffectRecord.NoSession:
                    _machine.Sessions.Remove(reader.Session);
                    _sessionChanges.Note(index, reader.Session, isNew: false);
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
        if (since < _keyChanges.KnownSince || since < _databaseChanges.KnownSince || since < _sessionChanges.KnownSince) return false;
        Span<byte> sources = stackalloc byte[Arrangement.Length];
        if (!_databaseChanges.TryCompose(since, sources)) return false;
        var effect = new EffectWriter(output);
        effect.Begin(EffectKind.Changes, _machine.ClockMilliseconds);
        if (!sources.SequenceEqual(Arrangement.Unchanged)) effect.Databases(sources);
        if (!_keyChanges.TryWrite(since, _machine.Databases, ref effect, MostChangesBytes)) return false;
        if (!_sessionChanges.TryWrite(since, _machine.Sessions, ref effect, MostChangesBytes)) return false;
        effect.End();
        return true;
    }

    private bool IsRearranged(Span<byte> sources)
    {
        var databases = _machine.Databases;
        var isSame = true;
        for (var i = 0; i < _tables.Length; i++) isSame &= databases[i].Table == _tables[i];
        if (isSame) return false;
        for (var i = 0; i < _tables.Length; i++)
        {
            var source = Array.IndexOf(_tables, databases[i].Table);
            sources[i] = source < 0 ? Arrangement.Nothing : (byte)source;
        }

        for (var i = 0; i < _tables.Length; i++) _tables[i] = databases[i].Table;
        return true;
    }

    private void Rearrange(ReadOnlySpan<byte> sources)
    {
        for (var i = 0; i < _tables.Length; i++)
            _machine.Databases[i].Table = sources[i] == Arrangement.Nothing ? new KeyTable() : _tables[sources[i]];
        for (var i = 0; i < _tables.Length; i++) _tables[i] = _machine.Databases[i].Table;
    }

    private void NoteArrangement(LogIndex from, LogIndex to, ReadOnlySpan<byte> sources)
    {
        _databaseChanges.Note(from, to, sources);
        _keyChanges.Rearrange(sources);
    }

    private void PutKey(LogIndex index, in EffectReader reader)
    {
        var table = _tables[reader.Database];
        var hash = KeyTable.HashOf(reader.Key);
        var slot = table.Find(reader.Key, hash);
        _keyChanges.Note(index, reader.Database, reader.Key, hash);
        if (reader.Record == EffectRecord.NoKey)
        {
            if (slot != 0) table.Remove(slot);
            return;
        }

        if (slot == 0)
        {
            slot = table.Insert(reader.Key, hash, reader.Value.Length, reader.Flags, reader.Written);
            reader.Value.CopyTo(table.SlotAt(slot).Value);
        }
        else
        {
            reader.Value.CopyTo(table.Rewrite(slot, reader.Value.Length, reader.Flags, reader.Written));
        }

        if (reader.Expiry >= 0) table.SetExpiry(slot, reader.Expiry);
        else table.ClearExpiry(slot);
    }

    /// <summary>Reads it all before anything is changed.</summary>
    private bool IsApplicable(ReadOnlySpan<byte> effect)
    {
        var reader = new EffectReader(effect);
        if (!reader.TryBegin()) return false;
        var sessions = _machine.Sessions.Count;
        while (reader.TryRead())
        {
            if (reader.Record is not (EffectRecord.Session or EffectRecord.NoSession)) continue;
            var isHere = _machine.Sessions.Find(reader.Session) is not null;
            if (reader.Record == EffectRecord.Session && !isHere) sessions++;
            if (reader.Record == EffectRecord.NoSession && isHere) sessions--;
        }

        return reader.IsWhole && sessions <= SessionTable.MostSessions;
    }

    private void WriteSession(LogIndex index, ref EffectWriter effect)
    {
        var sessions = _machine.Sessions;
        var forgotten = sessions.Forgotten;
        sessions.Forgotten = null;
        if (forgotten is { } gone) _sessionChanges.Note(index, gone, isNew: false);
        if (forgotten < _session) effect.NoSession(forgotten.Value);
        var session = sessions.Find(_session);
        Invariant.Require(session is not null, "a session that was used is there");
        effect.Session(session, isNew: !_hadSession);
        _sessionChanges.Note(index, _session, isNew: !_hadSession);
        if (!_hadReply)
        {
            effect.Reply(session, _sequence);
            _sessionChanges.NoteReply(index, _session, _sequence);
        }

        if (forgotten > _session) effect.NoSession(forgotten.Value);
    }
}
