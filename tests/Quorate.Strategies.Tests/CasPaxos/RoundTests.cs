using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>The rules of [CASPaxos §2.2], one change at a time.</summary>
public sealed class RoundTests
{
    [Fact]
    public void Any_member_changes_and_reads_any_key()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a").ShouldBe("OK");
        group.Do(2, "GET x").ShouldBe("a");
        group.Do(3, "APPEND x b").ShouldBe("2");
        group.Do(1, "GET x").ShouldBe("ab");
        group.Do(2, "DEL x").ShouldBe("1");
        group.Do(3, "GET x").ShouldBe("nil");
    }

    [Fact]
    public void Conditional_writes_see_the_newest_value()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a NX").ShouldBe("OK");
        group.Do(2, "SET x b NX").ShouldBe("nil");
        group.Do(3, "CAS x a c").ShouldBe("1");
        group.Do(1, "CAS x a d").ShouldBe("0");
        group.Do(2, "SET x e XX GET").ShouldBe("c");
        group.Do(3, "INCR n").ShouldBe("1");
        group.Do(1, "INCR n").ShouldBe("2");
    }

    [Fact]
    public void A_minority_that_is_down_makes_no_difference()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a").ShouldBe("OK");
        group.World.Crash(group[2]);
        group.Do(1, "APPEND x b").ShouldBe("2");
        group.Do(3, "APPEND x c").ShouldBe("3");
        group.World.Start(group[2]);
        group.World.Crash(group[1]);
        group.Do(2, "GET x").ShouldBe("abc");
    }

    [Fact]
    public void Without_a_majority_a_request_that_was_not_proposed_is_certainly_not_executed()
    {
        var group = new CasPaxosGroup(3);
        group.World.Crash(group[2]);
        group.World.Crash(group[3]);
        group.Do(1, "SET x a").ShouldBe("Unavailable");
        group.Do(1, "GET x").ShouldBe("Unavailable");
    }

    [Fact]
    public void Several_keys_are_taken_apart_where_nothing_is_promised_of_them_together()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        group.Do(1, "SET y b");
        group.Do(2, "MGET x z y").ShouldBe("a nil b");
        group.Do(2, "EXISTS x x z").ShouldBe("2");
        group.Do(3, "DEL x y z").ShouldBe("2");
        group.Do(1, "MSET x a y b").ShouldContain("needs one order of all keys");
        group.Do(1, "RENAME x y").ShouldContain("raft, primary, chain");
        group.Do(1, "NOPE x y").ShouldContain("unknown command");
    }

    [Fact]
    public void Requests_for_one_key_that_come_together_are_one_change()
    {
        var group = new CasPaxosGroup(3);
        var first = group.Ask(1, "INCR x");
        var rounds = group.Status(1).Statistics.Rounds;
        var ids = Enumerable.Range(0, 50).Select(_ => group.Ask(1, "INCR x")).ToList();
        group.World.Stabilize();
        group.Answer(1, first).ShouldBe("1");
        group.Answer(1, ids[^1]).ShouldBe("51");
        (group.Status(1).Statistics.Rounds - rounds).ShouldBeLessThan(4);
    }

    [Fact]
    public void The_acceptors_of_a_key_are_some_of_the_members_and_the_same_for_everybody()
    {
        var group = new CasPaxosGroup(5);
        for (var i = 0; i < 40; i++) group.Do(1 + (i % 5), $"SET key{i} {i}").ShouldBe("OK");
        for (var i = 0; i < 40; i++) group.Do(1 + ((i + 1) % 5), $"GET key{i}").ShouldBe($"{i}");
        var held = Enumerable.Range(1, 5).Select(n => group.Status(n).Registers).ToList();
        held.Sum().ShouldBe(40 * 3);
        held.ShouldAllBe(n => n > 8);
    }

    [Fact]
    public void A_lost_message_is_sent_again()
    {
        var group = new CasPaxosGroup(3);
        var id = group.Ask(1, "SET x a");
        group.World.Network.Clear();
        group.Ticks(15);
        group.Answer(1, id).ShouldBe("OK");
    }

    [Fact]
    public void What_time_ends_is_removed_by_whoever_finds_it()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a PX 50").ShouldBe("OK");
        group.Do(2, "GET x").ShouldBe("a");
        group.World.TickAll(6);
        group.Do(3, "GET x").ShouldBe("nil");
        group.Do(1, "SET x b NX").ShouldBe("OK");
    }
}
