using System.Buffers;
using Quorate.Data.Shipping;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Tests;

/// <summary>What is remembered of changes is bounded, and costs nothing where no state is shipped.</summary>
public sealed class ChangesKept
{
    [Fact]
    public void Changes_older_than_what_is_kept_are_not_known_and_newer_ones_are()
    {
        var primary = EffectsAndChanges.Shipping();
        primary.Do("SET first 1");
        var first = primary.Machine.LastApplied;
        for (var i = 0; i < RecentKeys.MostKeys; i++) primary.Do(i % 2 == 0 ? $"SET key:{i} v" : $"DEL key:{i - 1}");
        // As many keys as are kept have been named by fewer entries than that.
        primary.Machine.TryWriteChangesSince(default, new ArrayBufferWriter<byte>()).ShouldBeTrue();
        for (var i = 0; i < RecentKeys.MostKeys; i++) primary.Do($"SET other:{i} v");
        primary.Machine.TryWriteChangesSince(first, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        var since = primary.Machine.LastApplied;
        var backup = new Keyspace();
        primary.Machine.TryWriteChangesSince(new LogIndex(since.Value - 1000), new ArrayBufferWriter<byte>()).ShouldBeTrue();
        primary.Machine.TryWriteChangesSince(since, new ArrayBufferWriter<byte>()).ShouldBeTrue();
        EffectsAndChanges.TryCatchUp(primary, backup).ShouldBeFalse();
    }

    [Fact]
    public void A_key_changed_again_and_again_takes_one_place()
    {
        var changes = new RecentKeys();
        for (var i = 1; i <= 200_000; i++) changes.Note(new LogIndex(i), 0, "counter"u8, 7);
        changes.Count.ShouldBe(1);
        changes.KnownSince.ShouldBe(default);
    }

    [Fact]
    public void Against_a_plain_list_the_kept_changes_are_the_newest()
    {
        var dice = new Prng(3);
        var changes = new RecentKeys();
        var k = new Keyspace();
        var last = new Dictionary<string, long>();
        for (var i = 1; i <= 30_000; i++)
        {
            var key = $"k{dice.Below(dice.Chance(500) ? 50 : 5000)}";
            // Few hashes: buckets are long.
            changes.Note(new LogIndex(i), 3, Keyspace.Bytes(key), (uint)key.Length);
            last[key] = i;
            if (!dice.Chance(3)) continue;
            var since = dice.Below(i);
            var output = new ArrayBufferWriter<byte>();
            var effect = new EffectWriter(output, new ArrayBufferWriter<byte>());
            effect.Begin(EffectKind.Changes, 0);
            changes.TryWrite(new LogIndex(since), k.Machine.Databases, ref effect, long.MaxValue).ShouldBeTrue();
            effect.End();
            var told = new SortedSet<string>(StringComparer.Ordinal);
            var reader = new EffectReader(output.WrittenSpan, DataTypes.Shipped);
            reader.TryBegin().ShouldBeTrue();
            while (reader.TryRead())
                if (reader.Record == EffectRecord.NoKey) told.Add(Keyspace.Text(reader.Key)).ShouldBeTrue();
            told.ShouldBe(last.Where(p => p.Value > since).Select(p => p.Key).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Great_keys_push_out_older_changes()
    {
        var changes = new RecentKeys();
        var great = new byte[RecentKeys.MostKeyBytes / 3];
        for (var i = 1; i <= 4; i++)
        {
            great[0] = (byte)i;
            changes.Note(new LogIndex(i), 0, great, (uint)i);
        }

        changes.Count.ShouldBe(3);
        changes.KnownSince.ShouldBe(new LogIndex(1));
        changes.Note(new LogIndex(5), 0, new byte[RecentKeys.MostKeyBytes + 1], 5);
        changes.Count.ShouldBe(0);
        changes.KnownSince.ShouldBe(new LogIndex(5));
    }

    [Fact]
    public void Flushes_and_sessions_are_kept_within_bounds_too()
    {
        var primary = EffectsAndChanges.Shipping();
        for (var i = 0; i <= RecentArrangements.Most; i++) primary.Do("FLUSHDB");
        primary.Machine.TryWriteChangesSince(default, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        primary.Machine.TryWriteChangesSince(new LogIndex(1), new ArrayBufferWriter<byte>()).ShouldBeTrue();
        var since = primary.Machine.LastApplied;
        for (var i = 0; i < RecentSessions.Most; i++) primary.DoOnce(1, i, i, "SET a 1");
        primary.Machine.TryWriteChangesSince(since, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        primary.Machine.TryWriteChangesSince(primary.Machine.LastApplied.Previous, new ArrayBufferWriter<byte>()).ShouldBeTrue();
    }

    [Fact]
    public void Too_much_to_be_told_at_once_is_left_to_a_snapshot()
    {
        var primary = EffectsAndChanges.Shipping();
        for (var i = 0; i < 5; i++)
            primary.Do([Keyspace.Bytes("SET"), Keyspace.Bytes($"big{i}"), new byte[StateShipping.MostChangesBytes / 4]]);
        primary.Machine.TryWriteChangesSince(default, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        primary.Machine.TryWriteChangesSince(new LogIndex(3), new ArrayBufferWriter<byte>()).ShouldBeTrue();
    }

    [Fact]
    public void Steady_overwriting_allocates_nothing_on_either_side()
    {
        var primary = EffectsAndChanges.Shipping();
        var backup = new Keyspace();
        for (var i = 0; i < 100; i++)
        {
            primary.DoOnce(1, i, i, $"SET key:{i} 0123456789");
            backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
        }

        primary.Do("SET key:5 9876543210 EX 1000");
        var entry = primary.Entry.ToArray();
        long before = 0;
        for (var i = 0; i < 10_000; i++)
        {
            if (i == 1000) before = GC.GetAllocatedBytesForCurrentThread();
            primary.Effect!.ResetWrittenCount();
            primary.Machine.Execute(primary.Machine.LastApplied.Next, entry, default, primary.Effect);
            if (!backup.Machine.TryApplyEffect(backup.Machine.LastApplied.Next, primary.Effect.WrittenSpan))
                throw new InvalidOperationException();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
    }

    [Fact]
    public void A_keyspace_that_ships_commands_notes_nothing()
    {
        var k = new Keyspace();
        var dice = new Prng(1);
        for (var i = 0; i < 500; i++) Workload.Step(k, dice, 50);
        k.Machine.Taps.HasAny.ShouldBeFalse();
    }
}
