using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>The log against a naive list, operation by operation.</summary>
public sealed class EntryLogTests
{
    [Fact]
    public void It_is_a_list_of_entries_whatever_is_done_to_it()
    {
        for (ulong seed = 1; seed <= 20; seed++) Compare(new Prng(seed));
    }

    [Fact]
    public void A_slice_has_at_least_one_entry_and_ends_at_an_entry()
    {
        var log = new EntryLog();
        for (var i = 0; i < 100; i++) log.Append(new(1), EntryKind.Command, new byte[i]);
        for (var max = 1; max < 3000; max += 7)
        {
            var frames = log.Frames(new(20), max, out var last);
            EntryLog.AreWellFormed(frames.Span, new(1), new(1)).ShouldBeTrue();
            (last.Value == 20 || frames.Length <= max).ShouldBeTrue();
            if (last < log.LastIndex) (frames.Length + EntryLog.HeaderBytes + last.Value).ShouldBeGreaterThan(max);
        }
    }

    [Fact]
    public void A_log_that_has_forgotten_every_entry_holds_no_bytes_of_any()
    {
        var log = new EntryLog();
        for (var i = 0; i < 5000; i++) log.Append(new(1), EntryKind.Command, new byte[100]);
        log.DropThrough(log.LastIndex);
        log.BytesFrom(new(1)).ShouldBe(0);
        log.BytesFrom(log.LastIndex).ShouldBe(0);
        log.Append(new(1), EntryKind.Command, new byte[100]);
        log.BytesFrom(new(1)).ShouldBe(EntryLog.HeaderBytes + 100);
    }

    [Fact]
    public void Entries_larger_than_a_chunk_have_one_of_their_own()
    {
        var log = new EntryLog();
        log.Append(new(1), EntryKind.Command, [1]);
        var large = new byte[9 << 20];
        large[^1] = 7;
        log.Append(new(1), EntryKind.Command, large);
        log.Append(new(1), EntryKind.Command, [2]);
        log[new(2)].Payload[^1].ShouldBe((byte)7);
        log[new(3)].Payload.ToArray().ShouldBe([2]);
        log.DropThrough(new(2));
        log[new(3)].Payload.ToArray().ShouldBe([2]);
    }

    [Fact]
    public void Appending_and_forgetting_allocates_nothing_once_warm()
    {
        var log = new EntryLog();
        var payload = new byte[64];
        void Round()
        {
            for (var i = 0; i < 30_000; i++) log.Append(new(1), EntryKind.Command, payload);
            log.DropThrough(log.LastIndex);
        }

        for (var i = 0; i < 10; i++) Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) Round();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000, "300 000 entries");
    }

    private static void Compare(Prng dice)
    {
        var log = new EntryLog();
        var list = new List<(long Term, EntryKind Kind, byte[] Payload)>();
        long floor = 0, term = 1, floorTerm = 0;
        for (var step = 0; step < 600; step++)
        {
            switch (dice.Below(10))
            {
                case < 5:
                    if (dice.Chance(100)) term += dice.Between(1, 3);
                    for (var n = dice.Below(200); n >= 0; n--)
                    {
                        var payload = new byte[dice.Below(400)];
                        payload.AsSpan().Fill((byte)dice.Below(256));
                        var kind = dice.Chance(20) ? EntryKind.NoOp : EntryKind.Command;
                        log.Append(new(term), kind, payload);
                        list.Add((term, kind, payload));
                    }

                    break;
                case 5 when list.Count > 0:
                    var from = floor + 1 + dice.Below(list.Count);
                    log.TruncateFrom(new(from));
                    list.RemoveRange((int)(from - floor - 1), (int)(list.Count - (from - floor - 1)));
                    term += 1;
                    break;
                case 6 when list.Count > 0:
                    var through = floor + dice.Below(list.Count + 1);
                    log.DropThrough(new(through));
                    if (through > floor) floorTerm = list[(int)(through - floor - 1)].Term;
                    list.RemoveRange(0, (int)(through - floor));
                    floor = through;
                    break;
                case 7 when list.Count > 0:
                    // What another log ships, this one takes.
                    var copy = new EntryLog();
                    copy.Reset(new(floor), new(floorTerm));
                    for (var next = log.FirstIndex; next <= log.LastIndex;)
                    {
                        copy.AppendFrames(log.Frames(next, dice.Between(1, 100_000), out var last).Span);
                        next = last.Next;
                    }

                    log = copy;
                    break;
                case 8 when dice.Chance(30):
                    floor += dice.Below(1000);
                    floorTerm = term;
                    log.Reset(new(floor), new(floorTerm));
                    list.Clear();
                    break;
            }

            log.CheckInvariants();
            log.BaseIndex.Value.ShouldBe(floor);
            log.LastIndex.Value.ShouldBe(floor + list.Count);
            log.Bytes.ShouldBe(list.Sum(e => (long)EntryLog.HeaderBytes + e.Payload.Length));
            log.TermAt(new(floor)).Value.ShouldBe(floorTerm);
            for (var probe = 0; probe < 10 && list.Count > 0; probe++)
            {
                var at = dice.Below(list.Count);
                var index = new LogIndex(floor + 1 + at);
                var entry = log[index];
                entry.Term.Value.ShouldBe(list[at].Term);
                log.TermAt(index).Value.ShouldBe(list[at].Term);
                entry.Kind.ShouldBe(list[at].Kind);
                entry.Payload.SequenceEqual(list[at].Payload).ShouldBeTrue();
                log.BytesFrom(index).ShouldBe(list.Skip(at).Sum(e => (long)EntryLog.HeaderBytes + e.Payload.Length));
                var limit = dice.Between(1, 50_000);
                log.BytesFrom(log.FirstWithin(limit)).ShouldBeLessThanOrEqualTo(limit);
                var asked = new Term(dice.Between(0, term));
                var naive = list.FindLastIndex(at, e => e.Term <= asked.Value);
                var expected = naive >= 0 ? floor + 1 + naive : floorTerm <= asked.Value ? floor : floor - 1;
                log.LastNotAbove(index, asked).Value.ShouldBe(expected);
            }
        }
    }
}
