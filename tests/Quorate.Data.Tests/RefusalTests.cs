using Quorate.Data.Commands;
using Quorate.Data.Merging.Commands;
using Quorate.Data.Registers;
using Quorate.Resp;

namespace Quorate.Data.Tests;

/// <summary>What a keyspace does not have is answered with why, and with where it can be had.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData(
        KeyspaceKind.Merging, "set nx",
            "ERR 'set nx' needs one order of all writes, which a keyspace whose data merges does not have; strategies " +
            "that can do it: leaderless with consensus on, raft, primary, chain")]
    [InlineData(KeyspaceKind.Merging, "append", "strategies that can do it: leaderless with consensus on, raft, primary, chain")]
    [InlineData(KeyspaceKind.Merging, "rename", "strategies that can do it: raft, primary, chain")]
    [InlineData(KeyspaceKind.Merging, "zadd nx", "; no strategy can do it in this version")]
    [InlineData(KeyspaceKind.Merging, "cas", "strategies that can do it: leaderless with consensus on")]
    [InlineData(
        KeyspaceKind.Agreed, "rename",
            "ERR 'rename' needs one order of all keys, which a keyspace with consensus on does not have; strategies that " +
            "can do it: raft, primary, chain")]
    [InlineData(
        KeyspaceKind.Agreed, "sadd",
            "ERR 'sadd' works on a set, and a keyspace with consensus on holds strings only: store it as a string and " +
            "replace it by CAS, or use another keyspace; strategies that can do it: multileader, leaderless")]
    [InlineData(KeyspaceKind.Agreed, "zadd", "works on a sorted set")]
    [InlineData(
        KeyspaceKind.Agreed, "losses",
            "is about concurrent values, and only keyspaces whose data merges have them; strategies that can do it: " +
            "multileader, leaderless")]
    [InlineData(
        KeyspaceKind.Ordered, "hset",
            "works on a hash, and keyspaces with one order of all writes hold strings only in this version; strategies " +
            "that can do it: multileader, leaderless")]
    [InlineData(
        KeyspaceKind.Ordered, "cas",
            "is only for keyspaces with consensus on; strategies that can do it: leaderless with consensus on")]
    public void It_says_why_and_where(KeyspaceKind here, string what, string expected) =>
        Refusals.Of(here, what).ShouldContain(expected);

    [Theory]
    [InlineData("lpush")]
    [InlineData("XADD")]
    [InlineData("georadiusbymember_ro")]
    public void What_only_Redis_has_is_no_unknown_command(string word)
    {
        foreach (var kind in Enum.GetValues<KeyspaceKind>())
            Refusals.OfUnknown(kind, Keyspace.Bytes(word)).ShouldBe(
                $"ERR '{word.ToLowerInvariant()}' is a command of Redis that this version does not have");
    }

    [Fact]
    public void What_nobody_has_is_unknown() => Refusals.OfUnknown(KeyspaceKind.Merging, "nosuch"u8).ShouldBeNull();

    [Fact]
    public void Every_command_that_another_kind_of_keyspace_has_is_answered_with_a_place()
    {
        (KeyspaceKind Kind, CommandTable Table)[] tables =
        [
            (KeyspaceKind.Ordered, new CommandTable(CommandTable.Keyspace)),
            (KeyspaceKind.Merging, new CommandTable(MergingTable.Keyspace, KeyspaceKind.Merging)),
            (KeyspaceKind.Agreed, new CommandTable(RegisterTable.Keyspace, KeyspaceKind.Agreed)),
        ];
        var names = tables.SelectMany(t => t.Table.All).Select(c => c.Name).Distinct().ToList();
        foreach (var (kind, table) in tables)
        {
            foreach (var name in names.Where(n => !table.TryFind(Keyspace.Bytes(n), out _)))
            {
                var reply = new RespWriter();
                table.Resolve(new CommandArgs(Keyspace.Bytes(name), [new ArgRange(0, name.Length)]), reply).ShouldBeNull();
                Keyspace.Text(reply.Written.Span).ShouldMatch($"^-ERR '{name}' .*; strategies that can do it: ", kind.ToString());
            }
        }
    }
}
