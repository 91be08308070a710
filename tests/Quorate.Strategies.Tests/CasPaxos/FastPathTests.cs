using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>The one-round-trip optimisation [CASPaxos §2.2.1], and reads.</summary>
public sealed class FastPathTests
{
    [Fact]
    public void A_proposer_that_made_the_last_change_needs_one_round()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        group.Ask(1, "SET x b");
        group.World.Sent<Proposal>(1, 2).ShouldHaveSingleItem().ToString().ShouldContain("[accept x e1:2.n1");
        group.World.Stabilize();
        group.Status(1).Statistics.WithPromise.ShouldBe(1);
        group.Do(2, "GET x").ShouldBe("b");
    }

    [Fact]
    public void Another_proposers_promise_ends_it()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        group.Do(2, "APPEND x b").ShouldBe("2");
        group.Do(1, "APPEND x c").ShouldBe("3");
        group.Do(3, "GET x").ShouldBe("abc");
        group.Status(1).Statistics.Conflicts.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Without_it_every_change_prepares()
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { OneRoundTrip = false });
        group.Do(1, "SET x a");
        group.Ask(1, "SET x b");
        group.World.Sent<Proposal>(1, 2).ShouldHaveSingleItem().ToString().ShouldContain("[prepare x");
    }

    [Fact]
    public void A_proposer_that_was_restarted_does_not_remember_its_promise()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        group.World.Crash(group[1]);
        group.World.Start(group[1]);
        group.Do(1, "APPEND x b").ShouldBe("2");
        group.Status(1).Statistics.WithPromise.ShouldBe(0);
    }

    [Fact]
    public void Forgotten_keys_use_no_ballot_twice()
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { MostKnownKeys = 1 });
        for (var i = 0; i < 10; i++) group.Do(1, $"SET x{i} a");
        group.Status(1).Promised.ShouldBe(1);
        group.Ask(1, "SET x0 b");
        // Ballot 1 was used for x0, 2 was promised with it.
        group.World.Sent<Proposal>(1, 2)[^1].ToString().ShouldContain("[prepare x0 e1:11.n1]");
    }

    [Fact]
    public void A_read_promises_nothing_writes_nothing_and_takes_one_round()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        var records = group[2].Disk.Records.Count;
        group.Do(3, "GET x").ShouldBe("a");
        group.Do(3, "GET y").ShouldBe("nil");
        group[2].Disk.Records.Count.ShouldBe(records);
        group.Status(3).Statistics.OneRoundReads.ShouldBe(2);
        group.Status(2).Registers.ShouldBe(1);
        group.Do(1, "SET x b");
        group.Status(1).Statistics.WithPromise.ShouldBe(1);
    }

    [Fact]
    public void A_read_that_finds_a_change_half_made_finishes_it()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        var id = group.Ask(1, "SET x b");
        group.World.Network.Clear();
        group.World.Crash(group[2]);
        group.Do(3, "GET x").ShouldBe("b");
        group.Do(3, "GET x").ShouldBe("b");
        group.World.Crash(group[1]);
        group.World.Start(group[2]);
        group.Do(2, "GET x").ShouldBe("b");
        group.Answer(1, id).ShouldNotBe("Unavailable");
    }
}
