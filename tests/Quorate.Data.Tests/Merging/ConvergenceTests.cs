using Quorate.Replication;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Tests.Merging;

public sealed class ConvergenceTests
{
    private const int Seeds = 150;
    private const string NotSame = "after everybody learnt everything";
    private const string CameBack = "came back";
    private const string TooMany = "more strings than written";
    private const string WrongSum = "the sum is wrong";

    [Theory]
    [InlineData(ConflictRule.Crdt)]
    [InlineData(ConflictRule.Siblings)]
    [InlineData(ConflictRule.Lww)]
    public void Replicas_converge_to_what_their_operations_say(ConflictRule rule) => RunAll(new FuzzPlan { Conflicts = rule });

    [Fact]
    public void Replicas_that_lose_their_memory_converge_and_bring_nothing_back() => RunAll(new FuzzPlan { LosesMemory = true });

    [Fact]
    public void Canary_a_last_writer_that_wins_without_a_common_tie_break_is_caught() =>
        RequireCaught(new FuzzPlan { RulesOf = node => new PrefersItsOwn(node) }, new FuzzPlan(), NotSame);

    [Fact]
    public void Canary_a_dot_that_is_given_again_after_a_restart_is_caught() =>
        RequireCaught(
            new FuzzPlan { LosesMemory = true, ReusesDots = true }, new FuzzPlan { LosesMemory = true }, WrongSum);

    [Fact]
    public void Canary_a_merge_that_depends_on_who_merges_is_caught() =>
        RequireCaught(new FuzzPlan { RulesOf = _ => new TakesEverything() }, new FuzzPlan(), TooMany, CameBack);

    [Fact]
    public void Canary_a_removal_that_ignores_what_was_observed_is_caught() =>
        RequireCaught(new FuzzPlan { RulesOf = _ => new KeepsEverything() }, new FuzzPlan(), NotSame);

    [Fact]
    public void Canary_a_tombstone_collected_before_everybody_has_confirmed_is_caught() =>
        RequireCaught(new FuzzPlan { CollectsEarly = true }, new FuzzPlan(), WrongSum, CameBack, NotSame);

    private static void RunAll(FuzzPlan plan)
    {
        int commands = 0, refused = 0;
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var fuzz = new ConvergenceFuzz(seed, plan);
            try
            {
                fuzz.Run();
            }
            catch (Exception found)
            {
                throw new InvalidOperationException($"seed {seed}, {plan}: {found.Message}", found);
            }

            commands += fuzz.Commands;
            refused += fuzz.Refused;
        }

        // A run in which nothing happens finds nothing.
        commands.ShouldBeGreaterThan(Seeds * 80);
        refused.ShouldBeLessThan(commands / 2);
    }

    /// <param name="plan">With something broken.</param>
    /// <param name="sound">The same plan with nothing broken.</param>
    /// <param name="expected">What the checkers say that must notice it.</param>
    private static void RequireCaught(FuzzPlan plan, FuzzPlan sound, params string[] expected) => CanaryHunt.Catch(
        plan.ToString(), CanaryHunt.Seeds(Seeds),
        seed => CanaryHunt.WordsOf(new ConvergenceFuzz(seed, plan).Run),
        seed => CanaryHunt.WordsOf(new ConvergenceFuzz(seed, sound).Run),
        expected);

    private sealed class PrefersItsOwn(int node) : MergeRules
    {
        public override bool Beats(in Sibling a, in Sibling b) =>
            a.Stamp != b.Stamp ? a.Stamp > b.Stamp : a.Dot.Node == new NodeId(node)
                || (b.Dot.Node != new NodeId(node) && a.Dot.CompareTo(b.Dot) > 0);
    }

    private sealed class TakesEverything : MergeRules
    {
        public override bool TakesTheirs(bool isObservedHere) => true;
    }

    private sealed class KeepsEverything : MergeRules
    {
        public override bool KeepsMine(bool isInOther, bool isObservedByOther) => true;
    }
}
