using Quorate.Data.Commands;
using Quorate.Data.Tests.Rings;

namespace Quorate.Data.Tests;

/// <summary>Replies written down: what every client relies on, runnable without a Redis at hand.</summary>
public sealed class CommandTexts
{
    [Theory]
    [InlineData("SET k v", "+OK")]
    [InlineData("SET k v NX XX", "-ERR syntax error")]
    [InlineData("SET k v EX 0", "-ERR invalid expire time in 'set' command")]
    [InlineData("SET k v EX ten", "-ERR value is not an integer or out of range")]
    [InlineData("SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command")]
    [InlineData("SET k v EX 10 KEEPTTL", "-ERR syntax error")]
    [InlineData("SET k", "-ERR wrong number of arguments for 'set' command")]
    [InlineData("SETEX k -1 v", "-ERR invalid expire time in 'setex' command")]
    [InlineData("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command")]
    [InlineData("INCRBY n 1x", "-ERR value is not an integer or out of range")]
    [InlineData("INCRBY n 010", "-ERR value is not an integer or out of range")]
    [InlineData("DECRBY n -9223372036854775808", "-ERR decrement would overflow")]
    [InlineData("INCRBYFLOAT n abc", "-ERR value is not a valid float")]
    [InlineData("INCRBYFLOAT n inf", "-ERR increment would produce NaN or Infinity")]
    [InlineData("SETRANGE k -1 x", "-ERR offset is out of range")]
    [InlineData("SETRANGE k 536870912 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [InlineData("SETBIT k -1 0", "-ERR bit offset is not an integer or out of range")]
    [InlineData("SETBIT k 4294967296 0", "-ERR bit offset is not an integer or out of range")]
    [InlineData("SETBIT k 0 2", "-ERR bit is not an integer or out of range")]
    [InlineData("BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key.")]
    [InlineData("RENAME absent x", "-ERR no such key")]
    [InlineData("EXPIRE k 10 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible")]
    [InlineData("EXPIRE k 10 GT LT", "-ERR GT and LT options at the same time are not compatible")]
    [InlineData("EXPIRE k 10 ABC", "-ERR Unsupported option ABC")]
    [InlineData("SCAN x", "-ERR invalid cursor")]
    [InlineData("SCAN 0 COUNT 0", "-ERR syntax error")]
    [InlineData("COPY a a", "-ERR source and destination objects are the same")]
    [InlineData("COPY a b DB 16", "-ERR DB index is out of range")]
    [InlineData("OBJECT nope k", "-ERR unknown subcommand 'nope'. Try OBJECT HELP.")]
    [InlineData("OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command")]
    [InlineData("NOPE a b", "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b' ")]
    [InlineData("FLUSHALL NOW", "-ERR syntax error")]
    public void A_fresh_keyspace_answers(string line, string reply) => new Keyspace().Do(line).ShouldBe(reply + "\r\n");

    [Fact]
    public void Set_with_get_returns_the_old_value_whether_or_not_it_sets()
    {
        var k = new Keyspace();
        k.Do("SET a 1 GET").ShouldBe("$-1\r\n");
        k.Do("SET a 2 NX GET").ShouldBe("$1\r\n1\r\n");
        k.Do("GET a").ShouldBe("$1\r\n1\r\n");
        k.Do("SET a 3 XX GET").ShouldBe("$1\r\n1\r\n");
        k.Do("GET a").ShouldBe("$1\r\n3\r\n");
    }

    [Fact]
    public void Null_is_null_in_the_protocol_of_the_client()
    {
        var k = new Keyspace { Protocol = 3 };
        k.Do("GET a").ShouldBe("_\r\n");
        k.Do("SET a 1 XX").ShouldBe("_\r\n");
        k.Do("LCS a b IDX").ShouldBe("%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
    }

    [Fact]
    public void A_string_command_on_another_kind_answers_wrongtype_and_changes_nothing()
    {
        var k = new Keyspace(RingType.WithRings);
        k.Do("RING.PUSH h 10 a b").ShouldBe(":2\r\n");
        var before = k.Machine.Digest();
        foreach (var line in (string[])["GET h", "APPEND h x", "INCR h", "SETRANGE h 0 x", "SETBIT h 0 1", "GETEX h PERSIST",
            "SET h v GET", "GETSET h v", "STRLEN h", "BITCOUNT h", "GETDEL h", "BITOP AND d h", "INCRBYFLOAT h 1"])
        {
            k.Do(line).ShouldStartWith("-WRONGTYPE Operation against", Case.Sensitive, line);
        }

        k.Do("TYPE h").ShouldBe("+ring\r\n");
        k.Do("MGET h").ShouldBe("*1\r\n$-1\r\n");
        k.Do("SCAN 0 TYPE ring").ShouldContain("$1\r\nh\r\n");
        k.Do("SCAN 0 TYPE string").ShouldEndWith("*0\r\n");
        // Only the clock and what INCR and friends did not do may differ: nothing.
        k.Do("RING.GET h 1").ShouldBe("$1\r\nb\r\n");
        k.Do("SET h v").ShouldBe("+OK\r\n");
        k.Do("TYPE h").ShouldBe("+string\r\n");
        k.Machine.Digest().ShouldNotBe(before);
    }

    [Fact]
    public void Databases_are_apart_and_can_be_swapped_copied_to_and_flushed()
    {
        var k = new Keyspace();
        k.Do("SET a 1");
        k.Database = 3;
        k.Do("GET a").ShouldBe("$-1\r\n");
        k.Do("SET a 3 PX 5000");
        k.Do("COPY a b DB 5").ShouldBe(":1\r\n");
        k.Do("MOVE a 0").ShouldBe(":0\r\n");
        k.Do("MOVE a 5").ShouldBe(":1\r\n");
        k.Do("SWAPDB 0 5").ShouldBe("+OK\r\n");
        k.Database = 0;
        k.Do("DBSIZE").ShouldBe(":2\r\n");
        k.Do("PTTL b").ShouldBe(":5000\r\n");
        k.Do("FLUSHDB").ShouldBe("+OK\r\n");
        k.Machine.Databases.Sum(d => d.Count).ShouldBe(1);
        k.Do("FLUSHALL ASYNC").ShouldBe("+OK\r\n");
        k.Machine.Databases.Sum(d => d.Count).ShouldBe(0);
    }

    [Fact]
    public void Random_key_is_a_key_that_is_there()
    {
        var k = new Keyspace();
        k.Do("RANDOMKEY").ShouldBe("$-1\r\n");
        for (var i = 0; i < 500; i++) k.Do($"SET {i} v");
        for (var i = 0; i < 500; i++)
            if (i != 123 && i != 321) k.Do($"DEL {i}");
        var seen = new HashSet<string>();
        for (var i = 0; i < 200; i++) seen.Add(k.Do("RANDOMKEY"));
        seen.ShouldBe(["$3\r\n123\r\n", "$3\r\n321\r\n"], ignoreOrder: true);
    }

    [Fact]
    public void Idle_time_counts_from_the_last_write()
    {
        var k = new Keyspace();
        k.Do("SET a 1");
        k.Now += 90_000;
        k.Do("OBJECT IDLETIME a").ShouldBe(":90\r\n");
        k.Do("APPEND a 1");
        k.Do("OBJECT IDLETIME a").ShouldBe(":0\r\n");
    }

    [Fact]
    public void The_table_finds_every_command_in_any_case_and_nothing_else()
    {
        var table = new CommandTable(CommandTable.Keyspace);
        table.All.Count.ShouldBe(CommandTable.Keyspace.Count);
        foreach (var spec in CommandTable.Keyspace)
        {
            table.TryFind(Keyspace.Bytes(spec.Name.ToUpperInvariant()), out var found).ShouldBeTrue();
            found.ShouldBeSameAs(spec);
            table.TryFind(Keyspace.Bytes(char.ToUpperInvariant(spec.Name[0]) + spec.Name[1..]), out found).ShouldBeTrue();
            found.ShouldBeSameAs(spec);
            table.TryFind(Keyspace.Bytes(spec.Name + "x"), out _).ShouldBeFalse();
            // Setting bit 5 blindly would take these for letters.
            table.TryFind([.. spec.Name.Select(c => (byte)(c & ~0x60))], out _).ShouldBeFalse();
            table.TryFind([.. spec.Name.Select(c => (byte)(c | 0x80))], out _).ShouldBeFalse();
        }

        table.TryFind([], out _).ShouldBeFalse();
        table.TryFind(new byte[17], out _).ShouldBeFalse();
        var packed = Keyspace.Pack([Keyspace.Bytes("GeT")], out var ranges);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) table.TryFind(new Quorate.Resp.CommandArgs(packed, ranges).Name, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }
}
