using System.Buffers;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Tests.Store;

/// <summary>Keys by their hash slot, where that was asked for.</summary>
public sealed class SlotTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_index_made_in_pieces_while_keys_come_and_go_has_every_key_under_its_slot(ulong seed)
    {
        var dice = new Prng(seed);
        var table = new KeyTable();
        var keys = new HashSet<string>();
        ISlotIndex? index = null;
        var isWhole = false;
        for (var i = 0; i < 30_000; i++)
        {
            // Few tags: some slots have many keys.
            var name = dice.Chance(500) ? $"{{tag{dice.Below(5)}}}:{dice.Below(500)}" : $"key:{dice.Below(5000)}";
            var key = Keyspace.Bytes(name);
            var row = table.Find(key, KeyHash.Of(key), out _);
            if (row == 0) table.Insert(key, KeyHash.Of(key), 3, default, default, out _);
            else if (dice.Chance(700)) table.Remove(row, KeyChange.Removed);
            else table.Rewrite(row, dice.Below(100), default, default);
            if (row == 0) keys.Add(name);
            else if (table.Find(key, KeyHash.Of(key), out _) == 0) keys.Remove(name);
            if (i == 10_000) index = table.IndexSlots();
            if (index is not null && !isWhole) isWhole = index.Build(1);
            if (i % 5000 == 4999 && isWhole) Compare(table, index!, keys);
        }

        isWhole.ShouldBeTrue();
        table.IsConsistent().ShouldBeTrue();
        Compare(table, index!, keys);
        table.ForgetSlots();
        table.Slots.ShouldBeNull();
    }

    private static void Compare(KeyTable table, ISlotIndex index, HashSet<string> keys)
    {
        foreach (var group in keys.GroupBy(k => KeySlot.Of(Keyspace.Bytes(k))))
        {
            index.CountOf(group.Key).ShouldBe(group.Count());
            var found = new List<string>();
            for (var row = index.FirstOf(group.Key); row != 0; row = index.NextOf(row))
                found.Add(Keyspace.Text(table.KeyOf(row)));
            found.Order(StringComparer.Ordinal).ShouldBe(group.Order(StringComparer.Ordinal));
        }

        Enumerable.Range(0, KeySlot.Count).Sum(index.CountOf).ShouldBe(keys.Count);
    }

    [Fact]
    public void A_table_without_the_index_pays_nothing_for_it()
    {
        var without = new Keyspace();
        var with = new Keyspace();
        for (var i = 0; i < 1000; i++) without.Do($"SET {i} v");
        for (var i = 0; i < 1000; i++) with.Do($"SET {i} v");
        with.Machine.UsedBytes.ShouldBe(without.Machine.UsedBytes);
        while (!with.Machine.Databases[0].Store.IndexSlots().Build(100))
        {
        }

        (with.Machine.UsedBytes - without.Machine.UsedBytes).ShouldBeInRange(KeySlot.Count * 8, (KeySlot.Count * 8) + (2048 * 8));
        with.Machine.Digest().ShouldBe(without.Machine.Digest());
    }

    [Fact]
    public void A_flushed_database_goes_on_with_its_index()
    {
        var k = new Keyspace();
        k.Do("SET a 1");
        k.Machine.Databases[0].Store.IndexSlots().Build(10).ShouldBeTrue();
        k.Do("FLUSHDB");
        k.Do("SET b 1");
        var index = k.Machine.Databases[0].Store.Slots.ShouldNotBeNull();
        index.Build(10).ShouldBeTrue();
        index.CountOf(KeySlot.Of("a"u8)).ShouldBe(0);
        index.CountOf(KeySlot.Of("b"u8)).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_snapshot_of_some_slots_has_their_keys_as_they_were_and_no_others(ulong seed)
    {
        var dice = new Prng(seed);
        var k = new Keyspace();
        for (var i = 0; i < 3000; i++) Workload.Step(k, dice, 500);
        var first = dice.Below(KeySlot.Count / 2);
        var slots = new SlotRange(first, first + dice.Below(KeySlot.Count / 2));
        var expected = new Keyspace();
        EffectsAndChanges.Restore(k, expected);
        foreach (var database in expected.Machine.Databases)
        {
            var store = database.Store;
            for (var row = store.NextRow(0); row != 0; row = store.NextRow(row))
                if (!slots.Contains(KeySlot.Of(store.KeyOf(row)))) store.Remove(row, KeyChange.Removed);
        }

        var copy = new Keyspace();
        var target = copy.Machine.BeginRestore();
        using (var source = k.Machine.BeginSnapshot(slots))
        {
            for (var more = true; more;)
            {
                var piece = new ArrayBufferWriter<byte>();
                more = source.WriteNext(piece, 2000);
                target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
                for (var i = 0; i < 20; i++) Workload.Step(k, dice, 500);
            }
        }

        target.Complete();
        copy.Machine.Databases.Sum(d => d.Count).ShouldBeGreaterThan(20);
        copy.Machine.Digest().ShouldBe(expected.Machine.Digest());
    }
}
