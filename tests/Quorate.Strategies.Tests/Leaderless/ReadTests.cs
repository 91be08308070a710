using Quorate.Replication;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>[Dynamo §4.5, §5.2] Reads and read repair; [ABD §3] linearizable ones.</summary>
public sealed class ReadTests
{
    /// <summary>No comparisons: what is repaired is repaired by reads.</summary>
    private static LeaderlessOptions NoComparisons => new() { Partitions = 1, CompareTicks = 1_000_000 };

    [Fact]
    public void A_read_of_R_holders_sees_what_W_have_when_R_plus_W_is_above_N()
    {
        var world = WithStaleFirst(NoComparisons);
        world.Do(1, "GET x", r: 1).ShouldBe("(null)", "a read of one may be old");
        world.Do(1, "GET x").ShouldBe("1");
    }

    [Fact]
    public void The_coordinator_that_was_behind_is_repaired_by_its_own_read_and_keeps_it()
    {
        var world = WithStaleFirst(NoComparisons);
        world.Do(1, "GET x");
        world.Machine(1).Show("GET x").ShouldBe("1");
        world[1].Leaderless().Statistics.StaleReads.ShouldBe(1);
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        world.Machine(1).Show("GET x").ShouldBe("1");
    }

    [Fact]
    public void A_holder_that_answered_with_less_is_repaired_in_the_background()
    {
        var world = WithStaleFirst(NoComparisons);
        world.Do(2, "GET x").ShouldBe("1");
        world.Machine(1).Show("GET x").ShouldBe("1");
        world[2].Leaderless().Statistics.RepairsSent.ShouldBe(1);
    }

    [Fact]
    public void Holders_that_have_the_same_send_no_state()
    {
        var world = new LeaderlessWorld(3);
        world.Do(1, "SET x " + new string('x', 1000));
        world.Ask(1, "GET x");
        world.World.Stabilize(e => e.Kind != State.WireKind || e.Body.Length < 100
            ? true : throw new InvalidOperationException("a state was sent"));
    }

    [Fact]
    public void A_read_says_nothing_of_what_is_not_durable_here()
    {
        var world = new LeaderlessWorld(3);
        world[1].SyncsAtOnce = false;
        world.Ask(1, "SET x 1");
        var read = world.Ask(1, "GET x", r: 1);
        world.Answer(1, read).ShouldBe("waits");
        world.World.CrashAndLoseUnsynced(world[1]);
        world.World.Start(world[1]);
        world.Machine(1).Show("GET x").ShouldBe("(null)");
    }

    [Fact]
    public void A_read_that_too_few_answer_is_given_up()
    {
        var world = new LeaderlessWorld(3);
        var id = world.Ask(1, "GET x");
        for (var i = 0; i < 250; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind is Ping.WireKind);
        }

        world.Answer(1, id).ShouldStartWith("Unavailable: too few holders");
    }

    [Fact]
    public void Concurrent_writes_are_siblings_until_a_write_that_has_seen_both()
    {
        var world = new LeaderlessWorld(3, NoComparisons);
        var (first, second) = (world.Ask(1, "SET x a", w: 1), world.Ask(2, "SET x b", w: 1));
        world.World.Stabilize();
        (world.Answer(1, first), world.Answer(2, second)).ShouldBe(("OK", "OK"));
        world.Do(3, "CONFLICTS COUNT").ShouldStartWith("[1,");
        world[3].Leaderless().Statistics.SiblingsSeen.ShouldBeGreaterThan(0);
        world.Do(3, "SET x c").ShouldBe("OK");
        world.Do(1, "CONFLICTS COUNT").ShouldStartWith("[0,");
        world.Do(1, "GET x").ShouldBe("c");
    }

    [Fact]
    public void A_linearizable_read_writes_back_what_fewer_than_W_have_before_it_answers()
    {
        var world = new LeaderlessWorld(3, NoComparisons with { Linearizable = true });
        Park(world, 1, "SET x 1");
        var read = world.Ask(1, "GET x");
        Only(world, e => e.Kind is Query.WireKind or State.WireKind);
        world.Answer(1, read).ShouldBe("waits", "nobody else has it yet");
        world.World.Stabilize();
        world.Answer(1, read).ShouldBe("1");
        world.Machine(2).Show("GET x").ShouldBe("1");
        world[1].Leaderless().Statistics.WriteBacks.ShouldBe(1);
        world.Do(2, "GET x").ShouldBe("1");
        world[2].Leaderless().Statistics.WriteBacks.ShouldBe(0, "all have it");
    }

    [Fact]
    public void A_linearizable_write_asks_first_and_is_above_all_that_was_written_before()
    {
        var world = new LeaderlessWorld(3, NoComparisons with { Linearizable = true });
        world.Protocol.Skews[new NodeId(2)] = -4000;
        world.Do(1, "SET x old").ShouldBe("OK");
        world.Do(2, "SET x new").ShouldBe("OK");
        for (var node = 1; node <= 3; node++) world.Do(node, "GET x").ShouldBe("new");
        world.Machine(1).Store.Conflicted.ShouldBeEmpty();
    }

    [Fact]
    public void Options_that_promise_what_they_cannot_keep_are_refused()
    {
        new LeaderlessOptions { R = 1, W = 2, Linearizable = true }.Refusal.ShouldNotBeNull();
        new LeaderlessOptions { Sloppy = true, Linearizable = true }.Refusal.ShouldNotBeNull();
        new LeaderlessOptions { N = 2, W = 3 }.Refusal.ShouldNotBeNull();
        new LeaderlessOptions().Refusal.ShouldBeNull();
    }

    /// <summary>n2 and n3 have x, n1 was away.</summary>
    private static LeaderlessWorld WithStaleFirst(LeaderlessOptions options)
    {
        var world = new LeaderlessWorld(3, options);
        var id = world.Ask(2, "SET x 1");
        world.World.Stabilize(e => e.To.Value != 1);
        world.Answer(2, id).ShouldBe("OK");
        // What was sent to n1 and lost is given up after a time.
        for (var i = 0; i < 230; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind is Ping.WireKind);
        }

        return world;
    }

    /// <summary>A write that its coordinator alone has.</summary>
    private static void Park(LeaderlessWorld world, int node, string command)
    {
        world.Ask(node, command);
        for (var i = 0; i < 230; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind is Ping.WireKind or Query.WireKind or State.WireKind);
        }
    }

    /// <summary>Delivers messages of some kinds; the others stay on their way.</summary>
    private static void Only(LeaderlessWorld world, Func<Envelope, bool> which)
    {
        while (world.World.Network.Find(e => which(e)) is { } next) world.World.Deliver(next);
    }
}
