using System.Buffers;
using Quorate.Data.Sessions;
using Quorate.Data.Shipping;
using Quorate.Data.Tests.Rings;
using Quorate.Replication;

namespace Quorate.Data.Tests;

/// <summary>However a state was shipped, it is the state that the commands lead to.</summary>
public sealed class EffectsAndChanges
{
    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 60).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Commands_effects_newest_states_and_snapshots_all_lead_to_one_state(ulong seed)
    {
        var dice = new Prng(seed);
        var primary = Shipping();
        var byCommands = new Keyspace();
        var byEffects = new Keyspace();
        // Brought up to date at random points: by the primary, by a follower, and by whichever of them, after snapshots too.
        Keyspace[] behind = [new(), new(), new()];
        var keys = 1 + dice.Below(dice.Chance(500) ? 20 : 2000);
        int coalesced = 0, restored = 0;
        for (var i = 0; i < 1500; i++)
        {
            var before = primary.Machine.LastApplied;
            Step(primary, dice, keys);
            if (primary.Machine.LastApplied == before) continue;
            byCommands.Apply(primary.Entry.Span);
            byEffects.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
            if (!dice.Chance(30)) continue;
            primary.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
            byEffects.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
            var from = dice.Below(3) switch { 0 => primary, 1 => byEffects, _ => behind[dice.Below(behind.Length)] };
            var to = behind[dice.Below(behind.Length)];
            if (from.Machine.LastApplied <= to.Machine.LastApplied) continue;
            if (!dice.Chance(150) && TryCatchUp(from, to))
            {
                coalesced++;
            }
            else
            {
                Restore(from, to);
                restored++;
            }

            to.Machine.Digest().ShouldBe(from.Machine.Digest());
        }

        foreach (var to in behind)
        {
            if (to.Machine.LastApplied < primary.Machine.LastApplied && !TryCatchUp(primary, to)) Restore(primary, to);
            to.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
            for (var d = 0; d < KeyspaceMachine.DatabaseCount; d++) to.Machine.Databases[d].Store.IsConsistent().ShouldBeTrue();
        }

        coalesced.ShouldBeGreaterThan(3);
        restored.ShouldBeGreaterThan(0);
        // All of them go on alike: what the digest does not see is equal too.
        for (var i = 0; i < 200; i++)
        {
            var before = byCommands.Machine.LastApplied;
            Step(byCommands, dice, keys);
            if (byCommands.Machine.LastApplied == before) continue;
            foreach (var to in behind) to.Apply(byCommands.Entry.Span);
        }

        foreach (var to in behind) to.Machine.Digest().ShouldBe(byCommands.Machine.Digest());
    }

    [Fact]
    public void A_counter_added_to_twice_is_told_once_as_its_sum()
    {
        var primary = Shipping();
        var backup = new Keyspace();
        primary.Do("SET counter 0");
        TryCatchUp(primary, backup).ShouldBeTrue();
        var since = primary.Machine.LastApplied;
        primary.Do("INCRBY counter 2");
        primary.Do("INCRBY counter 3");
        var changes = new ArrayBufferWriter<byte>();
        primary.Machine.TryWriteChangesSince(since, changes).ShouldBeTrue();
        Records(changes.WrittenSpan).ShouldBe([EffectRecord.Key]);
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, changes.WrittenSpan).ShouldBeTrue();
        backup.Do("GET counter").ShouldBe("$1\r\n5\r\n");
    }

    [Fact]
    public void An_effect_tells_what_changed_and_nothing_else()
    {
        var primary = Shipping();
        EffectRecord[] Of(string line)
        {
            primary.Do(line);
            return [.. Records(primary.Effect!.WrittenSpan)];
        }

        Of("SET a 1").ShouldBe([EffectRecord.Key]);
        Of("SET a 1 EX 100").ShouldBe([EffectRecord.Key]);
        Of("SET a 1 NX").ShouldBe([]);
        Of("DEL a b c").ShouldBe([EffectRecord.NoKey]);
        Of("MSET a 1 b 2").ShouldBe([EffectRecord.Key, EffectRecord.Key]);
        Of("SWAPDB 0 1").ShouldBe([EffectRecord.Databases]);
        Of("FLUSHALL").ShouldBe([EffectRecord.Databases]);
        Of("INCRBY a x").ShouldBe([]);
        primary.DoOnce(1, 1, 1, "SET a 1");
        Records(primary.Effect!.WrittenSpan).ShouldBe([EffectRecord.Key, EffectRecord.Session, EffectRecord.Reply]);
        primary.DoOnce(1, 1, 1, "SET a 1");
        Records(primary.Effect!.WrittenSpan).ShouldBe([EffectRecord.Session]);
    }

    [Fact]
    public void A_session_command_is_executed_once_wherever_its_effect_has_come()
    {
        var primary = Shipping();
        primary.DoOnce(9, 1, 1, "INCR n").ShouldBe(":1\r\n");
        var backup = new Keyspace();
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
        backup.Effect = new ArrayBufferWriter<byte>();
        backup.DoOnce(9, 1, 1, "INCR n").ShouldBe(":1\r\n");
        backup.Do("GET n").ShouldBe("$1\r\n1\r\n");
    }

    [Fact]
    public void Sessions_that_were_forgotten_for_room_are_forgotten_wherever_the_effects_come()
    {
        var primary = Shipping();
        var byEffects = new Keyspace();
        var behind = new Keyspace();
        for (var i = 0; i < SessionTable.MostSessions + 50; i++)
        {
            primary.DoOnce(i * 7919 % 10_007, 0, 0, "INCR n");
            byEffects.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
            if (i is 10 or SessionTable.MostSessions - 3) TryCatchUp(primary, behind).ShouldBeTrue();
        }

        TryCatchUp(byEffects, behind).ShouldBeTrue();
        byEffects.Machine.Digest().ShouldBe(primary.Machine.Digest());
        behind.Machine.Digest().ShouldBe(primary.Machine.Digest());
    }

    [Fact]
    public void A_session_that_was_forgotten_and_began_anew_does_so_wherever_its_changes_come()
    {
        var primary = Shipping();
        var behind = new Keyspace();
        primary.DoOnce(-1, 5, 0, "INCR n");
        TryCatchUp(primary, behind).ShouldBeTrue();
        for (var i = 0; i < SessionTable.MostSessions; i++) primary.DoOnce(i, 0, 0, "INCR n");
        primary.DoOnce(-1, 3, 0, "INCR n");
        TryCatchUp(primary, behind).ShouldBeTrue();
        behind.Machine.TryGetSessionReply(-1, 5, out _).ShouldBeFalse();
        behind.Machine.Digest().ShouldBe(primary.Machine.Digest());
    }

    [Fact]
    public void A_swap_that_came_as_part_of_several_entries_is_not_told_to_one_who_may_have_it()
    {
        var primary = Shipping();
        primary.Do("SET a 1");
        primary.Do("SWAPDB 0 1");
        var between = primary.Machine.LastApplied;
        primary.Do("SET b 2");
        var relay = new Keyspace();
        TryCatchUp(primary, relay).ShouldBeTrue();
        relay.Machine.TryWriteChangesSince(between, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        primary.Machine.TryWriteChangesSince(between, new ArrayBufferWriter<byte>()).ShouldBeTrue();
        var fresh = new Keyspace();
        TryCatchUp(relay, fresh).ShouldBeTrue();
        fresh.Machine.Digest().ShouldBe(primary.Machine.Digest());
    }

    [Fact]
    public void What_was_applied_as_commands_or_restored_is_not_known_as_changes()
    {
        var k = new Keyspace();
        k.Do("SET a 1");
        var since = k.Machine.LastApplied;
        k.Effect = new ArrayBufferWriter<byte>();
        k.Do("SET b 1");
        k.Machine.TryWriteChangesSince(default, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        k.Machine.TryWriteChangesSince(since, new ArrayBufferWriter<byte>()).ShouldBeTrue();
        k.Effect = null;
        k.Do("SET c 1");
        k.Machine.TryWriteChangesSince(since, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        var restored = new Keyspace();
        Restore(k, restored);
        restored.Machine.TryWriteChangesSince(since, new ArrayBufferWriter<byte>()).ShouldBeFalse();
        restored.Machine.TryWriteChangesSince(k.Machine.LastApplied, new ArrayBufferWriter<byte>()).ShouldBeTrue();
    }

    internal static Keyspace Shipping() => new() { Effect = new ArrayBufferWriter<byte>() };

    internal static bool TryCatchUp(Keyspace from, Keyspace to)
    {
        var changes = new ArrayBufferWriter<byte>();
        if (!from.Machine.TryWriteChangesSince(to.Machine.LastApplied, changes)) return false;
        to.Machine.TryApplyEffect(from.Machine.LastApplied, changes.WrittenSpan).ShouldBeTrue();
        return true;
    }

    internal static List<EffectRecord> Records(ReadOnlySpan<byte> effect)
    {
        var records = new List<EffectRecord>();
        var reader = new EffectReader(effect, RingType.WithRings);
        reader.TryBegin().ShouldBeTrue();
        while (reader.TryRead()) records.Add(reader.Record);
        reader.IsWhole.ShouldBeTrue();
        return records;
    }

    /// <summary>The workload, with more of what concerns whole databases than it has.</summary>
    private static void Step(Keyspace k, Prng dice, int keys)
    {
        if (!dice.Chance(10))
        {
            Workload.Step(k, dice, keys);
            return;
        }

        k.Do(dice.Below(4) switch
        {
            0 =>
            "FLUSHDB",
            1 => $"SWAPDB {dice.Below(4)} {dice.Below(4)}",
            2 => "SWAPDB 0 1",
            _ => "FLUSHALL"
        });
    }

    internal static void Restore(Keyspace from, Keyspace to)
    {
        using var source = from.Machine.BeginSnapshot();
        var target = to.Machine.BeginRestore();
        bool more;
        do
        {
            var piece = new ArrayBufferWriter<byte>();
            more = source.WriteNext(piece, 100_000);
            target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
        }
        while (more);
        target.Complete();
    }
}
