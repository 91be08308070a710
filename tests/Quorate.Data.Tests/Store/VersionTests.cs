using System.Buffers;
using Quorate.Data.Store;
using Quorate.Data.Tests.Rings;
using Quorate.Replication;

namespace Quorate.Data.Tests.Store;

/// <summary>Every key has the index of the entry that wrote it last.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("SET k 2")]
    [InlineData("SET k 1")] // The same value again is a write.
    [InlineData("APPEND k x")]
    [InlineData("SETRANGE k 3 x")]
    [InlineData("SETBIT k 100 1")]
    [InlineData("INCR k")]
    [InlineData("INCRBYFLOAT k 1")]
    [InlineData("GETSET k 2")]
    [InlineData("GETEX k PX 100")]
    [InlineData("GETEX k PERSIST")]
    [InlineData("MSET k 1 other 2")]
    [InlineData("EXPIRE k 100")]
    [InlineData("PERSIST k")]
    [InlineData("BITOP NOT k k")]
    [InlineData("RENAME other k")]
    [InlineData("COPY other k REPLACE")]
    public void A_write_gives_the_key_its_index(string line)
    {
        var k = new Keyspace();
        k.Do("SET other 5");
        k.Do("SET k 1 EX 1000");
        k.Do(line).ShouldNotStartWith("-");
        VersionOf(k, "k").ShouldBe(k.Machine.LastApplied.Value);
    }

    [Theory]
    [InlineData("GET k")]
    [InlineData("EXISTS k")]
    [InlineData("SET k 2 NX")]
    [InlineData("SETNX k 2")]
    [InlineData("INCRBY k x")]
    [InlineData("GETEX k")]
    [InlineData("EXPIRE k 100 NX")]
    [InlineData("COPY k other")]
    [InlineData("SET other 5")]
    [InlineData("RENAMENX other k")]
    public void What_writes_nothing_leaves_the_version(string line)
    {
        var k = new Keyspace();
        k.Do("SET other 5");
        k.Do("SET k 1 EX 1000");
        var before = VersionOf(k, "k");
        k.Do(line);
        VersionOf(k, "k").ShouldBe(before);
    }

    [Fact]
    public void A_key_that_was_removed_and_made_again_has_another_version()
    {
        var k = new Keyspace();
        k.Do("SET k 1");
        var before = VersionOf(k, "k");
        k.Do("DEL k");
        VersionOf(k, "k").ShouldBe(0);
        k.Do("SET k 1");
        VersionOf(k, "k").ShouldBeGreaterThan(before);
    }

    [Fact]
    public void Versions_travel_in_snapshots_and_effects()
    {
        var primary = new Keyspace(RingType.WithRings) { Effect = new ArrayBufferWriter<byte>() };
        var backup = new Keyspace(RingType.WithRings);
        for (var i = 0; i < 50; i++)
        {
            primary.Do(i % 2 == 0 ? $"SET k{i} v" : $"RING.PUSH k{i} 500 {string.Join(' ', Enumerable.Range(0, 10 * i))} x");
            backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
        }

        primary.Do("RING.PUSH k49 500 y");
        backup.Machine.TryApplyEffect(primary.Machine.LastApplied, primary.Effect!.WrittenSpan).ShouldBeTrue();
        var restored = new Keyspace(RingType.WithRings);
        EffectsAndChanges.Restore(backup, restored);
        for (var i = 0; i < 49; i++) VersionOf(restored, $"k{i}").ShouldBe(i + 1);
        VersionOf(restored, "k49").ShouldBe(51);
        VersionOf(backup, "k49").ShouldBe(51);
    }

    [Fact]
    public void A_version_takes_52_bits_and_a_row_32_bytes_as_before()
    {
        System.Runtime.CompilerServices.Unsafe.SizeOf<KeyRow>().ShouldBe(32);
        var table = new KeyTable();
        var latest = new LogIndex(KeyMark.LatestVersion);
        var row = table.Insert("k"u8, KeyHash.Of("k"u8), 5, RingType.Form(RingType.Packed), new KeyStamp(latest, uint.MaxValue),
            out _);
        table.SetExpiry(row, long.MaxValue, latest);
        table.Hold(row);
        table.Reshape(row, 3, RingType.Form(RingType.Packed), new KeyStamp(latest, uint.MaxValue));
        var mark = table.MarkOf(row);
        mark.Version.ShouldBe(latest);
        mark.Form.ShouldBe(RingType.Form(RingType.Packed));
        mark.Expires.ShouldBeTrue();
        mark.IsBuilt.ShouldBeFalse();
        table.WrittenOf(row).ShouldBe(uint.MaxValue);
        table.BytesOf(row).Length.ShouldBe(3);
        table.SetExpiry(row, 5, new LogIndex(7));
        table.MarkOf(row).Version.ShouldBe(new LogIndex(7));
        table.MarkOf(row).Form.ShouldBe(RingType.Form(RingType.Packed));
    }

    [Fact]
    public void A_short_key_costs_what_it_cost_and_spare_room_tells_its_own_length()
    {
        var table = new KeyTable();
        foreach (var keyLength in (int[])[0, 1, 127, 128, 16_383, 16_384])
        {
            var key = new byte[keyLength];
            var row = table.Insert(key, KeyHash.Of(key), 100, default, default, out var bytes);
            bytes.Fill(7);
            // Array header, [key length], key, value, to the next eight; row, bucket.
            var head = keyLength < 128 ? 1 : keyLength < 16_384 ? 2 : 3;
            table.MeasureOf(row).ShouldBe(((24 + head + keyLength + 100 + 7) & ~7) + 32 + 5);
            foreach (var length in (int[])[99, 98, 80, 1, 0, 60, 100, 500, 1200, 1100, 700, 1200])
            {
                table.Reshape(row, length, default, default).Length.ShouldBe(length);
                table.BytesOf(row).Length.ShouldBe(length);
                table.KeyOf(row).Length.ShouldBe(keyLength);
            }
        }
    }

    private static long VersionOf(Keyspace k, string key)
    {
        var bytes = Keyspace.Bytes(key);
        k.Machine.Databases[0].Store.Find(bytes, KeyHash.Of(bytes), out var mark);
        return mark.Version.Value;
    }
}
