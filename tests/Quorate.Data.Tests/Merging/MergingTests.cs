using System.Buffers;
using System.Text;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Tests.Merging;

/// <summary>What becomes of concurrent commands, command by command.</summary>
public sealed class MergingTests
{
    private readonly MergeReplica _a = new(1);
    private readonly MergeReplica _b = new(2);

    private string Do(MergeReplica at, string line, params MergeReplica[] deliveredTo)
    {
        var reply = at.Do(line);
        foreach (var to in deliveredTo) to.Merge(at.Delta!);
        return reply;
    }

    /// <summary>Runs one command on each side without either knowing the other's, then tells both.</summary>
    private static void Concurrently(MergeReplica a, string atA, MergeReplica b, string atB)
    {
        a.Do(atA);
        b.Do(atB);
        var (fromA, fromB) = (a.Delta!, b.Delta!);
        a.Merge(fromB);
        b.Merge(fromA);
        a.Store.DigestOf(0, 0).ShouldBe(b.Store.DigestOf(0, 0));
    }

    private static MergeReplica[] Pair(MergingStoreOptions options) =>
        [new MergeReplica(1, options), new MergeReplica(2, options)];

    [Fact]
    public void Concurrent_SETs_stay_siblings_and_the_later_is_shown_everywhere()
    {
        _b.Wall += 5;
        Concurrently(_a, "SET k one", _b, "SET k two");
        foreach (var replica in (MergeReplica[])[_a, _b])
        {
            replica.Do("GET k").ShouldBe("two");
            replica.Values("k").ShouldBe("[[string, one], [string, two]]");
            replica.Do("CONFLICTS LIST").ShouldBe("[k]");
            replica.Do("CONFLICTS COUNT").ShouldBe("[1, 1]");
        }
    }

    [Fact]
    public void Equal_stamps_have_the_same_winner_everywhere()
    {
        Concurrently(_a, "SET k one", _b, "SET k two");
        _a.Do("GET k").ShouldBe("two");
        _b.Do("GET k").ShouldBe("two");
    }

    [Fact]
    public void The_next_SET_ends_the_conflict_and_keeps_what_its_writer_did_not_see()
    {
        Concurrently(_a, "SET k one", _b, "SET k two");
        Do(_a, "SET k three", _b).ShouldBe("OK");
        _b.Values("k").ShouldBe("[[string, three]]");
        _b.Do("CONFLICTS LIST").ShouldBe("[]");
        _a.Do("CONFLICTS LOST").ShouldContain("one");
    }

    [Fact]
    public void Under_siblings_a_SET_replaces_only_what_GET_shows()
    {
        var pair = Pair(new MergingStoreOptions { Conflicts = ConflictRule.Siblings });
        Concurrently(pair[0], "SET k one", pair[1], "SET k two");
        pair[0].Do("SET k three");
        pair[0].Values("k").ShouldBe("[[string, one], [string, three]]");
    }

    [Fact]
    public void A_SET_with_a_context_replaces_what_the_context_has_seen_and_nothing_else()
    {
        var pair = Pair(new MergingStoreOptions { Conflicts = ConflictRule.Siblings });
        Concurrently(pair[0], "SET k one", pair[1], "SET k two");
        var context = pair[0].Do("SIBLINGS k").Split(',')[0][1..];
        pair[1].Do("SET k three");
        pair[0].Merge(pair[1].Delta!);
        pair[0].Do($"SET k both CONTEXT {context}").ShouldBe("OK");
        pair[0].Values("k").ShouldBe("[[string, both], [string, three]]");
        pair[0].Do("SET k x CONTEXT nonsense").ShouldBe("-ERR invalid context; SIBLINGS gives one");
    }

    [Fact]
    public void Siblings_are_bounded()
    {
        var replica = new MergeReplica(1, new MergingStoreOptions { Conflicts = ConflictRule.Siblings, MostSiblings = 3 });
        var nothing = replica.Do("SIBLINGS k").Split(',')[0][1..];
        for (var i = 0; i < 3; i++) replica.Do($"SET k v{i} CONTEXT {nothing}").ShouldBe("OK");
        replica.Do($"SET k v3 CONTEXT {nothing}").ShouldStartWith("-ERR more than 3 siblings");
        replica.Delta.ShouldBeNull();
    }

    [Fact]
    public void Under_lww_the_loser_goes_to_the_loss_log_for_a_while()
    {
        var pair = Pair(new MergingStoreOptions { Conflicts = ConflictRule.Lww, LossesKeptMilliseconds = 1000 });
        pair[1].Wall += 5;
        Concurrently(pair[0], "SET k one", pair[1], "SET k two");
        pair[0].Do("CONFLICTS LIST").ShouldBe("[]");
        pair[0].Do("CONFLICTS LOST").ShouldContain("one");
        pair[1].Do("CONFLICTS LOST").ShouldContain("one");
        pair[0].Wall += 1001;
        pair[0].RemoveExpired();
        pair[0].Do("CONFLICTS LOST").ShouldBe("[]");
    }

    [Fact]
    public void The_loss_log_is_bounded_by_number_and_bytes()
    {
        foreach (var options in (MergingStoreOptions[])[new() { Conflicts = ConflictRule.Lww, MostLosses = 5 },
            new() { Conflicts = ConflictRule.Lww, MostLossBytes = 600 }])
        {
            var pair = Pair(options);
            for (var i = 0; i < 20; i++) Concurrently(pair[0], $"SET k{i} one", pair[1], $"SET k{i} two");
            pair[0].Store.Losses.Count.ShouldBeInRange(1, 6);
            pair[0].Store.Losses.Total.ShouldBe(20);
            pair[0].Store.Losses.Dropped.ShouldBe(20 - pair[0].Store.Losses.Count);
        }
    }

    private sealed class Longest : IMergeRule
    {
        public bool TryMerge(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value)
        {
            var all = siblings.ToArray().Select(s => Encoding.ASCII.GetString(s.Value)).ToList();
            if (all.Contains("bad")) return false;
            value.Write(Encoding.ASCII.GetBytes(string.Join('+', all)));
            return true;
        }
    }

    [Fact]
    public void A_merge_rule_makes_one_value_of_the_siblings_and_one_that_fails_leaves_them()
    {
        var pair = Pair(new MergingStoreOptions { Conflicts = ConflictRule.Merge, MergeRule = new Longest() });
        Concurrently(pair[0], "SET k one", pair[1], "SET k two");
        pair[0].Do("GET k").ShouldBe("one+two");
        pair[1].Do("GET k").ShouldBe("one+two");
        pair[0].Do("CONFLICTS LIST").ShouldBe("[]");
        Concurrently(pair[0], "SET k three", pair[1], "SET k bad");
        pair[0].Do("CONFLICTS LIST").ShouldBe("[k]");
        pair[0].Values("k").ShouldBe("[[string, three], [string, bad]]");
    }

    [Fact]
    public void Additions_add_up_and_a_removal_takes_away_exactly_what_it_has_seen()
    {
        Do(_a, "INCRBY n 10", _b).ShouldBe("10");
        Concurrently(_a, "INCRBY n 1", _b, "DEL n");
        _a.Do("GET n").ShouldBe("1");
        _b.Do("GET n").ShouldBe("1");
        Concurrently(_a, "INCRBY n -3", _b, "INCRBY n 5");
        _a.Do("GET n").ShouldBe("3");
    }

    [Fact]
    public void An_addition_concurrent_with_a_SET_is_added_to_what_was_set()
    {
        Do(_a, "SET n 10", _b);
        Concurrently(_a, "SET n 100", _b, "INCR n");
        _a.Do("GET n").ShouldBe("101");
        Concurrently(_a, "SET n word", _b, "INCR n");
        _a.Do("GET n").ShouldBe("word");
        _a.Do("CONFLICTS LIST").ShouldBe("[n]");
        _a.Do("INCR n").ShouldBe("-ERR value is not an integer or out of range");
    }

    [Fact]
    public void An_addition_wins_over_a_concurrent_removal_and_nothing_else_does()
    {
        Do(_a, "SADD s x y", _b);
        Concurrently(_a, "SREM s x y", _b, "SADD s x");
        _a.Do("SMEMBERS s").ShouldBe("[x]");
        Do(_a, "DEL s", _b);
        _b.Do("EXISTS s").ShouldBe("0");
    }

    [Fact]
    public void Fields_merge_one_by_one_and_the_later_value_wins()
    {
        _b.Wall += 5;
        Concurrently(_a, "HSET h f one g 1", _b, "HSET h f two");
        _a.Do("HGETALL h").ShouldBe("[f, two, g, 1]");
        _a.Do("CONFLICTS LOST").ShouldContain("one");
        Concurrently(_a, "HDEL h f", _b, "HINCRBY h g 4");
        _a.Do("HGETALL h").ShouldBe("[g, 5]");
    }

    [Fact]
    public void Scores_merge_one_by_one_and_stay_in_order()
    {
        Do(_a, "ZADD z 1 a 2 b 3 c", _b).ShouldBe("3");
        Concurrently(_a, "ZADD z 10 a", _b, "ZINCRBY z 5 b");
        _b.Do("ZRANGE z 0 -1 WITHSCORES").ShouldBe("[c, 3, b, 7, a, 10]");
        _b.Do("ZRANGE z 0 0 REV").ShouldBe("[a]");
        _a.Do("ZRANGE z -2 -1").ShouldBe("[b, a]");
        _a.Do("ZSCORE z b").ShouldBe("7");
        _a.Do("ZINCRBY z 0.5 a").ShouldStartWith("-ERR a merging keyspace increments scores by integers only");
    }

    [Fact]
    public void A_key_that_was_given_two_types_at_once_holds_both_shows_one_and_is_in_conflict()
    {
        Concurrently(_a, "SET k text", _b, "SADD k x");
        foreach (var replica in (MergeReplica[])[_a, _b])
        {
            replica.Do("TYPE k").ShouldBe("set");
            replica.Do("GET k").ShouldBe("-WRONGTYPE Operation against a key holding the wrong kind of value");
            replica.Values("k").ShouldBe("[[string, text], [set, [x]]]");
            replica.Do("CONFLICTS LIST").ShouldBe("[k]");
        }

        Do(_a, "CONFLICTS RESOLVE k string", _b).ShouldBe("1");
        _b.Do("GET k").ShouldBe("text");
        _b.Do("CONFLICTS LIST").ShouldBe("[]");
    }

    [Fact]
    public void What_needs_an_order_is_refused_and_names_who_can()
    {
        foreach (var line in (string[])["SETNX k v", "GETSET k v", "SET k v NX", "SET k v GET", "APPEND k v", "RENAME a b",
            "ZADD z NX 1 a", "INCRBYFLOAT k 1"])
        {
            _a.Do(line)
                .ShouldMatch(line.StartsWith('Z') ? "no strategy can do it in this version$"
                    : "strategies that can do it: (leaderless with consensus on, )?raft, primary, chain$");
            _a.Delta.ShouldBeNull();
        }
    }

    [Fact]
    public void A_stamp_from_too_far_in_the_future_is_refused_and_taken_when_its_time_has_come()
    {
        _a.Wall += 5000;
        _a.Do("SET k v");
        _b.Merge(_a.Delta!).Kind.ShouldBe(MergeKind.TooFarAhead);
        _b.Store.Clock.Refused.ShouldBe(1);
        _b.Do("GET k").ShouldBe("(null)");
        _b.Wall += 4500;
        _b.Merge(_a.Delta!).Kind.ShouldBe(MergeKind.Merged);
        _b.Do("GET k").ShouldBe("v");
    }

    [Fact]
    public void A_delta_is_refused_when_too_much_before_it_is_missing_and_a_state_makes_up_for_it()
    {
        var small = new MergingStoreOptions { MostRuns = 16 };
        var pair = Pair(small);
        var refused = 0;
        for (var i = 0; i < 100; i++)
        {
            pair[0].Do($"SET k v{i}");
            if (i % 2 == 0 && pair[1].Merge(pair[0].Delta!).Kind == MergeKind.NeedsState) refused++;
        }

        refused.ShouldBeGreaterThan(0);
        pair[1].Store.Seen.Count.ShouldBeLessThanOrEqualTo(16);
        pair[1].SyncFrom(pair[0]);
        pair[1].Store.Seen.Count.ShouldBe(1);
        pair[1].Do("GET k").ShouldBe("v99");
        pair[0].Do("SET k new");
        pair[1].Merge(pair[0].Delta!).Kind.ShouldBe(MergeKind.Merged);
    }

    [Fact]
    public void Options_that_make_no_sense_together_are_refused()
    {
        new MergingStoreOptions().Refusal.ShouldBeNull();
        new MergingStoreOptions { Conflicts = ConflictRule.Merge }.Refusal.ShouldNotBeNull();
        new MergingStoreOptions { MergeRule = new Longest() }.Refusal.ShouldNotBeNull();
        new MergingStoreOptions { MostSiblings = 1 }.Refusal.ShouldNotBeNull();
        new MergingStoreOptions { MostRuns = 1 }.Refusal.ShouldNotBeNull();
        Should.Throw<InvariantViolation>(() =>
            new MergingStore(new MergingStoreOptions { MostSiblings = 0 }, new DotSource(new NodeId(1), 1), new HybridClock(0)));
    }
}
