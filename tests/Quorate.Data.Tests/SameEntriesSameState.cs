using Quorate.Replication;

namespace Quorate.Data.Tests;

public sealed class SameEntriesSameState
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_machines_fed_the_same_entries_have_the_same_digest(ulong seed)
    {
        var dice = new Prng(seed);
        var leader = new Keyspace();
        var follower = new Keyspace();
        for (var i = 0; i < 3000; i++)
        {
            var before = leader.Machine.LastApplied;
            Workload.Step(leader, dice, 300);
            if (leader.Machine.LastApplied != before) follower.Apply(leader.Entry.Span);
            // Reads on one of them, with a clock of its own, leave no trace.
            leader.Wall = leader.Now + 5000;
            leader.Do($"GET key:{dice.Below(300):D6}");
            leader.Do("KEYS *1");
            leader.Do("RANDOMKEY");
            if (i % 100 == 0) follower.Machine.Digest().ShouldBe(leader.Machine.Digest());
        }

        follower.Machine.Digest().ShouldBe(leader.Machine.Digest());
        leader.Machine.Databases[0].Store.IsConsistent().ShouldBeTrue();
        follower.Do("SET one more");
        follower.Machine.Digest().ShouldNotBe(leader.Machine.Digest());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Foreseeing_entries_right_or_wrong_changes_nothing(ulong seed)
    {
        var dice = new Prng(seed);
        var leader = new Keyspace();
        var follower = new Keyspace();
        var window = new List<byte[]>();
        for (var i = 0; i < 3000; i++)
        {
            var before = leader.Machine.LastApplied;
            Workload.Step(leader, dice, 300);
            if (leader.Machine.LastApplied != before) window.Add(leader.Entry.ToArray());
            if (window.Count < dice.Between(1, 24)) continue;
            foreach (var entry in window)
            {
                // Some are damaged on the way: a hint may be wrong.
                var hint = entry.ToArray();
                if (dice.Chance(100)) hint[dice.Below(hint.Length)] ^= (byte)(1 << dice.Below(8));
                follower.Machine.Foresee(hint);
                if (dice.Chance(50)) follower.Do("GET key:000001");
            }

            foreach (var entry in window) follower.Apply(entry);
            window.Clear();
        }

        foreach (var entry in window) follower.Apply(entry);
        follower.Machine.Digest().ShouldBe(leader.Machine.Digest());
    }

    [Fact]
    public void The_digest_sees_every_part_of_the_state_and_no_layout()
    {
        var a = new Keyspace();
        var b = new Keyspace();
        // Every key gets the same version in both: the entry that wrote it.
        foreach (var i in Enumerable.Range(0, 10_000))
        {
            a.Do("DEL nothing");
            b.Do(i < 5000 ? $"SET x{i} v" : $"DEL x{i - 5000}");
        }

        foreach (var i in Enumerable.Range(0, 200)) a.Do($"SET {i} v{i}");
        foreach (var i in Enumerable.Range(0, 200)) b.Do($"SET {i} v{i}");
        b.Machine.Digest().ShouldBe(a.Machine.Digest());
        ulong last = a.Machine.Digest();
        foreach (var line in (string[])["PEXPIRE 7 100000", "SET 8 v9", "DEL 9", "MOVE 10 3", "APPEND 11 !", "SET 12 v12"])
        {
            a.Do(line);
            a.Machine.Digest().ShouldNotBe(last, line);
            last = a.Machine.Digest();
        }

        a.DoOnce(1, 0, 0, "DEL nothing");
        a.Machine.Digest().ShouldNotBe(last);
    }

    [Fact]
    public void Steady_overwriting_on_a_follower_allocates_nothing()
    {
        var k = new Keyspace();
        for (var i = 0; i < 100; i++) k.Do($"SET key:{i} 0123456789");
        k.Do("SET key:5 9876543210");
        var entry = k.Entry.ToArray();
        for (var i = 0; i < 100; i++) k.Apply(entry);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) k.Apply(entry);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
    }
}
