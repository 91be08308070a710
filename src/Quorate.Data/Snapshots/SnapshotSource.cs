using System.Buffers;
using System.Buffers.Binary;
using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data.Snapshots;

/// <summary>
/// Reads the state as it was at the beginning, bucket by bucket, while entries go on being applied: a bucket that is about to
/// change is saved first (Dragonfly's way). Big values are kept by reference and marked, so that a change copies them.
/// </summary>
internal sealed class SnapshotSource : ISnapshotSource
{
    private readonly SnapshotQueue _queue = new();
    private readonly List<TableWalk> _walks = [];
    private readonly Action _ended;
    private int _walk;
    private int _partDone;
    private long _entries;
    private readonly long _expected;
    private readonly long _sessions;
    private long _replies;
    private bool _endQueued;
    private bool _isDisposed;

    public SnapshotSource(KeyspaceMachine machine, LogIndex lastApplied, Action ended)
    {
        _ended = ended;
        var begin = _queue.Reserve(17);
        begin[0] = (byte)SnapshotRecord.Begin;
        BinaryPrimitives.WriteInt64LittleEndian(begin[1..], machine.ClockMilliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(begin[9..], lastApplied.Value);
        _queue.Advance(17);
        foreach (var session in machine.Sessions.All) SaveSession(session);
        _sessions = machine.Sessions.Count;
        foreach (var database in machine.Databases)
        {
            if (database.Count == 0) continue;
            _expected += database.Count;
            _walks.Add(new TableWalk(database.Table, database.Number, this));
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
            if (item.IsPart)
            {
                left -= WritePart(output, item, left);
                if (_partDone == item.Length) DropItem();
            }
            else
            {
                if (item.Length > left && left < budgetBytes) return true;
                output.Write(item.Bytes.AsSpan(0, item.Length));
                left -= item.Length;
                DropItem();
            }

            if (left <= 0) return HasQueued();
        }
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (var walk in _walks) walk.End();
        _ended();
    }

    /// <summary>Called once for every key there was at the beginning.</summary>
    public void Save(int database, in Slot slot, long expiry)
    {
        _entries++;
        var body = slot.KeyLength + (long)slot.ValueLength;
        var isBig = body > SnapshotFormat.LongestWhole;
        var into = _queue.Reserve(SnapshotFormat.AttributesLength + (isBig ? 0 : (int)body));
        into[0] = (byte)(isBig ? SnapshotRecord.BigEntry : SnapshotRecord.Entry);
        into[1] = (byte)database;
        into[2] = slot.Flags.State;
        BinaryPrimitives.WriteUInt32LittleEndian(into[3..], slot.Written);
        BinaryPrimitives.WriteInt64LittleEndian(into[7..], expiry);
        var at = 15;
        at += Varint.Write(into[at..], slot.KeyLength);
        at += Varint.Write(into[at..], slot.ValueLength);
        if (isBig)
        {
            _queue.Advance(at);
            slot.Blob![0] |= BlobFlags.SharedBit;
            _queue.AddParts(slot.Blob, Slot.HeaderLength, (int)body);
            return;
        }

        slot.Blob.AsSpan(Slot.HeaderLength, (int)body).CopyTo(into[at..]);
        _queue.Advance(at + (int)body);
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
                _queue.AddParts(reply.ToArray(), 0, reply.Length);
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

            if (!_walks[_walk].Advance()) _walks[_walk++].End();
        }

        return true;
    }

    private void QueueEnd()
    {
        Invariant.Require(_entries == _expected, "every key is saved exactly once");
        _endQueued = true;
        var into = _queue.Reserve(25);
        into[0] = (byte)SnapshotRecord.End;
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], _entries);
        BinaryPrimitives.WriteInt64LittleEndian(into[9..], _sessions);
        BinaryPrimitives.WriteInt64LittleEndian(into[17..], _replies);
        _queue.Advance(25);
    }

    private int WritePart(IBufferWriter<byte> output, SnapshotQueue.Item item, int budget)
    {
        var length = Math.Min(item.Length - _partDone, Math.Clamp(budget, 1024, SnapshotFormat.LongestWhole));
        Span<byte> head = stackalloc byte[1 + Varint.Longest];
        head[0] = (byte)SnapshotRecord.Part;
        var headLength = 1 + Varint.Write(head[1..], length);
        output.Write(head[..headLength]);
        output.Write(item.Bytes.AsSpan(item.Start + _partDone, length));
        _partDone += length;
        return headLength + length;
    }

    private void DropItem()
    {
        _queue.Drop();
        _partDone = 0;
    }
}
