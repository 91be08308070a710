using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>Several proposers of one key at the same time.</summary>
public sealed class RaceTests
{
    [Fact]
    public void Who_is_overtaken_after_it_has_prepared_tries_again()
    {
        var group = new CasPaxosGroup(3);
        var first = group.Ask(1, "SET x a");
        DeliverFirst(group, 1, 2);
        var second = group.Ask(3, "SET x b");
        DeliverFirst(group, 3, 2);
        DeliverFirst(group, 2, 1);
        DeliverFirst(group, 1, 2);
        group.World.Stabilize();
        group.Status(1).Statistics.Conflicts.ShouldBe(1);
        for (var i = 0; i < 20; i++)
        {
            group.World.TickAll();
            group.World.Stabilize();
        }

        group.Answer(1, first).ShouldBe("OK");
        group.Answer(3, second).ShouldBe("OK");
    }

    [Fact]
    public void Who_has_prepared_and_died_holds_nobody_up_for_long()
    {
        var group = new CasPaxosGroup(3);
        group.Ask(1, "SET x a");
        group.World.Stabilize(e => e.From.Value == 1);
        group.World.Crash(group[1]);
        group.Do(3, "SET x b").ShouldBe("OK");
        group.Do(2, "GET x").ShouldBe("b");
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void An_acceptor_that_is_silent_is_not_waited_for_after_a_conflict(bool isSilent, int conflicts)
    {
        var group = new CasPaxosGroup(3);
        if (isSilent)
        {
            group.World.Crash(group[2]);
            group.Do(1, "SET y a").ShouldBe("OK");
            group.Do(3, "SET z a").ShouldBe("OK");
            group.World.TickAll(12);
        }

        group.Ask(1, "SET x a");
        group.Ask(3, "SET x b");
        DeliverFirst(group, 1, 3);
        DeliverFirst(group, 3, 1, "Confirmation");
        group.Status(1).Statistics.Conflicts.ShouldBe(conflicts);
    }

    private static void DeliverFirst(CasPaxosGroup group, int from, int to, string kind = "") =>
        group.World.Deliver(group.World.Network
            .First(e => e.From.Value == from && e.To.Value == to && e.Text.StartsWith(kind, StringComparison.Ordinal)));
}
