using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Data.Tests.Merging;

/// <summary>Deadlines, removal, what is remembered of it and when it goes; keys in order; bytes that are none.</summary>
public sealed class LifetimeTests
{
    private readonly MergeReplica _a = new(1);
    private readonly MergeReplica _b = new(2);

    private static void Exchange(MergeReplica a, byte[] fromA, MergeReplica b, byte[] fromB)
    {
        a.Merge(fromB);
        b.Merge(fromA);
        a.Dump().ShouldBe(b.Dump());
    }

    private void BothHave(string line)
    {
        _a.Do(line);
        _b.Merge(_a.Delta!);
    }

    [Fact]
    public void The_latest_of_concurrent_deadlines_holds_and_a_later_one_replaces_those_it_has_seen()
    {
        BothHave("SET k v");
        _a.Do("EXPIRE k 100");
        _b.Do("EXPIRE k 200");
        Exchange(_a, _a.Delta!, _b, _b.Delta!);
        _a.Do("TTL k").ShouldBe("200");
        BothHave("EXPIRE k 50");
        _b.Do("TTL k").ShouldBe("50");
        BothHave("PERSIST k");
        _b.Do("TTL k").ShouldBe("-1");
        _b.Do("TTL none").ShouldBe("-2");
    }

    [Fact]
    public void SET_takes_deadlines_away_unless_it_is_told_to_keep_them()
    {
        BothHave("SET k v EX 100");
        BothHave("SET k w KEEPTTL");
        _b.Do("TTL k").ShouldBe("100");
        BothHave("SET k w PX 500");
        _b.Do("PTTL k").ShouldBe("500");
        BothHave("SET k x");
        _b.Do("TTL k").ShouldBe("-1");
        BothHave("INCRBY n 5");
        BothHave("EXPIRE n 100");
        BothHave("INCR n");
        _b.Do("TTL n").ShouldBe("100");
        _b.Do("SET k v EX 0").ShouldBe("-ERR invalid expire time in 'set' command");
    }

    [Fact]
    public void A_key_past_its_deadline_is_not_there_and_a_write_begins_anew()
    {
        BothHave("SADD s x");
        BothHave("PEXPIRE s 100");
        _a.Wall += 100;
        _a.Do("EXISTS s").ShouldBe("0");
        _a.Do("SADD s y").ShouldBe("1");
        _b.Merge(_a.Delta!);
        _b.Do("SMEMBERS s").ShouldBe("[y]");
        _b.Do("TTL s").ShouldBe("-1");
    }

    [Fact]
    public void A_key_is_removed_for_good_after_the_grace_first_by_whoever_set_the_deadline()
    {
        BothHave("SET k v PX 100");
        var grace = new MergingStoreOptions().ExpiryGraceMilliseconds;
        _a.Wall += 99 + grace;
        _b.Wall += 101 + grace;
        _a.RemoveExpired().ShouldBeNull();
        _b.RemoveExpired().ShouldBeNull();
        _a.Wall += 1;
        var delta = _a.RemoveExpired().ShouldNotBeNull();
        _a.Store.Count.ShouldBe(0);
        _b.Merge(delta);
        _b.Store.Count.ShouldBe(0);
        _b.Wall += grace;
        _b.RemoveExpired().ShouldBeNull();
    }

    [Fact]
    public void If_nobody_else_does_every_replica_removes_what_is_expired()
    {
        BothHave("SET k v PX 100");
        _b.Wall += 100 + (2 * new MergingStoreOptions().ExpiryGraceMilliseconds);
        _b.RemoveExpired().ShouldNotBeNull();
        _b.Store.Count.ShouldBe(0);
    }

    [Fact]
    public void A_deleted_key_does_not_come_back_by_an_old_message_or_an_old_state()
    {
        _a.Do("SADD s x");
        var old = _a.Delta!;
        _b.Merge(old);
        _b.Do("DEL s");
        _a.Merge(_b.Delta!);
        _a.Merge(old).Kind.ShouldBe(MergeKind.Known);
        _a.Do("EXISTS s").ShouldBe("0");

        var stable = VersionVector.Meet(_a.Store.Seen.ToVersionVector(), _b.Store.Seen.ToVersionVector());
        _a.Store.Collect(stable);
        _a.Store.ObjectCount.ShouldBe(0);
        _a.Merge(old);
        _a.Do("EXISTS s").ShouldBe("0");

        var stale = new MergeReplica(3);
        stale.Merge(old);
        _a.SyncKeyFrom(stale, "s");
        _a.Do("EXISTS s").ShouldBe("0");
        stale.SyncKeyFrom(_a, "s");
        stale.Do("EXISTS s").ShouldBe("0");
    }

    [Fact]
    public void What_is_absent_from_a_range_of_states_was_removed_if_it_was_seen()
    {
        var stale = new MergeReplica(3);
        _a.Do("SET gone v");
        stale.Merge(_a.Delta!);
        _a.Do("DEL gone");
        _a.Store.Collect(_a.Store.Seen.ToVersionVector());
        _a.Store.ObjectCount.ShouldBe(0);
        stale.Do("SET own v");
        stale.SyncFrom(_a);
        stale.Do("EXISTS gone own").ShouldBe("1");
        stale.Do("EXISTS own").ShouldBe("1");
    }

    [Fact]
    public void Nothing_is_collected_that_not_every_replica_has_confirmed()
    {
        BothHave("SET k v");
        _a.Do("DEL k");
        _a.Store.Collect(VersionVector.Meet(_a.Store.Seen.ToVersionVector(), _b.Store.Seen.ToVersionVector()));
        _a.Store.ObjectCount.ShouldBe(1);
        _b.Merge(_a.Delta!);
        _a.Store.Collect(_b.Store.Seen.ToVersionVector());
        _a.Store.ObjectCount.ShouldBe(0);
        var more = _a.Store.Seen.ToVersionVector();
        more.Advance(new NodeId(2), 1L << 50);
        Should.Throw<InvariantViolation>(() => _a.Store.Collect(more));
    }

    [Fact]
    public void A_context_stays_small_however_often_a_key_is_written()
    {
        for (var i = 0; i < 1000; i++)
        {
            _a.Do($"SET k{i % 7} v{i}");
            _b.Merge(_a.Delta!);
        }

        _b.Store.Seen.Count.ShouldBe(1);
        _a.Do("SET k0 x");
        _a.Delta!.Length.ShouldBeLessThan(80);
    }

    [Fact]
    public void A_change_of_a_large_set_costs_what_changes()
    {
        string[] members = [.. Enumerable.Range(0, 20_000).Select(i => $"m{i}")];
        _a.Do(["SADD", "s", .. members]).ShouldBe("20000");
        _b.Merge(_a.Delta!);
        _a.Do("SADD s one");
        _a.Delta!.Length.ShouldBeLessThan(100);
        _b.Merge(_a.Delta!);
        _b.Do("SREM s m7 one").ShouldBe("2");
        _b.Delta!.Length.ShouldBeLessThan(120);
        _a.Merge(_b.Delta!);
        _a.Do("SCARD s").ShouldBe("19999");
        _a.Store.DigestOf(0, 0).ShouldBe(_b.Store.DigestOf(0, 0));
    }

    [Fact]
    public void SCAN_gives_every_key_once_whatever_is_added_meanwhile()
    {
        for (var i = 0; i < 3000; i++) _a.Do($"SET key:{i} v");
        var found = new List<string>();
        var cursor = "0";
        var added = 0;
        do
        {
            var reply = _a.Do($"SCAN {cursor} COUNT 50");
            cursor = reply[1..reply.IndexOf(',')];
            found.AddRange(reply[(reply.IndexOf(',') + 3)..^2].Split(", "));
            for (var i = 0; i < 50; i++) _a.Do($"SET new:{added++} v");
        }
        while (cursor != "0");
        found.Where(k =>
            k.StartsWith("key:", StringComparison.Ordinal)).Order()
                .ShouldBe(Enumerable.Range(0, 3000).Select(i => $"key:{i}").Order());
        found.Distinct().Count().ShouldBe(found.Count);
        _a.Do("DBSIZE").ShouldBe($"{3000 + added}");
        _a.Do("KEYS key:1?").ShouldContain("key:17");
    }

    [Fact]
    public void The_tree_of_digests_finds_where_replicas_differ()
    {
        for (var i = 0; i < 500; i++) BothHave($"SET k{i} v");
        _a.Do("SET k123 other");
        int[] different = [.. Enumerable.Range(0, 4096).Where(i => _a.Store.DigestOf(12, i) != _b.Store.DigestOf(12, i))];
        var part = different.ShouldHaveSingleItem();
        _a.Store.DigestOf(0, 0).ShouldNotBe(_b.Store.DigestOf(0, 0));
        _a.Store.DigestOf(6, part >> 6).ShouldNotBe(_b.Store.DigestOf(6, part >> 6));
        var theirs = _b.Store.KeysOf(part).ToDictionary(k => Keyspace.Text(k.Key), k => k.Digest);
        _a.Store.KeysOf(part).Single(k => theirs[Keyspace.Text(k.Key)] != k.Digest).Key.ShouldBe(Keyspace.Bytes("k123"));
    }

    [Fact]
    public void Bytes_that_are_cut_or_changed_are_refused_or_taken_whole_but_never_throw()
    {
        foreach (var line in (string[])["SET k v EX 100", "INCR n", "SADD s x y", "HSET h f v", "HINCRBY h g 3", "ZADD z 1 m",
            "DEL s", "MSET a 1 b 2"]) _a.Do(line);
        var summary = new System.Buffers.ArrayBufferWriter<byte>();
        _a.Store.WriteSummary(summary);
        var states = new System.Buffers.ArrayBufferWriter<byte>();
        var from = 0UL;
        _a.Store.WriteStates(ref from, int.MaxValue, states);
        var dice = new Prng(5);
        foreach (var bytes in (byte[][])[states.WrittenSpan.ToArray(), _a.Delta!, summary.WrittenSpan.ToArray()])
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                new MergeReplica(2).Merge(bytes[..length]).Kind.ShouldBe(MergeKind.Malformed);
                new MergeReplica(2).Store.TryAdopt(bytes.AsSpan(0, length)).ShouldBeFalse();
            }

            for (var i = 0; i < 5000; i++)
            {
                byte[] broken = [.. bytes];
                for (var n = 1 + dice.Below(3); n > 0; n--) broken[dice.Below(broken.Length)] ^= (byte)(1 << dice.Below(8));
                var replica = new MergeReplica(2);
                replica.Merge(broken);
                replica.Store.TryAdopt(broken);
                replica.Dump();
            }
        }
    }
}
