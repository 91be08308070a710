using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class TermLogTests : FrameLogTests<Term>;

public sealed class EpochLogTests : FrameLogTests<Epoch>;

/// <summary>The log, whatever its entries are stamped with.</summary>
public abstract class FrameLogTests<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    private static readonly TStamp One = TStamp.Of(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_is_a_list_of_entries_whatever_is_done_to_it(bool keepsHistory)
    {
        for (ulong seed = 1; seed <= 20; seed++) new LogComparison<TStamp>(new Prng(seed), keepsHistory).Run(600);
    }

    [Fact]
    public void A_slice_has_at_least_one_entry_and_ends_at_an_entry()
    {
        var log = new FrameLog<TStamp>();
        for (var i = 0; i < 100; i++) log.Append(One, EntryKind.Command, new byte[i]);
        for (var max = 1; max < 3000; max += 7)
        {
            var frames = log.Frames(new(20), max, out var last);
            EntryFrame.AreWellFormed(frames.Span, One, One, EntryKinds.Command).ShouldBeTrue();
            EntryFrame.Count(frames.Span).ShouldBe((int)last.Value - 19);
            (last.Value == 20 || frames.Length <= max).ShouldBeTrue();
            // The next entry would not have fitted; its payload is as long as its index, less one.
            if (last < log.LastIndex) (frames.Length + EntryFrame.HeaderBytes + last.Value).ShouldBeGreaterThan(max);
        }
    }

    [Fact]
    public void A_slice_ends_where_it_is_told_to()
    {
        var log = new FrameLog<TStamp>();
        for (var i = 0; i < 10; i++) log.Append(One, EntryKind.Command, new byte[5]);
        log.Frames(new(3), new(7), long.MaxValue, out var last).Length.ShouldBe(5 * (EntryFrame.HeaderBytes + 5));
        last.ShouldBe(new LogIndex(7));
    }

    /// <summary>A primary that answered INFO, ROLE or WAIT crashed here while a backup lagged behind a value so large that the
    /// log had been forgotten to its end.</summary>
    [Theory]
    [InlineData(1, 100)]
    [InlineData(5000, 100)]
    [InlineData(1, 5 << 20)]
    [InlineData(3, 3 << 20)]
    public void A_log_that_has_forgotten_every_entry_holds_no_bytes_of_any(int entries, int bytes)
    {
        var log = new FrameLog<TStamp>(keepsHistory: true);
        for (var i = 0; i < entries; i++) log.Append(One, EntryKind.Command, new byte[bytes]);
        log.DropThrough(log.LastIndex);
        for (var index = default(LogIndex); index <= log.LastIndex.Next; index = index.Next) log.BytesFrom(index).ShouldBe(0);
        log.Bytes.ShouldBe(0);
        log.FirstWithin(0).ShouldBe(log.LastIndex.Next);
        log.CheckInvariants();
        log.Append(One, EntryKind.Command, new byte[bytes]);
        log.BytesFrom(default).ShouldBe(EntryFrame.HeaderBytes + bytes);
        log.BytesFrom(log.LastIndex).ShouldBe(EntryFrame.HeaderBytes + bytes);
    }

    [Fact]
    public void Entries_larger_than_a_chunk_have_one_of_their_own()
    {
        var log = new FrameLog<TStamp>();
        log.Append(One, EntryKind.Command, [1]);
        var large = new byte[9 << 20];
        large[^1] = 7;
        log.Append(One, EntryKind.Command, large);
        log.Append(One, EntryKind.Command, [2]);
        log[new(2)].Payload[^1].ShouldBe((byte)7);
        log[new(3)].Payload.ToArray().ShouldBe([2]);
        log.DropThrough(new(2));
        log[new(3)].Payload.ToArray().ShouldBe([2]);
    }

    [Fact]
    public void A_payload_may_come_in_two_parts()
    {
        var log = new FrameLog<TStamp>();
        log.Append(One, EntryKind.Command, [1, 2], [3]);
        log[new(1)].Payload.ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void The_first_configuration_among_frames_is_told()
    {
        var log = new FrameLog<TStamp>();
        foreach (var kind in new[] { EntryKind.NoOp, EntryKind.Command, EntryKind.Configuration, EntryKind.Configuration })
            log.Append(One, kind, [1]);
        var frames = log.Frames(new(1), long.MaxValue, out _);
        var copy = new FrameLog<TStamp>();
        copy.Append(One, EntryKind.NoOp, default);
        copy.AppendFrames(frames.Span).ShouldBe(new LogIndex(4));
        copy.AppendFrames(log.Frames(new(1), new(2), long.MaxValue, out _).Span).ShouldBe(default);
    }

    [Fact]
    public void Only_a_log_that_keeps_its_history_can_lose_entries_that_are_gone_from_memory()
    {
        foreach (var keepsHistory in new[] { true, false })
        {
            var log = new FrameLog<TStamp>(keepsHistory: keepsHistory);
            foreach (var stamp in new[] { 1, 1, 3, 3, 7 }) log.Append(TStamp.Of(stamp), EntryKind.Command, [1]);
            log.DropThrough(new(4));
            log.HasStampAt(new(2)).ShouldBe(keepsHistory);
            if (!keepsHistory)
            {
                Should.Throw<InvariantViolation>(() => log.TruncateFrom(new(3)));
                continue;
            }

            log.TruncateFrom(new(3));
            (log.BaseIndex, log.LastIndex, log.LastStamp).ShouldBe((new(2), new(2), One));
            log.CheckInvariants();
        }
    }

    [Fact]
    public void Memory_that_is_not_needed_any_more_goes_back_to_where_it_is_from()
    {
        var blocks = new CountedBlocks();
        var log = new FrameLog<TStamp>(blocks);
        for (var i = 0; i < 40; i++) log.Append(One, EntryKind.Command, new byte[1 << 20]);
        blocks.Bytes.ShouldBeGreaterThan(40L << 20);
        log.DropThrough(log.LastIndex);
        blocks.Bytes.ShouldBeLessThanOrEqualTo(8L << 20, "three spare blocks and the one that is filled next");
        log.Append(One, EntryKind.Command, new byte[64 << 20]);
        log.DropThrough(log.LastIndex);
        blocks.Bytes.ShouldBeLessThanOrEqualTo(8L << 20, "a block for one large value is not kept");
    }

    [Fact]
    public void Appending_and_forgetting_allocates_nothing_once_warm()
    {
        var log = new FrameLog<TStamp>();
        var payload = new byte[64];
        void Round()
        {
            for (var i = 0; i < 30_000; i++) log.Append(One, EntryKind.Command, payload);
            log.DropThrough(log.LastIndex);
        }

        for (var i = 0; i < 10; i++) Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) Round();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000, "300 000 entries");
    }

    private sealed class CountedBlocks : IBlockSupply
    {
        public long Bytes { get; private set; }

        public NativeBlock Take(int length)
        {
            Bytes += length;
            return PlainBlocks.Instance.Take(length);
        }

        public void Return(NativeBlock block)
        {
            Bytes -= block.Length;
            PlainBlocks.Instance.Return(block);
        }
    }
}
