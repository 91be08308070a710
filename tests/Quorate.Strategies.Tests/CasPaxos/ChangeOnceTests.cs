using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>A change is made once, whatever becomes of its messages, and what is told of it is true.</summary>
public sealed class ChangeOnceTests
{
    [Fact]
    public void A_change_that_another_proposer_took_up_is_found_in_its_value_and_not_repeated()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x 10");
        // Only n2 hears of it, and what it says is lost.
        var id = group.Ask(1, "INCR x");
        group.World.Stabilize(e => e.From.Value == 1 && e.To.Value == 2);
        group.World.Crash(group[3]);
        // n2 builds upon it, with n1's acceptor.
        group.Do(2, "INCR x").ShouldBe("12");
        group.Ticks(30);
        group.Answer(1, id).ShouldBe("11");
        group.Do(2, "GET x").ShouldBe("12");
    }

    [Fact]
    public void A_change_that_was_overtaken_by_one_without_it_is_made_upon_that()
    {
        var group = new CasPaxosGroup(3);
        group.Do(2, "SET x 10");
        var id = group.Ask(1, "INCR x");
        // n1 has its promises, its accept reaches nobody but itself.
        group.World.Stabilize(e => !e.Text.Contains("accept x", StringComparison.Ordinal));
        group.World.Crash(group[1]);
        group.Do(2, "INCR x").ShouldBe("11");
        group.Answer(1, id).ShouldBe("");
        group.World.Start(group[1]);
        group.Do(3, "GET x").ShouldBe("11");
    }

    [Fact]
    public void What_was_proposed_and_cannot_be_confirmed_is_said_to_be_unknown()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        group.World.Crash(group[2]);
        group.World.Crash(group[3]);
        var change = group.Ask(1, "SET x b");
        group.World.Tick(group[1]);
        group.Ticks(210);
        group.Answer(1, change).ShouldBe("Unknown");
        group.Do(1, "GET x").ShouldBe("Unavailable");
        group.World.Start(group[2]);
        group.Do(2, "GET x").ShouldBeOneOf("a", "b");
    }

    [Fact]
    public void A_repeated_accept_is_confirmed_and_not_made_again()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x 1");
        var id = group.Ask(1, "INCR x");
        var copies = group.World.Network.ToList();
        group.World.Stabilize();
        group.World.Network.AddRange(copies);
        group.World.Stabilize();
        group.Answer(1, id).ShouldBe("2");
        group.Do(2, "GET x").ShouldBe("2");
        group.Do(3, "INCR x").ShouldBe("3");
        group.World.Network.AddRange(copies);
        group.World.Stabilize();
        group.Do(2, "GET x").ShouldBe("3");
    }

    [Fact]
    public void Two_proposers_at_once_both_get_there()
    {
        var group = new CasPaxosGroup(3);
        for (var i = 0; i < 20; i++)
        {
            group.Ask(1, "INCR x");
            group.Ask(2, "INCR x");
            group.Ask(3, "INCR x");
            group.Ticks(2);
        }

        group.Ticks(200);
        group.Do(1, "GET x").ShouldBe("60");
    }

    [Fact]
    public void A_history_lists_the_last_change_of_each_proposer_and_says_where_it_begins()
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        History.WriteNone(default, bytes);
        for (var i = 1; i <= 12; i++)
        {
            var next = new System.Buffers.ArrayBufferWriter<byte>();
            new History(bytes.WrittenSpan).WriteWith(BallotOf(i, 1 + (i % 10)), next);
            bytes = next;
            History.IsWellFormed(bytes.WrittenSpan).ShouldBeTrue();
        }

        var history = new History(bytes.WrittenSpan);
        history.Contains(BallotOf(12, 3)).ShouldBeTrue();
        history.Contains(BallotOf(5, 6)).ShouldBeTrue();
        // Its proposer has made another change since.
        history.Contains(BallotOf(2, 3)).ShouldBeFalse();
        history.Forgotten.ShouldBe(BallotOf(4, 5));
    }

    private static Ballot BallotOf(int counter, int node) =>
        new(new Replication.Epoch(1), counter, new Replication.NodeId(node), 1);
}
