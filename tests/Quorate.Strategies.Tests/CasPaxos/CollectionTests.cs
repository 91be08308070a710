using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>Deletion and what is left of it [CASPaxos §3.1].</summary>
public sealed class CollectionTests
{
    private static readonly CasPaxosOptions Quick = new() { CollectTicks = 20 };

    [Fact]
    public void A_tombstone_is_removed_from_every_acceptor()
    {
        var group = new CasPaxosGroup(3, Quick);
        group.Do(1, "SET x a");
        group.Do(2, "DEL x").ShouldBe("1");
        group.Ticks(100);
        Enumerable.Range(1, 3).Select(n => group.Status(n).Registers).ShouldAllBe(n => n == 0);
        group.Do(3, "GET x").ShouldBe("nil");
        group.Do(3, "SET x b NX").ShouldBe("OK");
    }

    [Fact]
    public void It_stays_while_an_acceptor_is_away_and_goes_when_it_is_back()
    {
        var group = new CasPaxosGroup(3, Quick);
        group.Do(1, "SET x a");
        group.World.Crash(group[3]);
        group.Do(1, "DEL x").ShouldBe("1");
        group.Ticks(300);
        group.Status(1).Registers.ShouldBe(1);
        group.World.Start(group[3]);
        group.Do(3, "GET x").ShouldBe("nil");
        group.Ticks(400);
        Enumerable.Range(1, 3).Select(n => group.Status(n).Registers).ShouldAllBe(n => n == 0);
    }

    [Fact]
    public void Messages_of_before_do_not_bring_the_value_back()
    {
        var group = new CasPaxosGroup(3, Quick);
        group.Do(1, "SET x a");
        group.Ask(1, "SET x old");
        var old = group.World.Network.ToList();
        group.World.Stabilize();
        group.Do(1, "DEL x").ShouldBe("1");
        group.Ticks(100);
        group.Status(2).Registers.ShouldBe(0);
        group.World.Network.AddRange(old);
        group.World.Stabilize();
        group.Status(2).Registers.ShouldBe(0);
        group.Do(2, "GET x").ShouldBe("nil");
    }

    [Fact]
    public void What_a_removed_register_had_promised_is_remembered_over_a_crash()
    {
        var group = new CasPaxosGroup(3, Quick);
        group.Do(1, "SET x a");
        group.Ask(1, "SET x old");
        var old = group.World.Network.ToList();
        group.World.Stabilize();
        group.Do(1, "DEL x");
        group.Ticks(100);
        foreach (var node in group.World.Nodes.Values) group.World.CrashAndLoseUnsynced(node);
        foreach (var node in group.World.Nodes.Values) group.World.Start(node);
        group.World.Network.AddRange(old);
        group.World.Stabilize();
        group.Do(2, "GET x").ShouldBe("nil");
    }

    [Fact]
    public void A_promise_without_a_value_is_forgotten()
    {
        var group = new CasPaxosGroup(3, Quick);
        group.Do(1, "DEL x").ShouldBe("0");
        group.Status(2).Registers.ShouldBe(1);
        group.Ticks(60);
        group.Status(2).Registers.ShouldBe(0);
        group.Do(2, "SET x a").ShouldBe("OK");
        group.Do(1, "GET x").ShouldBe("a");
    }

    [Fact]
    public void Values_whose_time_is_over_are_removed_without_a_reader()
    {
        var group = new CasPaxosGroup(3, Quick);
        for (var i = 0; i < 10; i++) group.Do(1, $"SET x{i} a PX 300");
        group.Ticks(20);
        group.Do(2, "MGET x0 x9").ShouldBe("a a");
        group.Ticks(200);
        Enumerable.Range(1, 3).Select(n => group.Status(n).Registers).ShouldAllBe(n => n == 0);
    }
}
