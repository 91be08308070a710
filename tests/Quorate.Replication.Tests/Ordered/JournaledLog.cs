using System.Buffers.Binary;
using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

/// <summary>A log and its journal, to which everything happens that may, crashes too. What the journal had called durable must be
/// there after each of them.</summary>
internal sealed class JournaledLog<TStamp>(Prng dice)
    where TStamp : struct, IStamp<TStamp>
{
    private readonly RecordedEffects _effects = new();
    private FrameLog<TStamp> _log = new();
    private PlainJournal<TStamp> _journal = new();
    private (LogIndex Index, TStamp Stamp) _snapshot;
    private PersistPoint _durable;
    private LogIndex _committed;
    private long _stamp = 1;

    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            switch (dice.Below(12))
            {
                case < 4:
                    Append();
                    break;
                case < 6:
                    _journal.SaveEntries(_log, _effects);
                    break;
                case < 8:
                    Persist();
                    break;
                case 8 when _log.LastIndex > _committed:
                    Truncate();
                    break;
                case 9 when _committed > _snapshot.Index:
                    Seal(_committed, _log.StampAt(_committed));
                    if (dice.Chance(500)) _log.DropThrough(_committed);
                    break;
                case 10 when dice.Chance(400):
                    Jump();
                    break;
                case 11 when dice.Chance(400):
                    Crash();
                    break;
            }

            _log.CheckInvariants();
            _journal.DurableIndex.ShouldBeLessThanOrEqualTo(_journal.JournaledIndex);
            _journal.JournaledIndex.ShouldBeLessThanOrEqualTo(_log.LastIndex);
            _journal.DurableIndex.ShouldBeGreaterThanOrEqualTo(_committed);
        }
    }

    private void Append()
    {
        var payload = new byte[8];
        for (var n = dice.Below(4); n >= 0; n--)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload, ContentOf(_log.LastIndex.Next, _stamp));
            _log.Append(TStamp.Of(_stamp), EntryKind.Command, payload);
        }
    }

    /// <summary>The disk has written some of what waits for it; what is durable may be committed.</summary>
    private void Persist()
    {
        _durable = new(dice.Between(_durable.Value, _effects.Last.Value));
        _journal.OnPersisted(_durable, _effects);
        if (dice.Chance(500)) _committed = LogIndex.Max(_committed, new(dice.Between(0, _journal.DurableIndex.Value)));
    }

    /// <summary>Another leader has other entries there, at once or later.</summary>
    private void Truncate()
    {
        var from = new LogIndex(dice.Between(_committed.Value + 1, _log.LastIndex.Value));
        _log.TruncateFrom(from);
        _journal.TruncateFrom(from, _effects);
        _stamp++;
        Append();
    }

    /// <summary>A snapshot of another replica takes the place of the log, or of its prefix where that agrees with it.</summary>
    private void Jump()
    {
        var agrees = dice.Chance(500) && _log.LastIndex > _committed;
        if (!agrees) _stamp++;
        var last = Math.Max(_committed.Value + 1, agrees ? _log.LastIndex.Value : _committed.Value + 20);
        var index = new LogIndex(dice.Between(_committed.Value + 1, last));
        var stamp = agrees ? _log.StampAt(index) : TStamp.Of(_stamp);
        if (agrees) _log.DropThrough(index);
        else _log.Reset(index, stamp);
        _journal.JumpTo(index, stamp, agrees, _effects);
        _committed = index;
        Seal(index, stamp);
    }

    private void Seal(LogIndex index, TStamp stamp)
    {
        _snapshot = (index, stamp);
        _journal.Mark(index, stamp, _effects);
    }

    private void Crash()
    {
        var (before, promised) = (_log, _journal.DurableIndex);
        _durable = new(dice.Between(_durable.Value, _effects.Last.Value));
        _effects.Records.RemoveAll(r => r.Point > _durable);
        _log = new FrameLog<TStamp>();
        _journal = new PlainJournal<TStamp>();
        var recovery = new EntriesRecovery<TStamp>(_log, _journal);
        _log.Reset(_snapshot.Index, _snapshot.Stamp);
        recovery.OnSnapshot(_snapshot.Index, _snapshot.Stamp);
        foreach (var (point, record) in _effects.Records) Take(recovery, point, record);
        _journal.StartAt(_log.LastIndex, ownPoint: default);
        _log.LastIndex.ShouldBeGreaterThanOrEqualTo(promised);
        for (var index = _log.FirstIndex; index <= promised; index = index.Next)
            _log.StampAt(index).ShouldBe(before.StampAt(index), "what was durable");
        for (var index = _log.FirstIndex; index <= _log.LastIndex; index = index.Next)
        {
            var entry = _log[index];
            BinaryPrimitives.ReadInt64LittleEndian(entry.Payload).ShouldBe(ContentOf(index, entry.Stamp.Value));
        }

        // A leader that is elected after a crash has a stamp of its own.
        _stamp++;
    }

    private void Take(EntriesRecovery<TStamp> recovery, PersistPoint point, byte[] record)
    {
        var body = record.AsSpan(1);
        if (record[0] == PlainJournal<TStamp>.MarkKind)
        {
            recovery.MayHaveReleased(new(BinaryPrimitives.ReadInt64LittleEndian(body))).ShouldBeTrue();
            return;
        }

        EntriesRecord.TryRead<TStamp>(body, out var first, out var previous, out var frames).ShouldBeTrue();
        recovery.TryTake(first, previous, ref frames, point, out var from).ShouldBeTrue("the journal is whole");
        _log.TruncateFrom(from);
        _log.AppendFrames(frames);
    }

    /// <summary>A leader gives an index once: index and stamp say what the entry is.</summary>
    private static long ContentOf(LogIndex index, long stamp) => (stamp << 32) | index.Value;
}
