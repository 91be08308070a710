using Quorate.Replication.Causality;
using Quorate.Simulation;
using Quorate.Strategies.Leaderless;
using Operation = Quorate.Simulation.Operation;

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
    public void A_canary_that_drops_hints_is_caught() => Caught(ChaosKind.Sloppy, new DropsHints());

    [Fact]
    public void A_canary_that_counts_one_holder_too_few_is_caught() => Caught(ChaosKind.Quorum, new OneTooFew());

    [Fact]
    public void A_canary_that_forgets_removals_early_is_caught() => Caught(ChaosKind.Quorum, new CollectsEarly());

    [Fact]
    public void A_canary_that_reads_without_writing_back_is_caught()
    {
        ReadTwice(LeaderlessRules.Paper).Kind.ShouldBe(VerdictKind.Valid);
        ReadTwice(new NoWriteBack()).Kind.ShouldBe(VerdictKind.Invalid);
    }

    /// <summary>A write that its coordinator alone has; it is read there, and then where it never arrived.</summary>
    private static Verdict ReadTwice(LeaderlessRules rules)
    {
        var world = new LeaderlessWorld(3, new LeaderlessOptions { Partitions = 1, Linearizable = true, CompareTicks = 1_000_000 }, rules);
        var history = new List<Operation> { new() { Client = 1, Kind = OperationKind.Set, Key = "x", Argument = "1", Invoked = 1 } };
        world.Ask(1, "SET x 1");
        world.World.Stabilize(e => e.Kind is Query.KindByte or State.KindByte);
        var first = world.Ask(1, "GET x");
        world.World.Stabilize(e => e.Kind is Query.KindByte or State.KindByte);
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
    public void A_canary_that_claims_what_it_has_not_fetched_is_caught() => Caught(ChaosKind.Quorum, new ClaimsUnseen());

    [Fact]
    public void A_canary_that_counts_who_lost_its_memory_is_caught() => Caught(ChaosKind.Memory, new CountsForgetful());

    [Fact]
    public void A_canary_that_does_not_wait_for_the_disk_is_caught() => Caught(ChaosKind.Quorum, LeaderlessRules.Paper, hasty: true);

    private static void Caught(ChaosKind kind, LeaderlessRules rules, bool hasty = false)
    {
        for (var seed = 1UL; seed <= 60; seed++)
        {
            try
            {
                new Chaos(seed, kind, rules, dropsAfter: hasty).Run();
            }
            catch (InvalidOperationException)
            {
                return;
            }
        }

        Assert.Fail("no seed has caught it");
    }

    private sealed class DropsHints : LeaderlessRules
    {
        public override bool KeepsHints => false;
    }

    private sealed class OneTooFew : LeaderlessRules
    {
        public override int WriteQuorum(int w) => w - 1;
    }

    private sealed class CollectsEarly : LeaderlessRules
    {
        public override VersionVector Stable(VersionVector seenByAll, VersionVector seenHere) => seenHere;
    }

    private sealed class NoWriteBack : LeaderlessRules
    {
        public override bool WritesBack => false;
    }

    private sealed class ClaimsUnseen : LeaderlessRules
    {
        public override bool FetchesBeforeAdopting => false;
    }

    private sealed class CountsForgetful : LeaderlessRules
    {
        public override bool CountsWithoutMemory => true;
    }
}
