using System.Buffers;
using Quorate.Replication;

namespace Quorate.Data.Tests;

public sealed class Snapshots
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_snapshot_read_while_entries_are_applied_is_the_state_at_its_beginning(ulong seed)
    {
        var dice = new Prng(seed);
        var k = new Keyspace();
        var keys = 1 + dice.Below(dice.Chance(500) ? 50 : 5000);
        for (var i = dice.Below(3000); i > 0; i--) Workload.Step(k, dice, keys);
        var atBegin = k.Machine.Digest();
        var clock = k.Machine.ClockMilliseconds;
        var index = k.Machine.LastApplied;
        var pieces = new List<byte[]>();
        // Growing and shrinking meanwhile reach further than the keys there were.
        var laterKeys = dice.Chance(300) ? keys * 20 : keys;
        using (var source = k.Machine.BeginSnapshot())
        {
            var more = true;
            while (more)
            {
                for (var i = dice.Below(60); i > 0; i--) Workload.Step(k, dice, laterKeys);
                var piece = new ArrayBufferWriter<byte>();
                more = source.WriteNext(piece, 1 + dice.Below(dice.Chance(500) ? 2000 : 100_000));
                piece.WrittenCount.ShouldBeLessThan(400_000);
                pieces.Add(piece.WrittenSpan.ToArray());
            }
        }

        var restored = new Keyspace();
        for (var i = dice.Below(100); i > 0; i--) Workload.Step(restored, dice, keys);
        var own = restored.Machine.Digest();
        var target = restored.Machine.BeginRestore();
        foreach (var piece in pieces) target.TryAccept(piece).ShouldBeTrue();
        restored.Machine.Digest().ShouldBe(own);
        target.Complete();
        restored.Machine.Digest().ShouldBe(atBegin);
        restored.Machine.ClockMilliseconds.ShouldBe(clock);
        restored.Machine.LastApplied.ShouldBe(index);
        foreach (var database in k.Machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
        foreach (var database in restored.Machine.Databases) database.Store.IsConsistent().ShouldBeTrue();
    }

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 40).Select(i => (ulong)i)];

    [Fact]
    public void A_restored_machine_goes_on_as_the_original()
    {
        var dice = new Prng(7);
        var original = new Keyspace();
        for (var i = 0; i < 4000; i++) Workload.Step(original, dice, 500);
        var copy = new Keyspace();
        Restore(copy, Take(original, 5000)).ShouldBeTrue();
        for (var i = 0; i < 4000; i++)
        {
            var before = original.Machine.LastApplied;
            Workload.Step(original, dice, 500);
            if (original.Machine.LastApplied != before) copy.Apply(original.Entry.Span);
        }

        copy.Machine.Digest().ShouldBe(original.Machine.Digest());
    }

    [Fact]
    public void Pieces_keep_to_the_budget_and_big_values_are_split()
    {
        var k = new Keyspace();
        k.Do([Keyspace.Bytes("SET"), Keyspace.Bytes("big"), new byte[5_000_000]]);
        for (var i = 0; i < 2000; i++) k.Do($"SET key:{i} {new string('v', 100)}");
        var pieces = Take(k, 100_000);
        pieces.Count.ShouldBeGreaterThan(50);
        pieces.Max(p => p.Length).ShouldBeLessThan(200_000);
        var copy = new Keyspace();
        Restore(copy, pieces).ShouldBeTrue();
        copy.Machine.Digest().ShouldBe(k.Machine.Digest());
    }

    [Fact]
    public void An_empty_keyspace_has_a_snapshot_too()
    {
        var copy = new Keyspace();
        copy.Do("SET a 1");
        Restore(copy, Take(new Keyspace(), 1000)).ShouldBeTrue();
        copy.Machine.Databases[0].Count.ShouldBe(0);
    }

    [Fact]
    public void A_dropped_snapshot_leaves_the_machine_free_for_another()
    {
        var k = new Keyspace();
        for (var i = 0; i < 2000; i++) k.Do($"SET key:{i} v");
        var first = k.Machine.BeginSnapshot();
        Should.Throw<InvariantViolation>(() => k.Machine.BeginSnapshot());
        first.WriteNext(new ArrayBufferWriter<byte>(), 100).ShouldBeTrue();
        first.Dispose();
        for (var i = 0; i < 2000; i++) k.Do($"DEL key:{i}");
        var copy = new Keyspace();
        Restore(copy, Take(k, 1000)).ShouldBeTrue();
        copy.Machine.Digest().ShouldBe(k.Machine.Digest());
    }

    [Fact]
    public void Damaged_and_incomplete_snapshots_are_refused_and_change_nothing()
    {
        var dice = new Prng(3);
        var k = new Keyspace();
        for (var i = 0; i < 300; i++) Workload.Step(k, dice, 100);
        var whole = Take(k, int.MaxValue).ShouldHaveSingleItem();
        var target = new Keyspace();
        target.Do("SET mine 1");
        var before = target.Machine.Digest();
        var refused = 0;
        for (var cut = 0; cut < whole.Length; cut += 1 + (whole.Length / 500))
        {
            var restore = target.Machine.BeginRestore();
            // A cut at a record's end is a piece of its own, but no whole snapshot.
            if (restore.TryAccept(whole.AsSpan(0, cut))) Should.Throw<InvariantViolation>(restore.Complete);
            else refused++;
        }

        refused.ShouldBeGreaterThan(100);
        var survived = 0;
        for (var i = 0; i < 2000; i++)
        {
            var damaged = whole.ToArray();
            damaged[dice.Below(damaged.Length)] ^= (byte)(1 << dice.Below(8));
            if (target.Machine.BeginRestore().TryAccept(damaged)) survived++;
        }

        // Flips inside values make another valid state (checksums lie around the pieces); none may throw.
        survived.ShouldBeLessThan(2000);
        target.Machine.BeginRestore().TryAccept([.. whole, 2]).ShouldBeFalse();
        target.Machine.Digest().ShouldBe(before);
    }

    [Fact]
    public void Duplicate_keys_in_a_snapshot_are_refused()
    {
        var k = new Keyspace();
        k.Do("SET a 1");
        var whole = Take(k, int.MaxValue).ShouldHaveSingleItem();
        var entry = whole.AsSpan(17, whole.Length - 17 - 25);
        new Keyspace().Machine.BeginRestore().TryAccept([.. whole.AsSpan(0, 17), .. entry]).ShouldBeTrue();
        new Keyspace().Machine.BeginRestore().TryAccept([.. whole.AsSpan(0, 17), .. entry, .. entry]).ShouldBeFalse();
    }

    private static List<byte[]> Take(Keyspace k, int budget)
    {
        var pieces = new List<byte[]>();
        using var source = k.Machine.BeginSnapshot();
        bool more;
        do
        {
            var piece = new ArrayBufferWriter<byte>();
            more = source.WriteNext(piece, budget);
            pieces.Add(piece.WrittenSpan.ToArray());
        }
        while (more);
        return pieces;
    }

    private static bool Restore(Keyspace into, List<byte[]> pieces)
    {
        var target = into.Machine.BeginRestore();
        foreach (var piece in pieces)
            if (!target.TryAccept(piece)) return false;
        target.Complete();
        return true;
    }
}
