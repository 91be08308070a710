using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data.Snapshots;

/// <summary>Builds a state from a snapshot's pieces beside the present one and puts it in place at the end.</summary>
internal sealed class SnapshotTarget(KeyspaceMachine machine) : ISnapshotTarget
{
    private readonly record struct Attributes(int Database, BlobFlags Flags, uint Written, long Expiry, int KeyLength, int ValueLength);

    private readonly KeyTable[] _tables = [.. Enumerable.Range(0, KeyspaceMachine.DatabaseCount).Select(_ => new KeyTable())];
    private readonly SessionTable _sessions = new();
    private readonly GrowingBytes _parts = new();
    private Attributes _bigEntry;
    private Session? _session;
    private long _replySequence;
    private bool _partsAreReply;
    private bool _hasBegun;
    private bool _hasEnded;
    private bool _isDamaged;
    private long _clock;
    private long _lastApplied;
    private long _entries;
    private long _replies;

    public bool TryAccept(ReadOnlySpan<byte> piece)
    {
        while (!_isDamaged && piece.Length > 0)
        {
            var kind = (SnapshotRecord)piece[0];
            var at = 1;
            var fits = !_hasEnded && (kind == SnapshotRecord.Begin) == !_hasBegun
                && (kind == SnapshotRecord.Part) == !_parts.IsWhole;
            _isDamaged = !(fits && kind switch
            {
                SnapshotRecord.Begin => TryBegin(piece, ref at),
                SnapshotRecord.Entry => TryEntry(piece, ref at),
                SnapshotRecord.BigEntry => TryBigEntry(piece, ref at),
                SnapshotRecord.Part => TryPart(piece, ref at),
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
        machine.Replace(_tables, _sessions, _clock, new LogIndex(_lastApplied));
    }

    private static bool TryInt64(ReadOnlySpan<byte> piece, ref int at, out long value)
    {
        value = 0;
        if (piece.Length - at < 8) return false;
        value = BinaryPrimitives.ReadInt64LittleEndian(piece[at..]);
        at += 8;
        return true;
    }

    private bool TryBegin(ReadOnlySpan<byte> piece, ref int at)
    {
        _hasBegun = true;
        return TryInt64(piece, ref at, out _clock) && TryInt64(piece, ref at, out _lastApplied) && _lastApplied >= 0;
    }

    private bool TryEntry(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryAttributes(piece, ref at, out var entry)) return false;
        var length = entry.KeyLength + entry.ValueLength;
        if (length > piece.Length - at) return false;
        var blob = new byte[Slot.HeaderLength + length];
        piece.Slice(at, length).CopyTo(blob.AsSpan(Slot.HeaderLength));
        at += length;
        return TryInsert(entry, blob);
    }

    private bool TryBigEntry(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryAttributes(piece, ref at, out _bigEntry)) return false;
        _partsAreReply = false;
        _parts.Begin(_bigEntry.KeyLength + _bigEntry.ValueLength, Slot.HeaderLength);
        return true;
    }

    private static bool TryAttributes(ReadOnlySpan<byte> piece, ref int at, out Attributes entry)
    {
        entry = default;
        if (piece.Length - at < 14) return false;
        var database = piece[at];
        var flags = new BlobFlags(piece[at + 1]);
        var written = BinaryPrimitives.ReadUInt32LittleEndian(piece[(at + 2)..]);
        at += 6;
        if (!TryInt64(piece, ref at, out var expiry)) return false;
        if (!Varint.TryRead(piece, ref at, out var key) || !Varint.TryRead(piece, ref at, out var value)) return false;
        entry = new Attributes(database, flags, written, expiry, key, value);
        return database < KeyspaceMachine.DatabaseCount && flags.IsValidState && expiry >= -1
            && key <= KeyspaceMachine.LongestValueBytes && value <= KeyspaceMachine.LongestValueBytes;
    }

    private bool TryInsert(in Attributes entry, byte[] blob)
    {
        var key = blob.AsSpan(Slot.HeaderLength, entry.KeyLength);
        var hash = KeyTable.HashOf(key);
        var table = _tables[entry.Database];
        if (table.Find(key, hash) != 0) return false;
        var slot = table.Insert(blob, entry.KeyLength, hash, entry.ValueLength, entry.Flags, entry.Written);
        if (entry.Expiry >= 0) table.SetExpiry(slot, entry.Expiry);
        _entries++;
        return true;
    }

    private bool TryPart(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!Varint.TryRead(piece, ref at, out var length) || length > piece.Length - at || length == 0) return false;
        if (!_parts.TryAppend(piece.Slice(at, length))) return false;
        at += length;
        return !_parts.IsWhole || (_partsAreReply ? PutReply(_parts.Take()) : TryInsert(_bigEntry, _parts.Take()));
    }

    private bool TrySession(ReadOnlySpan<byte> piece, ref int at)
    {
        return TryInt64(piece, ref at, out var id) && TryInt64(piece, ref at, out var lastUse)
            && TryInt64(piece, ref at, out var low) && _sessions.TryRestore(id, lastUse, low, out _session!);
    }

    private bool TryReply(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!TryInt64(piece, ref at, out _replySequence) || !Varint.TryRead(piece, ref at, out var length)) return false;
        if (_session is null || _replySequence < _session.End || _replySequence - _session.Low >= Session.WidestWindow) return false;
        _partsAreReply = true;
        if (length == 0) return PutReply([]);
        _parts.Begin(length, 0);
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
