namespace Quorate.Data.Tests;

public sealed class Expiring
{
    [Fact]
    public void A_key_lives_up_to_its_time_and_not_beyond()
    {
        var k = new Keyspace();
        k.Do("SET a 1 PX 100");
        k.Now += 100;
        k.Tick();
        k.Do("GET a").ShouldBe("$1\r\n1\r\n");
        k.Now += 1;
        k.Tick();
        k.Do("GET a").ShouldBe("$-1\r\n");
        k.Do("DBSIZE").ShouldBe(":0\r\n");
        k.Machine.Statistics.Expired.ShouldBe(1);
    }

    [Fact]
    public void A_read_past_the_log_clock_says_that_the_clock_is_behind_and_changes_nothing()
    {
        var k = new Keyspace();
        k.Do("SET a 1 PX 100");
        var digest = k.Machine.Digest();
        k.Wall = k.Now + 100;
        k.Do("GET a").ShouldBe("$1\r\n1\r\n");
        k.ClockBehind.ShouldBeFalse();
        k.Machine.HasDueKeys(k.Wall.Value).ShouldBeFalse();
        k.Wall = k.Now + 101;
        k.Machine.HasDueKeys(k.Wall.Value).ShouldBeTrue();
        foreach (var line in (string[])["GET a", "EXISTS a", "TTL a", "PTTL a", "KEYS *", "SCAN 0", "MGET x a", "TYPE a",
            "STRLEN a"])
        {
            k.Do(line);
            k.ClockBehind.ShouldBeTrue(line);
        }

        k.Do("GET b");
        k.ClockBehind.ShouldBeFalse();
        k.Machine.Digest().ShouldBe(digest);
        k.Now += 101;
        k.Tick();
        k.Do("GET a").ShouldBe("$-1\r\n");
        k.ClockBehind.ShouldBeFalse();
        k.Machine.HasDueKeys(k.Now).ShouldBeFalse();
    }

    [Fact]
    public void A_clock_that_goes_back_takes_nothing_back()
    {
        var k = new Keyspace();
        k.Do("SET a 1 PX 100");
        var start = k.Now;
        k.Now += 500;
        k.Do("SET b 1");
        k.Now = start;
        k.Do("GET a").ShouldBe("$-1\r\n");
        k.Do("SET c 1 PX 100");
        k.Do("PEXPIRETIME c").ShouldBe($":{start + 600}\r\n");
        k.Machine.ClockMilliseconds.ShouldBe(start + 500);
    }

    [Fact]
    public void A_write_meets_no_key_that_is_due()
    {
        var k = new Keyspace();
        k.Do("SET a 5 PX 100");
        k.Now += 200;
        k.Do("INCR a").ShouldBe(":1\r\n");
        k.Do("PTTL a").ShouldBe(":-1\r\n");
        k.Do("SET b 1 PX 10");
        k.Now += 20;
        k.Do("SET b 2 XX").ShouldBe("$-1\r\n");
        k.Do("SETNX b 3").ShouldBe(":1\r\n");
    }

    [Fact]
    public void Time_to_live_is_counted_from_the_later_clock_and_rounded_as_redis_does()
    {
        var k = new Keyspace();
        k.Do("SET a 1 PX 10499");
        k.Do("TTL a").ShouldBe(":10\r\n");
        k.Do("PEXPIRE a 10500");
        k.Do("TTL a").ShouldBe(":11\r\n");
        k.Wall = k.Now + 1000;
        k.Do("PTTL a").ShouldBe(":9500\r\n");
        k.Wall = k.Now - 1000;
        k.Do("PTTL a").ShouldBe(":10500\r\n");
        k.Do("EXPIRETIME a").ShouldBe($":{(k.Now + 10500 + 500) / 1000}\r\n");
    }

    [Fact]
    public void A_clock_entry_deletes_a_bounded_number_in_an_order_that_depends_on_contents_alone()
    {
        var a = new Keyspace();
        var b = new Keyspace();
        const int Count = KeyspaceMachine.MostExpiredPerEntry * 2;
        for (var i = 0; i < Count; i++) a.Do($"SET {i} v PX 100");
        for (var i = Count - 1; i >= 0; i--) b.Do($"SET {i} v PX 100");
        // One that came about otherwise, and holds the same to the last bit.
        var c = new Keyspace();
        EffectsAndChanges.Restore(a, c);
        for (var left = Count; left > 0; left -= KeyspaceMachine.MostExpiredPerEntry)
        {
            a.Machine.Databases[0].Count.ShouldBe(left);
            KeysOf(b).ShouldBe(KeysOf(a));
            c.Machine.Digest().ShouldBe(a.Machine.Digest());
            a.Now += 200;
            (b.Now, c.Now) = (a.Now, a.Now);
            a.Machine.HasDueKeys(a.Now).ShouldBeTrue();
            a.Tick();
            b.Tick();
            c.Tick();
        }

        a.Machine.Databases[0].Count.ShouldBe(0);
        a.Machine.HasDueKeys(long.MaxValue).ShouldBeFalse();

        // Due keys too: they are still there.
        static List<string> KeysOf(Keyspace k)
        {
            var store = k.Machine.Databases[0].Store;
            var keys = new List<string>();
            for (var row = store.NextRow(0); row != 0; row = store.NextRow(row)) keys.Add(Keyspace.Text(store.KeyOf(row)));
            keys.Sort(StringComparer.Ordinal);
            return keys;
        }
    }

    [Theory]
    [InlineData("SET a 2", -1)]
    [InlineData("SET a 2 KEEPTTL", 5000)]
    [InlineData("INCR a", 5000)]
    [InlineData("APPEND a 2", 5000)]
    [InlineData("SETRANGE a 0 2", 5000)]
    [InlineData("GETSET a 2", -1)]
    [InlineData("MSET a 2", -1)]
    [InlineData("INCRBYFLOAT a 2", 5000)]
    [InlineData("GETEX a PERSIST", -1)]
    [InlineData("GETEX a PX 70", 70)]
    [InlineData("GETEX a", 5000)]
    [InlineData("SETBIT a 1 1", 5000)]
    [InlineData("RENAME a a", 5000)]
    [InlineData("EXPIRE a 0", -2)]
    [InlineData("PEXPIRE a 6000 LT", 5000)]
    [InlineData("PEXPIRE a 6000 GT", 6000)]
    [InlineData("PEXPIRE a 6000 NX", 5000)]
    [InlineData("PEXPIRE a 6000 XX", 6000)]
    [InlineData("GETEX a EXAT 1", -2)]
    [InlineData("SET a 3 PXAT 1", -2)]
    public void Which_writes_keep_the_expiry(string line, long left)
    {
        var k = new Keyspace();
        k.Do("SET a 1 PX 5000");
        k.Do(line).ShouldNotStartWith("-");
        k.Do("PTTL a").ShouldBe($":{left}\r\n");
    }
}
