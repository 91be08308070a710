using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Snapshots;

/// <summary>
/// Reads the state as it was at the beginning, a few keys at a time, while entries go on being applied: keys that are about
/// to change are saved first (Dragonfly's way). Big packed values are kept by reference and marked, so that a change copies
/// them; of other values a fork is kept, and its pieces are cut when they are written.
/// </summary>
internal sealed class SnapshotSource : ISnapshotSource, IKeySink
{
    /// <summary>Less room than this is not worth a part.</summary>
    private const int LeastForCut = PieceReader.SmallestBudget + PieceHead;

    private const int PieceHead = 1 + Varint.Longest;

    private readonly SnapshotQueue _queue = new();
    private readonly List<IKeyWalk> _walks = [];
    private readonly ArrayBufferWriter<byte> _piece = new();
    private readonly SlotRange? _slots;
    private readonly Action _ended;
    private int _walk;
    private int _partDone;
    private long _walked;
    private long _entries;
    private readonly long _expected;
    private readonly long _sessions;
    private long _replies;
    private bool _endQueued;
    private bool _isDisposed;

    /// <param name="machine">whose state is read</param>
    /// <param name="slots">only keys of these hash slots; null: all</param>
    /// <param name="ended">told when the source is disposed</param>
    public SnapshotSource(KeyspaceMachine machine, SlotRange? slots, Action ended)
    {
        _slots = slots;
        _ended = ended;
        var begin = _queue.Reserve(17);
        begin[0] = (byte)SnapshotRecord.Begin;
        BinaryPrimitives.WriteInt64LittleEndian(begin[1..], machine.ClockMilliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(begin[9..], machine.LastApplied.Value);
        _queue.Advance(17);
        foreach (var session in machine.Sessions.All) SaveSession(session);
        _sessions = machine.Sessions.Count;
        foreach (var database in machine.Databases)
        {
            if (database.Count == 0) continue;
            _expected += database.Count;
            _walks.Add(database.Store.BeginWalk(database.Number, this));
        }
    }

    public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
    {
        Invariant.Require(!_isDisposed, "a disposed snapshot is not read");
        var left = budgetBytes;
        while (true)
        {
            if (!HasQueued()) return false;
            var item = _queue.Peek();
            var isCut = item.IsPart || item.Pieces is not null;
            if (isCut && left < LeastForCut && left < budgetBytes) return true;
            if (item.Pieces is not null)
            {
                left -= WritePiece(output, item.Pieces, left);
            }
            else if (item.IsPart)
            {
                left -= WritePart(output, item.Bytes.Span, left);
                if (_partDone == item.Bytes.Length) DropItem();
            }
            else
            {
                if (item.Bytes.Length > left && left < budgetBytes) return true;
                output.Write(item.Bytes.Span);
                left -= item.Bytes.Length;
                DropItem();
            }

            if (left <= 0) return HasQueued();
        }
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (var walk in _walks) walk.Dispose();
        _ended();
    }

    public void Save(int database, IKeyStore store, int row)
    {
        _walked++;
        var key = store.KeyOf(row);
        if (_slots is { } slots && !slots.Contains(KeySlot.Of(key))) return;
        _entries++;
        var mark = store.MarkOf(row);
        var bytes = mark.IsBuilt ? default : store.BytesOf(row);
        var body = key.Length + (long)bytes.Length;
        var isBig = body > SnapshotFormat.LongestWhole;
        var kind = mark.IsBuilt ? SnapshotRecord.BuiltEntry : isBig ? SnapshotRecord.BigEntry : SnapshotRecord.Entry;
        var into = _queue.Reserve(SnapshotFormat.AttributesLength + (isBig ? 0 : (int)body));
        var at = WriteAttributes(into, kind, database, store, row, bytes.Length);
        if (isBig)
        {
            _queue.Advance(at);
            _queue.AddParts(mark.IsBuilt ? key.ToArray() : store.Hold(row));
        }
        else
        {
            key.CopyTo(into[at..]);
            bytes.CopyTo(into[(at + key.Length)..]);
            _queue.Advance(at + (int)body);
        }

        if (mark.IsBuilt) _queue.AddPieces(store.ValueOf(row).Fork().Read());
    }

    private static int WriteAttributes(
        Span<byte> into, SnapshotRecord kind, int database, IKeyStore store, int row, int valueLength)
    {
        var mark = store.MarkOf(row);
        into[0] = (byte)kind;
        into[1] = (byte)database;
        into[2] = mark.Form.State;
        BinaryPrimitives.WriteUInt32LittleEndian(into[3..], store.WrittenOf(row));
        BinaryPrimitives.WriteInt64LittleEndian(into[7..], store.ExpiryOf(row));
        var at = 15;
        at += Varint.WriteLong(into[at..], mark.Version.Value);
        at += Varint.Write(into[at..], store.KeyOf(row).Length);
        return at + Varint.Write(into[at..], valueLength);
    }

    private void SaveSession(Session session)
    {
        var into = _queue.Reserve(25);
        into[0] = (byte)SnapshotRecord.Session;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], session.Id);
        BinaryPrimitives.WriteInt64LittleEndian(into[9..], session.LastUse);
        BinaryPrimitives.WriteInt64LittleEndian(into[17..], session.Low);
        _queue.Advance(25);
        for (var sequence = session.Low; sequence < session.End; sequence++)
        {
            if (!session.TryGet(sequence, out var reply)) continue;
            _replies++;
            into = _queue.Reserve(9 + Varint.Longest);
            into[0] = (byte)SnapshotRecord.Reply;
            BinaryPrimitives.WriteInt64LittleEndian(into[1..], sequence);
            _queue.Advance(9 + Varint.Write(into[9..], reply.Length));
            if (reply.Length > SnapshotFormat.LongestWhole)
            {
                _queue.AddParts(reply.ToArray());
            }
            else if (reply.Length > 0)
            {
                into = _queue.Reserve(1 + Varint.Longest + reply.Length);
                into[0] = (byte)SnapshotRecord.Part;
                var at = 1 + Varint.Write(into[1..], reply.Length);
                reply.Span.CopyTo(into[at..]);
                _queue.Advance(at + reply.Length);
            }
        }
    }

    /// <summary>Walks on until something waits. False: everything has been written.</summary>
    private bool HasQueued()
    {
        while (_queue.IsEmpty)
        {
            if (_endQueued) return false;
            if (_walk == _walks.Count)
            {
                QueueEnd();
                return true;
            }

            if (!_walks[_walk].Advance()) _walks[_walk++].Dispose();
        }

        return true;
    }

    private void QueueEnd()
    {
        Invariant.Require(_walked == _expected, "every key is saved exactly once");
        _endQueued = true;
        var into = _queue.Reserve(25);
        into[0] = (byte)SnapshotRecord.End;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], _entries);
        BinaryPrimitives.WriteInt64LittleEndian(into[9..], _sessions);
        BinaryPrimitives.WriteInt64LittleEndian(into[17..], _replies);
        _queue.Advance(25);
    }

    private int WritePart(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes, int budget)
    {
        var length = Math.Min(
            bytes.Length - _partDone, Math.Clamp(budget - PieceHead, PieceReader.SmallestBudget, SnapshotFormat.LongestWhole));
        var written = WriteRecord(output, SnapshotRecord.Part, bytes.Slice(_partDone, length));
        _partDone += length;
        return written;
    }

    /// <summary>The next piece, or the empty one behind the last.</summary>
    private int WritePiece(IBufferWriter<byte> output, PieceReader pieces, int budget)
    {
        var most = Math.Clamp(budget - PieceHead, PieceReader.SmallestBudget, SnapshotFormat.LongestWhole);
        _piece.ResetWrittenCount();
        var isLast = !pieces.WriteNext(_piece, most);
        Invariant.Require(_piece.WrittenCount <= most, "a piece keeps to its budget");
        var written = _piece.WrittenCount == 0 ? 0 : WriteRecord(output, SnapshotRecord.ValuePiece, _piece.WrittenSpan);
        if (!isLast) return written;
        _queue.Drop();
        return written + WriteRecord(output, SnapshotRecord.ValuePiece, default);
    }

    private static int WriteRecord(IBufferWriter<byte> output, SnapshotRecord kind, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[PieceHead];
        head[0] = (byte)kind;
        var length = 1 + Varint.Write(head[1..], bytes.Length);
        output.Write(head[..length]);
        output.Write(bytes);
        return length + bytes.Length;
    }

    private void DropItem()
    {
        _queue.Drop();
        _partDone = 0;
    }
}
