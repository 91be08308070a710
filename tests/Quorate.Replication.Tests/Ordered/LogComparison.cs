using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

/// <summary>Does to a log and to a naive list the same, and compares all that can be asked after every step.</summary>
internal sealed class LogComparison<TStamp>(Prng dice, bool keepsHistory)
    where TStamp : struct, IStamp<TStamp>
{
    /// <summary>Entries <c>_base + 1</c> and up.</summary>
    private readonly List<(EntryKind Kind, byte[] Payload)> _entries = [];

    /// <summary>Stamps of the entries <c>_known</c> and up: of those in memory, the one before them, and with history of
    /// more.</summary>
    private readonly List<long> _stamps = [0];

    private FrameLog<TStamp> _log = new(keepsHistory: keepsHistory);
    private long[] _bytesFrom = [];
    private long _base;
    private long _known;
    private long _stamp = 1;

    private long Last => _base + _entries.Count;

    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            switch (dice.Below(10))
            {
                case < 5:
                    Append();
                    break;
                case 5 when keepsHistory && dice.Chance(200):
                    TruncateFrom(1 + dice.Below(_base + 1));
                    break;
                case 5 when _entries.Count > 0:
                    TruncateFrom(_base + 1 + dice.Below(_entries.Count));
                    break;
                case 6:
                    DropThrough(dice.Chance(200) ? Last : _base + dice.Below(_entries.Count + 1));
                    break;
                case 7 when _entries.Count > 0 && !keepsHistory:
                    Ship();
                    break;
                case 8 when dice.Chance(30):
                    Reset(_base + dice.Below(1000));
                    break;
            }

            Compare();
        }
    }

    private void Append()
    {
        if (dice.Chance(100)) _stamp += dice.Between(1, 3);
        for (var n = dice.Below(200); n >= 0; n--)
        {
            var payload = new byte[dice.Chance(1) ? dice.Below(3 << 20) : dice.Below(400)];
            payload.AsSpan().Fill((byte)dice.Below(256));
            var kind = dice.Chance(20) ? EntryKind.NoOp : EntryKind.Command;
            var cut = (int)dice.Below(payload.Length + 1);
            _log.Append(TStamp.Of(_stamp), kind, payload.AsSpan(0, cut), payload.AsSpan(cut)).Value.ShouldBe(Last + 1);
            _entries.Add((kind, payload));
            _stamps.Add(_stamp);
        }
    }

    private void TruncateFrom(long from)
    {
        _log.TruncateFrom(new(from));
        if (from > Last) return;
        if (from <= _base)
        {
            _entries.Clear();
            _base = from - 1;
        }
        else
        {
            _entries.RemoveRange((int)(from - _base - 1), (int)(Last - from + 1));
        }

        if (Last >= _known)
        {
            _stamps.RemoveRange((int)(Last - _known + 1), (int)(_stamps.Count - (Last - _known + 1)));
        }
        else
        {
            // Of what is left the history tells nothing.
            _stamps.Clear();
            _stamps.Add(0);
            _known = Last;
        }

        _stamp += 1;
    }

    private void DropThrough(long through)
    {
        _log.DropThrough(new(through));
        _entries.RemoveRange(0, (int)(through - _base));
        _base = through;
        if (keepsHistory) return;
        _stamps.RemoveRange(0, (int)(through - _known));
        _known = through;
    }

    /// <summary>What another log ships, this one takes.</summary>
    private void Ship()
    {
        var copy = new FrameLog<TStamp>();
        copy.Reset(new(_base), _log.StampAt(new(_base)));
        for (var next = _log.FirstIndex; next <= _log.LastIndex;)
        {
            var upTo = new LogIndex(dice.Between(next.Value, _log.LastIndex.Value));
            copy.AppendFrames(_log.Frames(next, upTo, dice.Between(1, 100_000), out var last).Span);
            last.ShouldBeLessThanOrEqualTo(upTo);
            copy.LastIndex.ShouldBe(last);
            next = last.Next;
        }

        _log = copy;
    }

    private void Reset(long index)
    {
        _log.Reset(new(index), TStamp.Of(_stamp));
        _entries.Clear();
        _stamps.Clear();
        _stamps.Add(_stamp);
        _base = _known = index;
    }

    private void Compare()
    {
        _bytesFrom = new long[_entries.Count + 1];
        for (var i = _entries.Count - 1; i >= 0; i--)
            _bytesFrom[i] = _bytesFrom[i + 1] + EntryFrame.HeaderBytes + _entries[i].Payload.Length;
        _log.CheckInvariants();
        _log.BaseIndex.Value.ShouldBe(_base);
        _log.LastIndex.Value.ShouldBe(Last);
        _log.LastStamp.Value.ShouldBe(_stamps[^1]);
        _log.Bytes.ShouldBe(BytesFrom(0));
        for (var probe = 0; probe < 10; probe++)
        {
            var index = new LogIndex(dice.Between(Math.Max(0, _known - 2), Last + 2));
            CompareAt(index);
            var limit = dice.Between(0, 50_000);
            var within = _log.FirstWithin(limit);
            within.Value.ShouldBeInRange(_base + 1, Last + 1);
            BytesFrom(within.Value).ShouldBeLessThanOrEqualTo(limit);
            if (within.Value > _base + 1) BytesFrom(within.Value - 1).ShouldBeGreaterThan(limit);
        }
    }

    private void CompareAt(LogIndex index)
    {
        _log.BytesFrom(index).ShouldBe(BytesFrom(index.Value));
        var isKnown = index.Value >= _known && index.Value <= Last;
        _log.HasStampAt(index).ShouldBe(isKnown);
        if (!isKnown) return;
        var at = (int)(index.Value - _known);
        _log.StampAt(index).Value.ShouldBe(_stamps[at]);
        var asked = dice.Between(0, _stamp);
        _log.LastNotAbove(index, TStamp.Of(asked)).Value.ShouldBe(_known + _stamps.FindLastIndex(at, s => s <= asked));
        if (index.Value <= _base) return;
        var entry = _log[index];
        var (kind, payload) = _entries[(int)(index.Value - _base - 1)];
        (entry.Stamp.Value, entry.Kind).ShouldBe((_stamps[at], kind));
        entry.Payload.SequenceEqual(payload).ShouldBeTrue();
    }

    private long BytesFrom(long index) => _bytesFrom[(int)Math.Clamp(index - _base - 1, 0, _entries.Count)];
}
