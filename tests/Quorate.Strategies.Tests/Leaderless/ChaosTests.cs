using Quorate.Replication.Causality;
using Quorate.Simulation.Checking;
using Quorate.Strategies.Leaderless;
using static Quorate.Simulation.Canaries.BrokenLeaderless;
using Operation = Quorate.Simulation.Checking.Operation;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>Many seeds; and canaries, each of which some seed must catch.</summary>
public sealed class ChaosTests
{
    private const int Seeds = 25;

    [Theory]
    [InlineData(nameof(ChaosKind.Quorum))]
    [InlineData(nameof(ChaosKind.Sloppy))]
    [InlineData(nameof(ChaosKind.Linearizable))]
    [InlineData(nameof(ChaosKind.Memory))]
    public void Nothing_acknowledged_is_lost_nothing_removed_comes_back_and_all_become_the_same(string kind)
    {
        var (acknowledged, reads, handed, repaired, changes) = (0, 0, 0L, 0L, 0L);
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var run = new Chaos(seed, Enum.Parse<ChaosKind>(kind));
            run.Run();
            acknowledged += run.Acknowledged;
            reads += run.Reads;
            handed += run.HandedOver;
            repaired += run.Repaired;
            changes += run.Changes;
        }

        // A run that tested nothing shows it.
        acknowledged.ShouldBeGreaterThan(Seeds * 40);
        reads.ShouldBeGreaterThan(Seeds * 3);
        repaired.ShouldBeGreaterThan(Seeds);
        changes.ShouldBeGreaterThan(Seeds);
        if (kind == nameof(ChaosKind.Sloppy)) handed.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_canary_that_drops_hints_is_caught()
    {
        ReadAfterLoss(LeaderlessRules.Paper).ShouldBe("1");
        ReadAfterLoss(new DropsHints()).ShouldBe("(null)");
    }

    /// <summary>A write is with one holder and with a member that stands in; then the holder's disk is emptied.</summary>
    private static string ReadAfterLoss(LeaderlessRules rules)
    {
        var world = new LeaderlessWorld(4, new LeaderlessOptions { Partitions = 1, Sloppy = true, CompareTicks = 2 }, rules);
        var holders = world.Protocol.Machines.Keys.Select(k => k.Node.Value).Order().ToArray();
        world.World.Crash(world[holders[1]]);
        world.World.Crash(world[holders[2]]);
        world.Settle(40);
        world.Do(holders[0], "SET x 1").ShouldBe("OK");
        world.World.Crash(world[holders[0]]);
        world[holders[0]].Disk.Release(new Replication.PersistPoint(long.MaxValue));
        world.World.Start(world[holders[1]]);
        world.World.Start(world[holders[2]]);
        world.Settle(60);
        return world.Do(holders[1], "GET x");
    }

    [Fact]
    public void A_canary_that_counts_one_holder_too_few_is_caught() =>
        Caught(ChaosKind.Quorum, new OneTooFew(), [ChaosHistory.ReadMisses]);

    [Fact]
    public void A_canary_that_forgets_removals_early_is_caught()
    {
        AddAfterRemoval(LeaderlessRules.Paper).ShouldBe("2");
        AddAfterRemoval(new CollectsEarly()).ShouldNotBe("2");
    }

    /// <summary>n1 and n2 remove a counter; n3, who does not know, adds 2 to it.</summary>
    private static string AddAfterRemoval(LeaderlessRules rules)
    {
        var world = new LeaderlessWorld(3, new LeaderlessOptions { Partitions = 1, CompareTicks = 2 }, rules);
        world.Do(3, "INCRBY c 5").ShouldBe("5");
        world.Settle(60);
        world.Ask(1, "DEL c");
        world.World.Stabilize(e => e.To.Value != 3);
        world.World.TickAll(3);
        world.World.Network.Clear();
        world.Do(3, "INCRBY c 2").ShouldBe("7");
        world.Settle(30);
        return world.Do(1, "GET c");
    }

    [Fact]
    public void A_canary_that_reads_without_writing_back_is_caught()
    {
        ReadTwice(LeaderlessRules.Paper).Kind.ShouldBe(VerdictKind.Valid);
        ReadTwice(new NoWriteBack()).Kind.ShouldBe(VerdictKind.Invalid);
    }

    /// <summary>A write that its coordinator alone has; it is read there, and then where it never arrived.</summary>
    private static Verdict ReadTwice(LeaderlessRules rules)
    {
        var world = new LeaderlessWorld(
            3, new LeaderlessOptions { Partitions = 1, Linearizable = true, CompareTicks = 1_000_000 }, rules);
        var history =
            new List<Operation> { new() { Client = 1, Kind = OperationKind.Set, Key = "x", Argument = "1", Invoked = 1 } };
        world.Ask(1, "SET x 1");
        world.World.Stabilize(e => e.Kind is Query.WireKind or State.WireKind);
        var first = world.Ask(1, "GET x");
        world.World.Stabilize(e => e.Kind is Query.WireKind or State.WireKind);
        var second = world.Ask(2, "GET x");
        world.World.Stabilize(e => e.From.Value != 1 && e.To.Value != 1);
        foreach (var (node, read, at) in ((int, long, long)[])[(1, first, 2), (2, second, 4)])
        {
            if (world.Answer(node, read) is not { } reply || reply == "waits") continue;
            history.Add(new Operation
            {
                Client = node + 1,
                Kind = OperationKind.Get,
                Key = "x",
                Invoked = at,
                Returned = at + 1,
                Outcome = OperationOutcome.Ok,
                Result = reply == "(null)" ? null : reply,
            });
        }

        history.Count.ShouldBeGreaterThan(1, "somebody was answered");
        return LinearizabilityChecker.Check(history);
    }

    [Fact]
    public void A_canary_that_claims_what_it_has_not_fetched_is_caught() =>
        Caught(ChaosKind.Quorum, new ClaimsUnseen(), [Chaos.NotSame, ChaosHistory.ReadMisses]);

    [Fact]
    public void A_canary_that_counts_who_lost_its_memory_is_caught() =>
        Caught(ChaosKind.Memory, new CountsForgetful(), [ChaosHistory.ReadMisses]);

    [Fact]
    public void A_canary_that_does_not_wait_for_the_disk_is_caught() =>
        Caught(ChaosKind.Quorum, LeaderlessRules.Paper, [ChaosHistory.Lost, ChaosHistory.ReadMisses], hasty: true);

    /// <param name="kind">Of the runs.</param>
    /// <param name="rules">With one of them broken.</param>
    /// <param name="expected">What the checkers say that must notice it.</param>
    /// <param name="hasty">Messages do not wait for the disk.</param>
    private static void Caught(ChaosKind kind, LeaderlessRules rules, string[] expected, bool hasty = false) => CanaryHunt.Catch(
        rules.GetType().Name, CanaryHunt.Seeds(60),
        seed => CanaryHunt.WordsOf(new Chaos(seed, kind, rules, dropsAfter: hasty).Run),
        seed => CanaryHunt.WordsOf(new Chaos(seed, kind).Run),
        expected);

    private sealed class DropsHints : LeaderlessRules
    {
        public override bool KeepsHints => false;
    }

    private sealed class CollectsEarly : LeaderlessRules
    {
        public override VersionVector Stable(VersionVector seenByAll, VersionVector seenHere) => seenHere;
    }

    private sealed class NoWriteBack : LeaderlessRules
    {
        public override bool WritesBack => false;
    }
}
