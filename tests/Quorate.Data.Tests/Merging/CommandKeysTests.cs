using System.Buffers;
using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Merging.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests.Merging;

/// <summary>Commands as a strategy sees them that cuts a keyspace into partitions.</summary>
public sealed class CommandKeysTests
{
    private const int Partitions = 64;

    private readonly CommandKeys _keys = new();

    [Theory]
    [InlineData("GET a", "a", false)]
    [InlineData("SET a 1 EX 5", "a", true)]
    [InlineData("MGET {t}1 {t}2 {t}1", "{t}1 {t}2", false)]
    [InlineData("MSET {t}1 x {t}2 y", "{t}1 {t}2", true)]
    [InlineData("CONFLICTS RESOLVE a string", "a", true)]
    public void Keys_of_one_partition_are_one_part(string command, string keys, bool isWrite)
    {
        _keys.TryLook(Payload(command), Partitions, out var look).ShouldBeTrue();
        look.ShouldBe(
            new CommandLook(
                CommandReach.OnePartition, CommandKeys.PartitionOf(Encoding.UTF8.GetBytes(keys.Split(' ')[0]), Partitions),
                    isWrite));
        _keys.KeysOf(Payload(command)).Select(Encoding.UTF8.GetString).ShouldBe(keys.Split(' '));
    }

    [Theory]
    [InlineData("NOSUCH a")]
    [InlineData("GET")]
    [InlineData("CONFLICTS NOSUCH")]
    public void What_is_no_command_is_looked_at_by_whoever_executes_it(string command) =>
        _keys.TryLook(Payload(command), Partitions, out _).ShouldBeFalse();

    [Fact]
    public void Bytes_that_are_no_entry_are_no_command()
    {
        _keys.TryLook([1, 2, 3], Partitions, out _).ShouldBeFalse();
        _keys.KeysOf([1, 2, 3]).ShouldBeEmpty();
        _keys.Split([1, 2, 3], Partitions).ShouldBeEmpty();
    }

    [Fact]
    public void A_command_about_several_partitions_is_cut_so_that_every_key_is_with_its_own()
    {
        var payload = Payload("MSET a 1 b 2 c 3 d 4");
        _keys.TryLook(payload, Partitions, out var look).ShouldBeTrue();
        look.Reach.ShouldBe(CommandReach.SeveralPartitions);
        var parts = _keys.Split(payload, Partitions);
        parts.SelectMany(p => p.Places).Order().ShouldBe([0, 1, 2, 3]);
        foreach (var part in parts)
        {
            _keys.TryLook(part.Payload, Partitions, out var one).ShouldBeTrue();
            one.ShouldBe(new CommandLook(CommandReach.OnePartition, part.Partition, true));
        }

        Words(parts.Single(p => p.Places.Contains(2)).Payload).ShouldStartWith("MSET ");
        Words(parts.Single(p => p.Places.Contains(2)).Payload).ShouldContain("c 3");
    }

    [Fact]
    public void Lists_of_keys_and_values_that_do_not_come_out_even_are_not_cut()
    {
        _keys.TryLook(Payload("MSET a 1 b"), Partitions, out var look).ShouldBeTrue();
        look.Reach.ShouldBe(CommandReach.OnePartition);
    }

    /// <summary>The joined reply of all partitions is what one store with all keys would answer.</summary>
    [Theory]
    [InlineData("MGET a nothing c a")]
    [InlineData("EXISTS a a b nothing")]
    [InlineData("DBSIZE")]
    [InlineData("DEL a b nothing")]
    [InlineData("MSET a 5 x 6")]
    [InlineData("CONFLICTS COUNT")]
    [InlineData("CONFLICTS LIST")]
    public void Replies_are_joined_as_if_there_were_one_partition(string command)
    {
        var (stores, whole) = (new MergeReplica[Partitions], new MergeReplica(1));
        for (var p = 0; p < Partitions; p++) stores[p] = new MergeReplica(1);
        foreach (var key in (string[])["a", "b", "c", "d", "e"])
        {
            whole.Do($"SET {key} {key}1");
            stores[CommandKeys.PartitionOf(Encoding.UTF8.GetBytes(key), Partitions)].Do($"SET {key} {key}1");
        }

        var payload = Payload(command);
        var parts = _keys.Split(payload, Partitions);
        var replies = parts.Select(p => Raw(stores[p.Partition], Words(p.Payload))).ToList();
        Joined(payload, parts, replies).ShouldBe(whole.Do(command));
    }

    [Fact]
    public void An_error_of_a_part_is_the_error_of_the_whole()
    {
        var payload = Payload("DEL a b c");
        var parts = _keys.Split(payload, Partitions);
        var replies = parts.Select((_, i) => Encoding.ASCII.GetBytes(i == 1 ? "-ERR no\r\n" : ":1\r\n")).ToList();
        Joined(payload, parts, replies).ShouldBe("-ERR no");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(256)]
    public void SCAN_goes_through_all_partitions_and_gives_every_key_once(int partitions)
    {
        var stores = Enumerable.Range(0, partitions).Select(_ => new MergeReplica(1)).ToArray();
        for (var i = 0; i < 200; i++)
            stores[CommandKeys.PartitionOf(Encoding.UTF8.GetBytes($"key:{i}"), partitions)].Do($"SET key:{i} {i}");
        var (cursor, found) = ("0", new List<string>());
        for (var calls = 0; calls == 0 || cursor != "0"; calls++)
        {
            calls.ShouldBeLessThan(1000);
            var payload = Payload($"SCAN {cursor} COUNT 3");
            var parts = _keys.Split(payload, partitions);
            parts.Count.ShouldBe(1);
            var reply = Joined(payload, parts, [Raw(stores[parts[0].Partition], Words(parts[0].Payload))]);
            cursor = reply[1..reply.IndexOf(',', StringComparison.Ordinal)];
            found.AddRange(reply[(reply.IndexOf('[', 1) + 1)..^2].Split(", ", StringSplitOptions.RemoveEmptyEntries));
        }

        found.Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 200).Select(i => $"key:{i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_choice_of_quorums_is_a_prefix_that_comes_off()
    {
        var output = new ArrayBufferWriter<byte>();
        QuorumPrefix.Write(output, 3, 1);
        output.Write(Payload("GET a"));
        var rest = QuorumPrefix.TakeOff(output.WrittenSpan, out var r, out var w);
        (r, w, Words(rest.ToArray())).ShouldBe((3, 1, "GET a"));
        QuorumPrefix.TakeOff(Payload("GET a"), out r, out w).Length.ShouldBe(Payload("GET a").Length);
        (r, w).ShouldBe((0, 0));
    }

    private string Joined(byte[] payload, IReadOnlyList<CommandPart> parts, IReadOnlyList<byte[]> replies)
    {
        var output = new ArrayBufferWriter<byte>();
        _keys.Join(payload, parts, replies, output);
        RespReplyReader.TryRead(output.WrittenSpan, out _, out var reply).ShouldBe(ParseResult.Command);
        return reply!.ToString();
    }

    private static byte[] Raw(MergeReplica store, string command)
    {
        var reply = new RespWriter();
        var buffer = Keyspace.Pack([.. command.Split(' ').Select(Keyspace.Bytes)], out var ranges);
        var args = new CommandArgs(buffer, ranges);
        var spec = new CommandTable(MergingTable.Keyspace).Resolve(args, reply).ShouldNotBeNull();
        store.Store.Execute(spec, args, store.Now, reply, new ArrayBufferWriter<byte>());
        return reply.Written.ToArray();
    }

    private static byte[] Payload(string command)
    {
        var buffer = Keyspace.Pack([.. command.Split(' ').Select(Keyspace.Bytes)], out var ranges);
        var entry = Array.Empty<byte>();
        var length = EntryCodec.WriteCommand(ref entry, 0, 0, 2, new CommandArgs(buffer, ranges));
        return entry[..length];
    }

    private static string Words(byte[] payload)
    {
        var ranges = Array.Empty<ArgRange>();
        EntryCodec.TryRead(payload, ref ranges, out _, out var args).ShouldBeTrue();
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++) words.Add(Encoding.UTF8.GetString(args[i]));
        return string.Join(' ', words);
    }
}
