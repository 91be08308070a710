using System.Globalization;
using Quorate.Data.Tests.Rings;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Tests.Store;

/// <summary>Taps hear which keys an entry touches, and how.</summary>
public sealed class TapTests
{
    private sealed class Ear : ITap
    {
        public List<string> Heard { get; } = [];

        public void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change) =>
            Heard.Add(string.Create(CultureInfo.InvariantCulture, $"{database}/{Keyspace.Text(key)} {change}"));

        public void OnAllKeys(int database, KeyChange change) =>
            Heard.Add(string.Create(CultureInfo.InvariantCulture, $"{database} {change}"));

        public void OnApplied(in AppliedEntry entry)
        {
        }

        public void OnReplaced(LogIndex index)
        {
        }
    }

    [Theory]
    [InlineData("SET a 1", "0/a Written", "0/a ExpiryCleared")]
    [InlineData("SET new 1", "0/new Written")]
    [InlineData("SET new 1 EX 10", "0/new Written", "0/new ExpirySet")]
    [InlineData("APPEND b x", "0/b Written")]
    [InlineData("INCR n", "0/n Written")]
    [InlineData("GETSET b 2", "0/b Written")]
    [InlineData("DEL a b none", "0/a Removed", "0/b Removed")]
    [InlineData("PEXPIRE b 1000", "0/b ExpirySet")]
    [InlineData("PEXPIRE b -1", "0/b Removed")]
    [InlineData("PERSIST a", "0/a ExpiryCleared")]
    [InlineData("PERSIST b")]
    [InlineData("MOVE b 5", "5/b Written", "0/b Removed")]
    [InlineData("RENAME a c", "0/c Written", "0/c ExpirySet", "0/a Removed")]
    [InlineData("RENAME ring c", "0/ring Removed", "0/c Written")]
    [InlineData("COPY ring c", "0/c Written")]
    [InlineData("RING.SET ring 3 x", "0/ring Written")]
    [InlineData("RING.PUSH short 3 x", "0/short Written")]
    [InlineData("FLUSHDB", "0 Removed")]
    [InlineData("FLUSHALL", "0 Removed", "1 Removed")]
    [InlineData("SWAPDB 0 1", "0 Written", "1 Written")]
    [InlineData("SET b 1 NX")]
    [InlineData("GET a")]
    public void An_entry_tells_the_keys_it_touches_and_what_it_does_to_them(string line, params string[] heard)
    {
        var k = new Keyspace(RingType.WithRings) { Database = 1 };
        k.Do("SET elsewhere 1");
        k.Database = 0;
        k.Do("SET a 1 EX 100");
        k.Do("SET b text");
        k.Do($"RING.PUSH ring 100 {string.Join(' ', Enumerable.Range(0, 50))}");
        var ear = new Ear();
        k.Machine.Taps.Add(ear);
        k.Do(line);
        ear.Heard.ShouldBe(heard);
    }

    [Fact]
    public void Keys_whose_time_has_run_out_are_told_as_expired_when_they_are_removed()
    {
        var k = new Keyspace();
        k.Do("MSET a 1 b 2");
        k.Do("PEXPIRE a 100");
        k.Do("PEXPIRE b 200");
        var ear = new Ear();
        k.Machine.Taps.Add(ear);
        k.Now += 150;
        k.Do("GET a");
        ear.Heard.ShouldBeEmpty();
        k.Do("SETNX a 3");
        ear.Heard.ShouldBe(["0/a Expired", "0/a Written"]);
        ear.Heard.Clear();
        k.Now += 100;
        k.Tick();
        ear.Heard.ShouldBe(["0/b Expired"]);
    }

    [Fact]
    public void A_replica_that_is_shipped_states_hears_the_same_of_single_entries()
    {
        var primary = new Keyspace(RingType.WithRings) { Effect = new System.Buffers.ArrayBufferWriter<byte>() };
        var backup = new Keyspace(RingType.WithRings);
        var (here, there) = (new Ear(), new Ear());
        backup.Machine.Taps.Add(there);
        primary.Machine.Taps.Add(here);
        foreach (var line in (string[])["SET a 1", "DEL a", "SET b 1 PX 10", "INCR c", "PERSIST b", "RING.PUSH r 2 a b",
            "FLUSHDB"])
        {
            primary.Do(line);
            backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect.WrittenSpan).ShouldBeTrue();
        }

        primary.Do("SET b 1 PX 10");
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect.WrittenSpan).ShouldBeTrue();
        primary.Now += 100;
        primary.Tick();
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect.WrittenSpan).ShouldBeTrue();
        // The newest state of a key says what it holds: that its expiry went, but not that its value stayed.
        there.Heard.Where(h => h != "0/b Written").ShouldBe(here.Heard.Where(h => h != "0/b Written"));
        there.Heard[^1].ShouldBe("0/b Expired");
    }

    [Fact]
    public void Any_number_of_taps_costs_nothing_to_those_that_come_and_go()
    {
        var k = new Keyspace();
        k.Do("SET key 0123456789");
        var entry = k.Entry.ToArray();
        var ears = Enumerable.Range(0, 3).Select(_ => new Ear()).ToList();
        foreach (var ear in ears) k.Machine.Taps.Add(ear);
        k.Apply(entry);
        k.Machine.Taps.OnApplied(new AppliedEntry(k.Machine.LastApplied, 0, 0, entry));
        foreach (var ear in ears) ear.Heard.ShouldBe(["0/key Written"]);
        foreach (var ear in ears) k.Machine.Taps.Remove(ear);
        for (var i = 0; i < 100; i++) k.Apply(entry);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) k.Apply(entry);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
        foreach (var ear in ears) ear.Heard.Count.ShouldBe(1);
    }
}
