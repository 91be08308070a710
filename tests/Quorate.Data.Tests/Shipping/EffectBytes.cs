using System.Buffers;
using Quorate.Data.Sessions;
using Quorate.Data.Shipping;
using Quorate.Replication;

namespace Quorate.Data.Tests;

public sealed class EffectBytes
{
    [Fact]
    public void No_effect_that_is_cut_or_longer_is_applied_and_nothing_of_it_either()
    {
        var effect = Rich(out _);
        var target = Target();
        var before = target.Machine.Digest();
        var index = target.Machine.LastApplied;
        for (var cut = 0; cut < effect.Length; cut++)
            target.Machine.TryApplyEffect(index.Next, effect.AsSpan(0, cut)).ShouldBeFalse();
        target.Machine.TryApplyEffect(index.Next, [.. effect, (byte)EffectRecord.End]).ShouldBeFalse();
        target.Machine.TryApplyEffect(index.Next, [.. effect[..^1], 0]).ShouldBeFalse();
        target.Machine.Digest().ShouldBe(before);
        target.Machine.LastApplied.ShouldBe(index);
        for (var cut = 0; cut < effect.Length; cut++) EffectCommands.TryRead(effect.AsSpan(0, cut), out _, out _).ShouldBeFalse();
        EffectCommands.TryRead(effect, out _, out var commands).ShouldBeTrue();
        commands.ShouldNotBeEmpty();
        target.Machine.TryApplyEffect(index.Next, effect).ShouldBeTrue();
        target.Machine.Digest().ShouldNotBe(before);
    }

    [Fact]
    public void Any_bytes_are_applied_wholly_or_refused_wholly_and_never_throw()
    {
        var dice = new Prng(11);
        var effect = Rich(out _);
        int refused = 0, applied = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = effect.ToArray();
            for (var n = 1 + dice.Below(3); n > 0; n--) damaged[dice.Below(damaged.Length)] = (byte)dice.Below(256);
            var target = i % 100 == 0 ? Target() : null;
            target ??= _shared ??= Target();
            var before = i % 100 == 0 ? target.Machine.Digest() : 0;
            if (target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, damaged))
            {
                applied++;
                target.Machine.Digest();
            }
            else
            {
                refused++;
                if (before != 0) target.Machine.Digest().ShouldBe(before);
            }
        }

        refused.ShouldBeGreaterThan(1000);
        // Inside keys and values any byte will do.
        applied.ShouldBeGreaterThan(1000);
        for (var d = 0; d < KeyspaceMachine.DatabaseCount; d++) _shared!.Machine.Databases[d].Store.IsConsistent().ShouldBeTrue();
    }

    private Keyspace? _shared;

    [Fact]
    public void Lengths_that_are_claimed_allocate_nothing()
    {
        var target = Target();
        byte[] key = [(byte)EffectKind.Step, 0, 0, 0, 0, 0, 0, 0, 0, (byte)EffectRecord.Key, 0, 0, 0, 0, 0, 0, 255, 255, 255,
            255, 255, 255, 255, 255, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2];
        byte[] reply = [(byte)EffectKind.Step, 0, 0, 0, 0, 0, 0, 0, 0, (byte)EffectRecord.Session, .. new byte[25],
            (byte)EffectRecord.Reply, .. new byte[8], 0xFF, 0xFF, 0xFF, 0x7F, 1];
        target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, key).ShouldBeFalse();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var any = target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, key) | target.Machine.TryApplyEffect(
            target.Machine.LastApplied.Next, reply);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
        any.ShouldBeFalse();
    }

    [Theory]
    [InlineData("two databases of one", new byte[] { 1, 0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("a database beyond the last", new byte[] { 1, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("a key beyond the last database", new byte[] { 3, 16, 1, 65 })]
    [InlineData("a reply of no session", new byte[] { 5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 65 })]
    [InlineData("a session twice", new byte[] { 6, 1, 0, 0, 0, 0, 0, 0, 0, 6, 1, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("a key after a session", new byte[] { 6, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 65 })]
    [InlineData("a reply of a session that is gone", new byte[] { 6, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 65 })]
    [InlineData("no such record", new byte[] { 9 })]
    public void What_no_machine_writes_is_refused(string what, byte[] records)
    {
        var target = Target();
        byte[] effect = [(byte)EffectKind.Step, 0, 0, 0, 0, 0, 0, 0, 0, .. records, (byte)EffectRecord.End];
        target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, effect).ShouldBeFalse(what);
    }

    [Fact]
    public void Sessions_beyond_the_most_there_may_be_are_refused()
    {
        var k = EffectsAndChanges.Shipping();
        for (var i = 0; i < SessionTable.MostSessions; i++) k.DoOnce(i, 0, 0, "INCR n");
        byte[] another = [(byte)EffectKind.Step, 0, 0, 0, 0, 0, 0, 0, 0, 4, .. BitConverter.GetBytes(5000L), .. new byte[17],
            (byte)EffectRecord.End];
        byte[] instead = [.. another[..^1], 6, .. BitConverter.GetBytes(6000L), (byte)EffectRecord.End];
        byte[] replaced = [.. another[..9], 6, .. BitConverter.GetBytes(7L), .. another[9..]];
        k.Machine.TryApplyEffect(k.Machine.LastApplied.Next, another).ShouldBeFalse();
        k.Machine.TryApplyEffect(k.Machine.LastApplied.Next, instead).ShouldBeFalse();
        k.Machine.TryApplyEffect(k.Machine.LastApplied.Next, replaced).ShouldBeTrue();
        k.Machine.Sessions.Count.ShouldBe(SessionTable.MostSessions);
    }

    [Fact]
    public void An_effect_without_a_swap_leads_to_the_same_state_however_often_it_is_applied()
    {
        var effect = Rich(out _);
        var target = Target();
        target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, effect).ShouldBeTrue();
        var once = target.Machine.Digest();
        for (var i = 0; i < 3; i++) target.Machine.TryApplyEffect(target.Machine.LastApplied.Next, effect).ShouldBeTrue();
        target.Machine.Digest().ShouldBe(once);
    }

    /// <summary>Every kind of record: a flush, keys with and without expiry, deletions, sessions.</summary>
    private static byte[] Rich(out Keyspace primary)
    {
        primary = EffectsAndChanges.Shipping();
        for (var i = 0; i < 5; i++) primary.DoOnce(i, 0, 0, $"SET s{i} {i}");
        primary.Database = 2;
        primary.Do("SET gone 1");
        primary.Do("FLUSHDB");
        primary.Database = 0;
        primary.Do("SET a 1");
        primary.Do("SET b 2 PX 100000");
        primary.Do("DEL a");
        primary.Do("APPEND c xyz");
        primary.DoOnce(2, 1, 0, "INCR n");
        primary.DoOnce(2, 3, 0, "INCR n");
        var changes = new ArrayBufferWriter<byte>();
        primary.Machine.TryWriteChangesSince(default, changes).ShouldBeTrue();
        var records = EffectsAndChanges.Records(changes.WrittenSpan);
        foreach (var record in (EffectRecord[])[EffectRecord.Databases, EffectRecord.Key, EffectRecord.NoKey,
            EffectRecord.Session, EffectRecord.Reply])
            records.ShouldContain(record);
        return changes.WrittenSpan.ToArray();
    }

    private static Keyspace Target()
    {
        var k = new Keyspace();
        k.Do("SET a old PX 5000");
        k.Do("SET mine 1");
        k.DoOnce(2, 0, 0, "INCR m");
        return k;
    }
}
