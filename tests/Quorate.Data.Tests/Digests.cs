using System.Buffers;
using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests;

/// <summary>Digests of ranges, and what replicas tell when an entry asks for one.</summary>
public sealed class Digests
{
    [Fact]
    public void The_ranges_of_any_level_are_the_whole()
    {
        var keyspace = Filled();
        var whole = keyspace.Machine.Digest();
        for (var level = 0; level <= 12; level++)
        {
            var sum = 0UL;
            var range = new StateRange(level, 0);
            for (; !range.IsRest; range = range.Next) sum += keyspace.Machine.Digest(range);
            (sum + keyspace.Machine.Digest(range)).ShouldBe(whole);
        }
    }

    [Fact]
    public void Another_layout_of_the_same_keys_has_the_same_digests()
    {
        var keyspace = Filled();
        for (var i = 0; i < 5000; i++) keyspace.Do($"SET more{i} x");
        for (var i = 0; i < 5000; i++) keyspace.Do($"DEL more{i}");
        var copy = new Keyspace();
        Copy(keyspace.Machine, copy.Machine);
        for (var number = 0u; number <= 64; number++)
            copy.Machine.Digest(new StateRange(6, number)).ShouldBe(keyspace.Machine.Digest(new StateRange(6, number)));
    }

    [Fact]
    public void One_bit_changes_the_digest_of_its_range_and_of_no_other()
    {
        var keyspace = Filled();
        ulong[] Ranges() => [.. Enumerable.Range(0, 65).Select(n => keyspace.Machine.Digest(new StateRange(6, (uint)n)))];
        var before = Ranges();
        var table = (KeyTable)keyspace.Machine.Databases[0].Store;
        var row = table.Find("k123"u8, KeyHash.Of("k123"u8), out _);
        table.SpanOf(row)[0] ^= 4;
        var after = Ranges();
        Enumerable.Range(0, 65).Where(n => before[n] != after[n]).ShouldBe([(int)(KeyHash.Of("k123"u8) & 63)]);
        table.SpanOf(row)[0] ^= 4;
        table.SetExpiry(row, 1_800_000_000_000, table.MarkOf(row).Version);
        Ranges().ShouldNotBe(before);
    }

    [Fact]
    public void Reading_changes_no_digest()
    {
        var keyspace = Filled();
        var before = keyspace.Machine.Digest();
        keyspace.Do("GET k1");
        keyspace.Do("GET none");
        keyspace.Do("RANDOMKEY");
        keyspace.Machine.Digest().ShouldBe(before);
    }

    [Fact]
    public void A_level_is_high_enough_for_keys_and_bytes()
    {
        StateRange.LevelFor(0, 0, 512, 1 << 18).ShouldBe(0);
        StateRange.LevelFor(512, 0, 512, 1 << 18).ShouldBe(0);
        StateRange.LevelFor(1_000_000, 0, 512, 1 << 18).ShouldBe(11);
        StateRange.LevelFor(10, 1L << 30, 512, 1 << 18).ShouldBe(12);
        StateRange.LevelFor(long.MaxValue, long.MaxValue, 512, 1 << 18).ShouldBe(StateRange.HighestLevel);
    }

    [Fact]
    public void Bytes_that_are_no_range_are_refused()
    {
        var bytes = new byte[StateRange.EncodedLength];
        new StateRange(6, 64).Write(bytes);
        StateRange.TryRead(bytes, out var range).ShouldBeTrue();
        range.ShouldBe(new StateRange(6, 64));
        bytes[1] = 65;
        StateRange.TryRead(bytes, out _).ShouldBeFalse();
        bytes[0] = 25;
        StateRange.TryRead(bytes, out _).ShouldBeFalse();
        StateRange.TryRead(bytes.AsSpan(1), out _).ShouldBeFalse();
    }

    [Fact]
    public void An_entry_has_every_replica_tell_the_same_digest_and_the_same_reply()
    {
        var (first, second) = (new Listener(), new Listener());
        byte[] buffer = [];
        var index = 0;
        void Apply(int length)
        {
            index++;
            first.Machine.Apply(new LogIndex(index), buffer.AsSpan(0, length), default);
            second.Machine.Apply(new LogIndex(index), buffer.AsSpan(0, length), default);
        }

        Apply(EntryCodec.WriteCommand(ref buffer, 1000, 3, 2, Words("SET", "a", "1", "PX", "50")));
        Apply(EntryCodec.WriteVotedRead(ref buffer, 1049, 3, 2, 77, 1, false, Words("GET", "a")));
        Apply(EntryCodec.WriteDigest(ref buffer, 1049, 77, 2, new StateRange(0, 0)));
        // Expired by the log's clock: gone for every replica at this very entry, whatever their own clocks say.
        Apply(EntryCodec.WriteVotedRead(ref buffer, 1051, 3, 2, 77, 3, true, Words("GET", "a")));
        Apply(EntryCodec.WriteVotedRead(ref buffer, 1051, 3, 2, 77, 4, false, Words("SET", "a", "2")));
        first.Heard.ShouldBe(second.Heard);
        first.Heard[0].ShouldBe("i2 VotedRead 77/1 $1 1 ");
        first.Heard[1].ShouldBe($"i3 Digest 77/2 {first.DigestAt3:x}");
        first.Heard[2].ShouldBe("i4 VotedRead 77/3 $-1 ");
        first.Heard[3].ShouldContain("is no read");
        first.Machine.Databases[3].Count.ShouldBe(1);
    }

    private static CommandArgs Words(params string[] words)
    {
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        return new CommandArgs(Encoding.ASCII.GetBytes(string.Concat(words)), ranges);
    }

    private static Keyspace Filled()
    {
        var keyspace = new Keyspace();
        for (var i = 0; i < 1000; i++) keyspace.Do($"SET k{i} value{i}");
        for (var i = 0; i < 100; i++) keyspace.Do($"PEXPIRE k{i} {100_000 + i}");
        keyspace.Database = 5;
        keyspace.Do("SET other 1");
        keyspace.Database = 0;
        return keyspace;
    }

    private static void Copy(KeyspaceMachine from, KeyspaceMachine to)
    {
        using var source = from.BeginSnapshot();
        var target = to.BeginRestore();
        for (var more = true; more;)
        {
            var piece = new ArrayBufferWriter<byte>();
            more = source.WriteNext(piece, 1 << 16);
            if (piece.WrittenCount > 0) target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
        }

        target.Complete();
    }

    private sealed class Listener : IReplyRouter
    {
        public Listener() => Machine = new KeyspaceMachine(new CommandTable(CommandTable.Keyspace), this);

        public KeyspaceMachine Machine { get; }

        public List<string> Heard { get; } = [];

        public ulong DigestAt3 { get; private set; }

        public RespWriter? Begin(RequestId request) => null;

        public void End(RequestId request)
        {
        }

        public RespWriter? BeginEarly(RequestId request) => null;

        public void EndEarly(RequestId request)
        {
        }

        public bool IsEarly(long session, long sequence) => false;

        public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result)
        {
            if (entry.Kind == KeyspaceEntryKind.Digest) DigestAt3 = Machine.Digest(new StateRange(0, 0));
            var text = entry.Kind == KeyspaceEntryKind.Digest
                ? System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(result)
                    .ToString("x", System.Globalization.CultureInfo.InvariantCulture)
                : Encoding.ASCII.GetString(result).Replace("\r\n", " ", StringComparison.Ordinal);
            Heard.Add($"{index} {entry.Kind} {entry.Session}/{entry.Sequence} {text}");
        }
    }
}
