using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests;

public sealed class Entries
{
    [Fact]
    public void What_is_written_is_read_and_nothing_shorter_or_longer_is()
    {
        var dice = new Prng(5);
        byte[] buffer = [];
        ArgRange[] ranges = [], readRanges = [];
        for (var round = 0; round < 200; round++)
        {
            byte[][] words = [.. Enumerable.Range(0, 1 + dice.Below(6)).Select(_ => Word(dice))];
            var packed = Keyspace.Pack(words, out ranges);
            var args = new CommandArgs(packed, ranges);
            var stamp = (long)dice.NextUInt64();
            var isSession = dice.Chance(500);
            long session = (long)dice.NextUInt64(), sequence = dice.Below(long.MaxValue), lowest = dice.Below(long.MaxValue);
            var length = isSession
                ? EntryCodec.WriteSessionCommand(ref buffer, stamp, round % 16, 2 + (round % 2), session, sequence, lowest, args)
                : EntryCodec.WriteCommand(ref buffer, stamp, round % 16, 2 + (round % 2), args);
            EntryCodec.TryRead(buffer.AsSpan(0, length), ref readRanges, out var header, out var read).ShouldBeTrue();
            header.ShouldBe(isSession
                ? new EntryHeader(KeyspaceEntryKind.SessionCommand, stamp, round % 16, 2 + (round % 2), session, sequence, lowest)
                : new EntryHeader(KeyspaceEntryKind.Command, stamp, round % 16, 2 + (round % 2), 0, 0, 0));
            read.Count.ShouldBe(words.Length);
            EntryCodec.TryPeekKey(buffer.AsSpan(0, length), out var database, out var key).ShouldBe(words.Length > 1);
            if (words.Length > 1) key.SequenceEqual(words[1]).ShouldBeTrue();
            database.ShouldBe(header.Database);
            for (var i = 0; i < words.Length; i++) read[i].SequenceEqual(words[i]).ShouldBeTrue();
            for (var cut = 0; cut < length; cut += 1 + (length / 300))
                EntryCodec.TryRead(buffer.AsSpan(0, cut), ref readRanges, out _, out _).ShouldBeFalse();
            EntryCodec.TryRead([.. buffer.AsSpan(0, length), 0], ref readRanges, out _, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_but_never_throw()
    {
        var dice = new Prng(6);
        ArgRange[] ranges = [];
        byte[] buffer = [];
        var packed = Keyspace.Pack([Keyspace.Bytes("SET"), Keyspace.Bytes("key"), Keyspace.Bytes("value")], out var words);
        var length = EntryCodec.WriteCommand(ref buffer, 1, 0, 2, new CommandArgs(packed, words));
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = buffer.AsSpan(0, length).ToArray();
            for (var n = 1 + dice.Below(3); n > 0; n--) bytes[dice.Below(bytes.Length)] = (byte)dice.Below(256);
            EntryCodec.TryPeekKey(bytes, out _, out _);
            if (!EntryCodec.TryRead(bytes, ref ranges, out _, out _)) refused++;
        }

        refused.ShouldBeGreaterThan(1000);
        ranges.Length.ShouldBeLessThan(1000);
    }

    [Fact]
    public void A_clock_entry_has_a_stamp_and_no_words()
    {
        byte[] buffer = [];
        ArgRange[] ranges = [];
        var length = EntryCodec.WriteClock(ref buffer, 77);
        EntryCodec.TryRead(buffer.AsSpan(0, length), ref ranges, out var header, out var args).ShouldBeTrue();
        header.Kind.ShouldBe(KeyspaceEntryKind.Clock);
        header.Stamp.ShouldBe(77);
        args.Count.ShouldBe(0);
    }

    [Fact]
    public void Writing_and_reading_allocate_nothing_once_the_buffers_have_grown()
    {
        byte[] buffer = [];
        ArgRange[] ranges = [];
        var packed = Keyspace.Pack([Keyspace.Bytes("SET"), Keyspace.Bytes("key"), new byte[1000]], out var words);
        var before = 0L;
        for (var i = 0; i < 1000; i++)
        {
            if (i == 100) before = GC.GetAllocatedBytesForCurrentThread();
            var length = EntryCodec.WriteCommand(ref buffer, i, 0, 2, new CommandArgs(packed, words));
            if (!EntryCodec.TryRead(buffer.AsSpan(0, length), ref ranges, out _, out _)) throw new InvalidOperationException();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    private static byte[] Word(Prng dice)
    {
        var word = new byte[dice.Chance(100) ? dice.Below(40_000) : dice.Below(30)];
        for (var i = 0; i < word.Length; i++) word[i] = (byte)dice.Below(256);
        return word;
    }
}
