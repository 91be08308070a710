using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Replication.Rows;
using Quorate.Simulation.Canaries;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Tests;

/// <summary>What counts as catching a canary. That each is caught is in <see cref="RaftCanaryTests"/>, <see
/// cref="KeyspaceCanaryTests"/> and <see cref="MergingCanaryTests"/>: three suites, so that they run at the same time.</summary>
public class CanaryTests
{
    private static readonly Canary s_preVote = CanaryList.Named("raft: campaigns without pre-vote");

    [Fact]
    public void Every_canary_belongs_to_one_of_the_suites() =>
        RaftCanaryTests.Names.Concat(KeyspaceCanaryTests.Names).Concat(MergingCanaryTests.Names)
            .Select(n => n.Data).Order().ShouldBe(CanaryList.Names.Order());

    [Fact]
    public void Every_canary_names_its_checker_and_says_why_where_there_is_more_than_one()
    {
        foreach (var canary in CanaryList.All)
        {
            canary.Expected.ShouldNotBeEmpty(canary.Name);
            foreach (var other in canary.Expected.Skip(1)) other.Why.ShouldNotBeEmpty($"{canary.Name}: {other}");
            // A node has hundreds of invariants: which one is meant must be said.
            foreach (var own in canary.Expected.Where(e => e.Failure == typeof(NodeInvariantFailure)))
                own.Says.ShouldNotBeEmpty(canary.Name);
        }
    }

    [Fact]
    public void A_canary_that_another_checker_catches_is_not_caught()
    {
        var found = CanaryCatch.Of(s_preVote with { Expected = [ExpectedChecker.By<LogMatchingFailure>()] });
        found.Problem.ShouldBe("caught by leader stability, but log matching must catch it");
        found.Seed.ShouldBe(1ul);
    }

    [Fact]
    public void A_canary_that_another_invariant_of_the_node_catches_is_not_caught()
    {
        var canary = CanaryList.Named("raft: applies before commit");
        CanaryCatch.Of(canary with { Expected = [ExpectedChecker.By<NodeInvariantFailure>("a term has one leader")] })
            .Problem.ShouldBe("caught by node invariant, but node invariant ('a term has one leader') must catch it");
    }

    [Fact]
    public void A_canary_that_stops_the_node_with_any_other_exception_is_not_caught()
    {
        var rules = new NodeRules { Strategies = StrategyRules.Sound.With<RaftRules>(new Throws()) };
        CanaryCatch.Of(s_preVote with { Variant = s_preVote.Variant with { Rules = rules } })
            .Problem.ShouldBe("caught by NullReferenceException, but leader stability must catch it");
    }

    [Fact]
    public void A_canary_whose_seed_fails_with_the_rules_that_ship_too_is_not_caught()
    {
        // Here a leader is cut off though the scenario says that it is spared.
        var scenario = s_preVote.Variant.Scenario!;
        Scenario Unfair(Prng prng) =>
            scenario(prng) with { Strikes = new SortedDictionary<FaultKind, int> { [FaultKind.Partition] = 1 } };
        CanaryCatch.Of(s_preVote with { Variant = s_preVote.Variant with { Scenario = Unfair } })
            .Problem.ShouldNotBeNull().ShouldStartWith("the same seed fails with the rules that ship: a working leader of");
    }

    [Fact]
    public void A_canary_that_breaks_nothing_is_not_caught() =>
        CanaryCatch.Of(s_preVote with { Variant = s_preVote.Sound, SeedBudget = 2 }).Problem.ShouldBe("2 seeds found nothing");

    [Fact]
    public void All_are_printed_in_the_order_of_the_list_with_the_checker_the_seed_and_the_score()
    {
        var output = new StringWriter();
        CanaryList.Run(output, only: "raft: reads").ShouldBe(0);
        var lines = output.ToString().TrimEnd().Split(Environment.NewLine);
        lines.Length.ShouldBe(4);
        lines[0].ShouldStartWith("caught   raft: reads under a lease without check [Raft §6.4.1]: by linearizability in seed ");
        lines[1].ShouldStartWith(
            "caught   raft: reads at an index without confirmation [Raft §6.4]: by linearizability in seed ");
        lines[2].ShouldStartWith("caught   raft: reads while its applier is behind");
        lines[3].ShouldStartWith("3 of 3 canaries caught, each by a checker that is named for it");
    }

    /// <summary>Runs one canary; what caught it is in the test's output.</summary>
    internal static void ShouldBeCaught(string name)
    {
        var found = CanaryCatch.Of(CanaryList.Named(name));
        TestContext.Current.TestOutputHelper?.WriteLine($"by {found.Checker} in seed {found.Seed}: {found.Found}");
        found.Problem.ShouldBeNull($"{name}: in seed {found.Seed}: {found.Found}");
    }

    /// <summary>Else a canary would be caught for what its scenario does, not for what it breaks.</summary>
    internal static void ScenariosShouldFindNothing(IEnumerable<Canary> canaries)
    {
        foreach (var canary in canaries.DistinctBy(c => (c.Variant.Scenario, c.Variant.Keyspaces, c.Variant.Merging)))
            for (var seed = 1ul; seed <= 2; seed++)
                canary.Execute(seed, canary.Sound).Failure.ShouldBeNull($"{canary.Name}, seed {seed}");
    }

    private sealed class Throws : RaftRules
    {
        public override bool AsksPreVote => throw new NullReferenceException("made up");
    }
}
