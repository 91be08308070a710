using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Snapshots;

/// <summary>Builds a state from a snapshot's pieces beside the present one and puts it in place at the end.</summary>
internal sealed class SnapshotTarget : ISnapshotTarget
{
    private readonly record struct Attributes(
        int Database, ValueForm Form, KeyStamp Stamp, long Expiry, int KeyLength, int ValueLength);

    /// <summary>What the parts that follow are the bytes of.</summary>
    private enum Awaited
    {
        Reply,
        Entry,
        Key,
    }

    private readonly KeyspaceMachine _machine;
    private readonly IKeyStore[] _stores;
    private readonly SessionTable _sessions = new();
    private readonly GrowingBytes _parts = new();
    private Attributes _entry;
    private byte[] _key = [];
    private ValueBuilder? _builder;
    private Session? _session;
    private long _replySequence;
    private Awaited _awaited;
    private bool _hasBegun;
    private bool _hasEnded;
    private bool _isDamaged;
    private long _clock;
    private long _lastApplied;
    private long _entries;
    private long _replies;

    public SnapshotTarget(KeyspaceMachine machine)
    {
        _machine = machine;
        _stores = new IKeyStore[KeyspaceMachine.DatabaseCount];
        for (var i = 0; i < _stores.Length; i++) _stores[i] = machine.MakeStore();
    }

    public bool TryAccept(ReadOnlySpan<byte> piece)
    {
        while (!_isDamaged && piece.Length > 0)
        {
            var kind = (SnapshotRecord)piece[0];
            var at = 1;
            var fits = !_hasEnded && (kind == SnapshotRecord.Begin) == !_hasBegun
                && (kind == SnapshotRecord.Part) == !_parts.IsWhole
                && (kind == SnapshotRecord.ValuePiece) == (_builder is not null && _parts.IsWhole);
            _isDamaged = !(fits && kind switch
            {
                SnapshotRecord.Begin => TryBegin(piece, ref at),
                SnapshotRecord.Entry => TryEntry(piece, ref at),
                SnapshotRecord.BigEntry => TryBigEntry(piece, ref at),
                SnapshotRecord.BuiltEntry => TryBuiltEntry(piece, ref at),
                SnapshotRecord.Part => TryPart(piece, ref at),
                SnapshotRecord.ValuePiece => TryValuePiece(piece, ref at),
                SnapshotRecord.Session => TrySession(piece, ref at),
                SnapshotRecord.Reply => TryReply(piece, ref at),
                SnapshotRecord.End => TryEnd(piece, ref at),
                _ => false,
            });
            if (!_isDamaged) piece = piece[at..];
        }

        return !_isDamaged;
    }

    public void Complete()
    {
        Invariant.Require(_hasEnded && !_isDamaged, "only a whole snapshot becomes the state");
        _machine.Replace(_stores, _sessions, _clock, new LogIndex(_lastApplied));
    }

    private static bool TryInt64(ReadOnlySpan<byte> piece, ref int at, out long value)
    {
        value = 0;
        if (piece.Length - at < 8) return false;
        value = BinaryPrimitives.ReadInt64LittleEndian(piece[at..]);
        at += 8;
        return true;
    }

    private static bool TryBytes(ReadOnlySpan<byte> piece, ref int at, int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (length > piece.Length - at) return false;
        bytes = piece.Slice(at, length);
        at += length;
        return true;
    }

    private bool TryBegin(ReadOnlySpan<byte> piece, ref int at)
    {
        _hasBegun = true;
        return TryInt64(piece, ref at, out _clock) && TryInt64(piece, ref at, out _lastApplied) && _lastApplied >= 0;
    }

    private bool TryEntry(ReadOnlySpan<byte> piece, ref int at) =>
        TryAttributes(piece, ref at, isPacked: true)
        && TryBytes(piece, ref at, _entry.KeyLength, out var key)
        && TryBytes(piece, ref at, _entry.ValueLength, out var value)
        && TryInsert(key, value);

    private bool TryBigEntry(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryAttributes(piece, ref at, isPacked: true)) return false;
        _awaited = Awaited.Entry;
        _parts.Begin(_entry.KeyLength + _entry.ValueLength);
        return true;
    }

    private bool TryBuiltEntry(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryAttributes(piece, ref at, isPacked: false) || _entry.ValueLength != 0) return false;
        _builder = _machine.Types.Of(_entry.Form.Kind).Begin(_entry.Form.Variant);
        if (_entry.KeyLength > SnapshotFormat.LongestWhole)
        {
            _awaited = Awaited.Key;
            _parts.Begin(_entry.KeyLength);
            return true;
        }

        if (!TryBytes(piece, ref at, _entry.KeyLength, out var key)) return false;
        _key = key.ToArray();
        return true;
    }

    private bool TryAttributes(ReadOnlySpan<byte> piece, ref int at, bool isPacked)
    {
        if (piece.Length - at < 14) return false;
        var database = piece[at];
        var form = new ValueForm(piece[at + 1]);
        var written = BinaryPrimitives.ReadUInt32LittleEndian(piece[(at + 2)..]);
        at += 6;
        if (!TryInt64(piece, ref at, out var expiry) || !Varint.TryReadLong(piece, ref at, out var version)) return false;
        if (!Varint.TryRead(piece, ref at, out var key) || !Varint.TryRead(piece, ref at, out var value)) return false;
        _entry = new Attributes(database, form, new KeyStamp(new LogIndex(version), written), expiry, key, value);
        return database < KeyspaceMachine.DatabaseCount && expiry >= -1 && version <= _lastApplied
            && _machine.Types.Has(form) && _machine.Types.IsPacked(form) == isPacked
            && key <= KeyspaceMachine.LongestValueBytes && value <= KeyspaceMachine.LongestValueBytes;
    }

    private bool TryInsert(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var hash = KeyHash.Of(key);
        var store = _stores[_entry.Database];
        if (store.Find(key, hash, out _) != 0) return false;
        if (!_machine.Types.Of(_entry.Form.Kind).MayBe(_entry.Form.Variant, value)) return false;
        var row = store.Insert(key, hash, value.Length, _entry.Form, _entry.Stamp, out var bytes);
        value.CopyTo(bytes);
        return Finish(store, row);
    }

    private bool TryInsert(ReadOnlySpan<byte> key, Value value)
    {
        var hash = KeyHash.Of(key);
        var store = _stores[_entry.Database];
        return store.Find(key, hash, out _) == 0 && Finish(store, store.Insert(key, hash, value, _entry.Form, _entry.Stamp));
    }

    private bool Finish(IKeyStore store, int row)
    {
        if (_entry.Expiry >= 0) store.SetExpiry(row, _entry.Expiry, _entry.Stamp.Version);
        _entries++;
        return true;
    }

    private bool TryPart(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!Varint.TryRead(piece, ref at, out var length) || length == 0) return false;
        if (!TryBytes(piece, ref at, length, out var part) || !_parts.TryAppend(part)) return false;
        if (!_parts.IsWhole) return true;
        var whole = _parts.Take();
        switch (_awaited)
        {
            case Awaited.Reply:
                return PutReply(whole);
            case Awaited.Entry:
                return TryInsert(whole.AsSpan(0, _entry.KeyLength), whole.AsSpan(_entry.KeyLength));
            default:
                _key = whole;
                return true;
        }
    }

    private bool TryValuePiece(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!Varint.TryRead(piece, ref at, out var length) || !TryBytes(piece, ref at, length, out var part)) return false;
        if (length > 0) return _builder!.TryAppend(part);
        if (!_builder!.TryFinish(out var value)) return false;
        _builder = null;
        return TryInsert(_key, value);
    }

    private bool TrySession(ReadOnlySpan<byte> piece, ref int at)
    {
        return TryInt64(piece, ref at, out var id) && TryInt64(piece, ref at, out var lastUse)
            && TryInt64(piece, ref at, out var low) && _sessions.TryRestore(id, lastUse, low, out _session!);
    }

    private bool TryReply(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryInt64(piece, ref at, out _replySequence) || !Varint.TryRead(piece, ref at, out var length)) return false;
        if (_session is null || _replySequence < _session.End || _replySequence - _session.Low >= Session.WidestWindow)
            return false;
        _awaited = Awaited.Reply;
        if (length == 0) return PutReply([]);
        _parts.Begin(length);
        return true;
    }

    private bool PutReply(ReadOnlySpan<byte> reply)
    {
        _session!.Put(_replySequence, reply);
        _replies++;
        return true;
    }

    private bool TryEnd(ReadOnlySpan<byte> piece, ref int at)
    {
        _hasEnded = true;
        return TryInt64(piece, ref at, out var entries) && TryInt64(piece, ref at, out var sessions)
            && TryInt64(piece, ref at, out var replies)
            && entries == _entries && sessions == _sessions.Count && replies == _replies;
    }
}
