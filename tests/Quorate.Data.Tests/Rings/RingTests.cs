using System.Buffers;
using Quorate.Data.Shipping;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Tests.Rings;

/// <summary>A type of values that one folder and one line add has all that strings have.</summary>
public sealed class RingTests
{
    [Fact]
    public void A_ring_keeps_its_newest_elements_and_is_packed_while_it_is_short()
    {
        var k = Keyspace();
        k.Do("RING.PUSH r 3 a b").ShouldBe(":2\r\n");
        k.Do("RING.PUSH r 3 c d").ShouldBe(":3\r\n");
        k.Do("RING.GET r 0").ShouldBe("$1\r\nb\r\n");
        k.Do("RING.SET r 2 z").ShouldBe("+OK\r\n");
        k.Do("RING.GET r 2").ShouldBe("$1\r\nz\r\n");
        k.Do("RING.GET r 3").ShouldBe("$-1\r\n");
        k.Do("OBJECT ENCODING r").ShouldBe("$6\r\npacked\r\n");
        k.Do("RING.PUSH r 100 " + string.Join(' ', Enumerable.Range(0, 97))).ShouldBe(":100\r\n");
        k.Do("OBJECT ENCODING r").ShouldBe("$5\r\npages\r\n");
        k.Do("RING.GET r 0").ShouldBe("$1\r\nb\r\n");
        k.Do("RING.PUSH r 2 last").ShouldBe(":2\r\n");
        k.Do("RING.GET r 0").ShouldBe("$2\r\n96\r\n");
        k.Do("RING.LEN r").ShouldBe(":2\r\n");
        k.Do("TYPE r").ShouldBe("+ring\r\n");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(300)]
    public void Commands_about_keys_do_with_a_ring_what_they_do_with_a_string(int elements)
    {
        var k = Keyspace();
        void Fill(string key) =>
            k.Do($"RING.PUSH {key} 1000 {string.Join(' ', Enumerable.Range(0, elements))}").ShouldBe($":{elements}\r\n");
        string At(string key, int place) => k.Do($"RING.GET {key} {place}");
        Fill("r");
        k.Do("GET r").ShouldStartWith("-WRONGTYPE");
        k.Do("SET s 1");
        k.Do("RING.LEN s").ShouldStartWith("-WRONGTYPE");
        k.Do("RING.PUSH s 1 x").ShouldStartWith("-WRONGTYPE");
        k.Do("COPY r copy").ShouldBe(":1\r\n");
        k.Do("RING.SET r 1 changed");
        At("copy", 1).ShouldBe("$1\r\n1\r\n");
        k.Do("RING.SET copy 2 too");
        At("r", 2).ShouldBe("$1\r\n2\r\n");
        k.Do("PEXPIRE r 1000").ShouldBe(":1\r\n");
        k.Do("RENAME r other").ShouldBe("+OK\r\n");
        k.Do("EXISTS r").ShouldBe(":0\r\n");
        At("other", 1).ShouldBe("$7\r\nchanged\r\n");
        k.Do("PTTL other").ShouldBe(":1000\r\n");
        k.Do("RENAME other copy").ShouldBe("+OK\r\n");
        At("copy", 1).ShouldBe("$7\r\nchanged\r\n");
        k.Do("MOVE copy 3").ShouldBe(":1\r\n");
        k.Do("EXISTS copy").ShouldBe(":0\r\n");
        k.Database = 3;
        At("copy", elements - 1).ShouldContain($"{elements - 1}");
        k.Now += 1001;
        k.Tick();
        k.Do("RING.LEN copy").ShouldBe(":0\r\n");
        k.Machine.Databases[3].Count.ShouldBe(0);
        Fill("r");
        k.Do("DEL r").ShouldBe(":1\r\n");
        Fill("r");
        k.Do("SET r text").ShouldBe("+OK\r\n");
        k.Do("TYPE r").ShouldBe("+string\r\n");
        k.Do("DEL r");
        Fill("r");
        k.Do("FLUSHALL");
        k.Machine.UsedBytes.ShouldBe(Keyspace().Machine.UsedBytes);
        foreach (var database in k.Machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
    }

    [Fact]
    public void Memory_is_counted_as_rings_come_and_go()
    {
        var k = Keyspace();
        k.Do("SET a 1");
        var before = k.Machine.UsedBytes;
        for (var i = 0; i < 100; i++) k.Do($"RING.PUSH r 50 {new string('x', 1000)}");
        (k.Machine.UsedBytes - before).ShouldBeInRange(50_000, 60_000);
        var usage = long.Parse(k.Do("MEMORY USAGE r").Trim(':', '\r', '\n'), System.Globalization.CultureInfo.InvariantCulture);
        usage.ShouldBeInRange(50_000, 60_000);
        k.Do("COPY r b");
        (k.Machine.UsedBytes - before).ShouldBeInRange(100_000, 120_000);
        k.Do("DEL r");
        k.Do("RENAME b c");
        (k.Machine.UsedBytes - before).ShouldBeInRange(50_000, 60_000);
        k.Do("SET c 1");
        k.Do("DEL c");
        k.Machine.UsedBytes.ShouldBe(before);
    }

    [Fact]
    public void A_value_of_64_MiB_goes_through_a_snapshot_in_steps_of_the_budget_while_it_changes()
    {
        const int Budget = 64 << 10;
        var k = Keyspace();
        var element = new byte[62_000];
        for (var i = 0; i < 1100; i++)
        {
            element.AsSpan().Fill((byte)i);
            k.Do([Word("RING.PUSH"), Word("big"), Word("2000"), element]);
        }

        k.Machine.UsedBytes.ShouldBeGreaterThan(64 << 20);
        var before = k.Machine.Digest();
        var restored = Keyspace();
        var target = restored.Machine.BeginRestore();
        using (var source = k.Machine.BeginSnapshot())
        {
            var piece = new ArrayBufferWriter<byte>(2 * Budget);
            source.WriteNext(piece, Budget).ShouldBeTrue();
            var forked = GC.GetAllocatedBytesForCurrentThread();
            k.Do([Word("RING.SET"), Word("big"), Word("900"), Word("changed")]);
            k.Do([Word("RING.PUSH"), Word("big"), Word("1050"), Word("newest")]);
            // Two pages of 64 elements and what was dropped are copied, by reference; not 64 MiB.
            (GC.GetAllocatedBytesForCurrentThread() - forked).ShouldBeLessThan(100_000);
            for (var more = true; more;)
            {
                target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
                piece.ResetWrittenCount();
                more = source.WriteNext(piece, Budget);
                piece.WrittenCount.ShouldBeLessThanOrEqualTo(Budget);
            }

            target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
        }

        target.Complete();
        restored.Machine.Digest().ShouldBe(before);
        k.Machine.Digest().ShouldNotBe(before);
        restored.Do("RING.LEN big").ShouldBe(":1100\r\n");
    }

    [Fact]
    public void One_element_of_a_large_ring_is_shipped_as_one_element()
    {
        var primary = Keyspace();
        primary.Effect = new ArrayBufferWriter<byte>();
        var backup = Keyspace();
        void Ship() => backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
        for (var i = 0; i < 1000; i++)
        {
            primary.Do($"RING.PUSH r 900 {new string('x', 1000)}{i}");
            Ship();
        }

        primary.Do("RING.SET r 500 new");
        primary.Effect!.WrittenCount.ShouldBeLessThan(200);
        EffectsAndChanges.Records(primary.Effect.WrittenSpan).ShouldBe([EffectRecord.Delta]);
        Ship();
        var since = primary.Machine.LastApplied;
        primary.Do("PEXPIRE r 5000");
        primary.Effect.WrittenCount.ShouldBeLessThan(200);
        Ship();
        for (var i = 0; i < 30; i++) primary.Do($"RING.PUSH r 900 {i}");
        var changes = new ArrayBufferWriter<byte>();
        primary.Machine.TryWriteChangesSince(since, changes).ShouldBeTrue();
        changes.WrittenCount.ShouldBeLessThan(500);
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, changes.WrittenSpan).ShouldBeTrue();
        backup.Machine.Digest().ShouldBe(primary.Machine.Digest());
        // The backup knows of the elements what the primary knew, and could go on in its place.
        backup.Machine.TryWriteChangesSince(since, changes).ShouldBeTrue();
        changes.WrittenCount.ShouldBeLessThan(1000);
        // A key that got its value since then is told whole.
        primary.Do("RENAME r s");
        EffectsAndChanges.Records(primary.Effect.WrittenSpan).ShouldBe([EffectRecord.Key, EffectRecord.NoKey], ignoreOrder: true);
        Ship();
        backup.Machine.Digest().ShouldBe(primary.Machine.Digest());
    }

    [Fact]
    public void A_delta_for_a_value_that_is_not_there_is_refused()
    {
        var primary = Keyspace();
        primary.Effect = new ArrayBufferWriter<byte>();
        primary.Do($"RING.PUSH r 900 {string.Join(' ', Enumerable.Range(0, 300))}");
        primary.Do("RING.SET r 7 seven");
        var delta = primary.Effect.WrittenSpan.ToArray();
        foreach (var line in (string[])["SET r text", "SET other 1", "RING.PUSH r 5 short",
            $"RING.PUSH r 900 {string.Join(' ', Enumerable.Range(0, 299))}"])
        {
            var backup = Keyspace();
            backup.Do(line);
            var before = backup.Machine.Digest();
            backup.Machine.TryApplyEffect(new LogIndex(2), delta).ShouldBeFalse(line);
            backup.Machine.Digest().ShouldBe(before);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Commands_effects_changes_and_snapshots_of_rings_all_lead_to_one_state(ulong seed)
    {
        var dice = new Prng(seed);
        var primary = Keyspace();
        primary.Effect = new ArrayBufferWriter<byte>();
        Keyspace byCommands = Keyspace(), byEffects = Keyspace();
        Keyspace[] behind = [Keyspace(), Keyspace()];
        int deltas = 0, coalesced = 0;
        for (var i = 0; i < 1500; i++)
        {
            var before = primary.Machine.LastApplied;
            Step(primary, dice);
            if (primary.Machine.LastApplied == before) continue;
            deltas += EffectsAndChanges.Records(primary.Effect.WrittenSpan).Count(r => r == EffectRecord.Delta);
            byCommands.Apply(primary.Entry.Span);
            byEffects.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect.WrittenSpan).ShouldBeTrue();
            if (!dice.Chance(30)) continue;
            primary.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
            byEffects.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
            var from = dice.Below(3) switch { 0 => primary, 1 => byEffects, _ => behind[dice.Below(behind.Length)] };
            var to = behind[dice.Below(behind.Length)];
            if (from.Machine.LastApplied <= to.Machine.LastApplied) continue;
            if (!dice.Chance(150) && EffectsAndChanges.TryCatchUp(from, to)) coalesced++;
            else EffectsAndChanges.Restore(from, to);
            to.Machine.Digest().ShouldBe(from.Machine.Digest());
        }

        deltas.ShouldBeGreaterThan(100);
        coalesced.ShouldBeGreaterThan(3);
        foreach (var machine in behind.Append(byEffects).Select(k => k.Machine))
            foreach (var database in machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
    }

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 20).Select(i => (ulong)i)];

    [Fact]
    public void Damaged_snapshots_and_effects_with_rings_are_refused_wholly_or_taken_wholly_and_never_throw()
    {
        var dice = new Prng(5);
        var k = Keyspace();
        k.Effect = new ArrayBufferWriter<byte>();
        for (var i = 0; i < 400; i++) Step(k, dice);
        var snapshot = new ArrayBufferWriter<byte>();
        using (var source = k.Machine.BeginSnapshot()) source.WriteNext(snapshot, int.MaxValue).ShouldBeFalse();
        k.Do($"RING.PUSH r0 900 {string.Join(' ', Enumerable.Range(0, 300))}");
        k.Do("RING.SET r0 1 one");
        var effect = k.Effect.WrittenSpan.ToArray();
        int refused = 0, taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            var damaged = snapshot.WrittenSpan.ToArray();
            damaged[dice.Below(damaged.Length)] = (byte)dice.Below(256);
            if (Keyspace().Machine.BeginRestore().TryAccept(damaged)) taken++;
            else refused++;
        }

        refused.ShouldBeGreaterThan(100);
        taken.ShouldBeGreaterThan(10);
        for (var i = 0; i < 2000; i++)
        {
            var damaged = effect.ToArray();
            damaged[dice.Below(damaged.Length)] = (byte)dice.Below(256);
            var before = k.Machine.Digest();
            if (!k.Machine.TryApplyEffect(k.Machine.LastApplied.Next, damaged)) k.Machine.Digest().ShouldBe(before);
        }

        foreach (var database in k.Machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
    }

    [Fact]
    public void Every_way_of_cutting_a_ring_makes_the_same_ring_again()
    {
        var dice = new Prng(9);
        var ring = new Ring(70_000, 12_345);
        for (var i = 0; i < 300; i++) ring.Push(new byte[dice.Below(300)], new LogIndex(i + 1));
        ring.Push(new byte[10_000], new LogIndex(400));
        for (var round = 0; round < 200; round++)
        {
            var reader = ring.Read();
            var all = new ArrayBufferWriter<byte>();
            for (var more = true; more;)
            {
                var from = all.WrittenCount;
                var budget = PieceReader.SmallestBudget + dice.Below(500);
                more = reader.WriteNext(all, budget);
                (all.WrittenCount - from).ShouldBeLessThanOrEqualTo(budget);
            }

            var builder = RingType.Entry.Begin(RingType.Paged);
            for (var at = 0; at < all.WrittenCount;)
            {
                var length = Math.Min(all.WrittenCount - at, 1 + dice.Below(2000));
                builder.TryAppend(all.WrittenSpan.Slice(at, length)).ShouldBeTrue();
                at += length;
            }

            builder.TryFinish(out var made).ShouldBeTrue();
            made.Digest().ShouldBe(ring.Digest());
        }
    }

    internal static byte[] Word(string text) => Tests.Keyspace.Bytes(text);

    private static Keyspace Keyspace() => new(RingType.WithRings);

    private static void Step(Keyspace k, Prng dice)
    {
        k.Now += dice.Below(20);
        k.Database = dice.Chance(800) ? 0 : dice.Below(3);
        string R() => $"r{dice.Below(6)}";
        var line = dice.Below(100) switch
        {
            < 40 => $"RING.PUSH {R()} {1 + dice.Below(200)} {string.Join(' ', Enumerable.Range(0, 1 + dice.Below(30)))}",
            < 70 => $"RING.SET {R()} {dice.Below(40)} {new string('s', dice.Below(40))}",
            < 75 => $"RENAME {R()} {R()}",
            < 80 => $"COPY {R()} {R()} DB {dice.Below(3)} REPLACE",
            < 82 => $"MOVE {R()} {dice.Below(3)}",
            < 86 => $"PEXPIRE {R()} {dice.Between(-5, 3000)}",
            < 88 => $"PERSIST {R()}",
            < 91 => $"DEL {R()}",
            < 94 => $"SET {R()} text",
            < 96 => $"APPEND {R()} more",
            < 97 => "SWAPDB 0 1",
            < 98 => dice.Chance(100) ? "FLUSHDB" : "NOPE",
            _ => "",
        };
        if (line.Length == 0) k.Tick();
        else k.Do(line);
    }
}
