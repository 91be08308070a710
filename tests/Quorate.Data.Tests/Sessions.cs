using Quorate.Data.Sessions;
using Quorate.Replication;

namespace Quorate.Data.Tests;

public sealed class Sessions
{
    [Fact]
    public void A_session_command_takes_effect_once_and_is_answered_again()
    {
        var k = new Keyspace();
        k.DoOnce(9, 1, 1, "INCR n").ShouldBe(":1\r\n");
        k.DoOnce(9, 1, 1, "INCR n").ShouldBe(":1\r\n");
        k.DoOnce(9, 2, 1, "INCR n").ShouldBe(":2\r\n");
        k.DoOnce(8, 1, 1, "INCR n").ShouldBe(":3\r\n");
        k.Do("GET n").ShouldBe("$1\r\n3\r\n");
        k.Machine.Statistics.Duplicates.ShouldBe(1);
        k.Machine.TryGetSessionReply(9, 2, out var reply).ShouldBeTrue();
        Keyspace.Text(reply.Span).ShouldBe(":2\r\n");
    }

    [Fact]
    public void Sequences_may_come_in_any_order()
    {
        var dice = new Prng(1);
        var k = new Keyspace();
        var executed = new HashSet<int>();
        for (var i = 0; i < 5000; i++)
        {
            var sequence = dice.Below(500);
            var first = executed.Add(sequence);
            k.DoOnce(1, sequence, 0, $"APPEND s{sequence} x").ShouldBe(":1\r\n", $"sequence {sequence}, first: {first}");
        }

        foreach (var sequence in executed) k.Do($"STRLEN s{sequence}").ShouldBe(":1\r\n");
    }

    [Fact]
    public void Below_the_lowest_outstanding_nothing_is_kept_and_nothing_is_executed()
    {
        var k = new Keyspace();
        for (var i = 0; i < 10; i++) k.DoOnce(1, i, 0, "INCR n");
        k.DoOnce(1, 10, 8, "INCR n").ShouldBe(":11\r\n");
        k.Machine.TryGetSessionReply(1, 7, out _).ShouldBeFalse();
        k.Machine.TryGetSessionReply(1, 8, out _).ShouldBeTrue();
        k.DoOnce(1, 7, 8, "INCR n").ShouldStartWith("-UNCERTAIN");
        // An older entry of the same session with an older watermark takes nothing back.
        k.DoOnce(1, 6, 0, "INCR n").ShouldStartWith("-UNCERTAIN");
        k.Do("GET n").ShouldBe("$2\r\n11\r\n");
    }

    [Fact]
    public void A_window_that_is_too_wide_or_too_heavy_gives_up_its_oldest_replies()
    {
        var k = new Keyspace();
        k.DoOnce(1, 0, 0, "INCR n");
        k.DoOnce(1, Session.WidestWindow, 0, "INCR n").ShouldBe(":2\r\n");
        k.DoOnce(1, 0, 0, "INCR n").ShouldStartWith("-UNCERTAIN");
        k.DoOnce(1, 1, 0, "INCR n").ShouldBe(":3\r\n");

        k.Do([Keyspace.Bytes("SET"), Keyspace.Bytes("big"), new byte[5 << 20]]);
        k.DoOnce(2, 0, 0, "GETEX big").Length.ShouldBeGreaterThan(5 << 20);
        k.DoOnce(2, 1, 0, "GETEX big");
        k.Machine.TryGetSessionReply(2, 0, out _).ShouldBeFalse();
        k.Machine.TryGetSessionReply(2, 1, out _).ShouldBeTrue();
    }

    [Fact]
    public void Too_many_sessions_forget_the_one_unused_for_longest()
    {
        var k = new Keyspace();
        for (var i = 0; i < SessionTable.MostSessions; i++) k.DoOnce(i, 0, 0, "INCR n");
        k.DoOnce(0, 1, 0, "INCR n");
        k.DoOnce(-5, 0, 0, "INCR n");
        k.Machine.Sessions.Count.ShouldBe(SessionTable.MostSessions);
        k.Machine.TryGetSessionReply(0, 0, out _).ShouldBeTrue();
        k.Machine.TryGetSessionReply(1, 0, out _).ShouldBeFalse();
        k.Machine.TryGetSessionReply(2, 0, out _).ShouldBeTrue();
    }

    [Fact]
    public void Errors_are_replies_too_and_come_in_the_protocol_of_the_entry()
    {
        var k = new Keyspace { Protocol = 3 };
        k.DoOnce(1, 0, 0, "SET a 1 XX").ShouldBe("_\r\n");
        k.Protocol = 2;
        k.DoOnce(1, 0, 0, "SET a 1 XX").ShouldBe("_\r\n");
        k.DoOnce(1, 1, 0, "INCRBY a x").ShouldStartWith("-ERR");
        k.DoOnce(1, 1, 0, "INCRBY a x").ShouldStartWith("-ERR");
        k.DoOnce(1, 2, 0, "GET a").ShouldStartWith("-ERR command 'get' does not go through the log");
    }

    [Fact]
    public void A_busy_session_allocates_nothing_in_steady_state()
    {
        var k = new Keyspace();
        k.DoOnce(1, 0, 0, "SET key 0123456789");
        var entries = new byte[400][];
        for (var i = 0; i < entries.Length; i++)
        {
            k.DoOnce(1, i + 1, Math.Max(0, i - 20), "SET key 0123456789");
            entries[i] = k.Entry.ToArray();
        }

        var follower = new Keyspace();
        for (var i = 0; i < 200; i++) follower.Apply(entries[i]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 200; i < 400; i++) follower.Apply(entries[i]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2000);
    }
}
