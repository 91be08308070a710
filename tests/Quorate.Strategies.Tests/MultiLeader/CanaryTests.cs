using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;
using static Quorate.Simulation.Canaries.BrokenMultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Broken variants: the chaos runs must notice each.</summary>
public sealed class CanaryTests
{
    private const int Seeds = 60;

    [Fact]
    public void Canary_a_delta_that_leaves_before_it_is_durable_is_caught() =>
        RequireCaught(new ShipsEarly(), [ChaosModel.Causality, Chaos.Divergence]);

    [Fact]
    public void Canary_a_member_that_confirms_what_is_not_durable_is_caught() =>
        RequireCaught(new ConfirmsEarly(), [ChaosModel.TooFewCopies], new MultiLeaderOptions { Ack = Ack.Sync }, nodes: 4);

    [Fact]
    public void Canary_a_client_that_is_answered_before_it_is_durable_is_caught() =>
        RequireCaught(
            new AnswersEarly(), [ChaosModel.ShowsLess, ChaosModel.LostIncrement, ChaosModel.LostElement]);

    [Fact]
    public void Canary_the_order_of_an_origin_ignored_is_caught() =>
        RequireCaught(new IgnoresOrder(), [ChaosModel.Causality]);

    [Fact]
    public void Canary_dependencies_ignored_are_caught() =>
        RequireCaught(new IgnoresDependencies(), [ChaosModel.Causality], nodes: 4);

    [Fact]
    public void Canary_a_loop_that_is_not_cut_is_caught() =>
        RequireCaught(new TellsOn(), [Chaos.NotQuiet], new MultiLeaderOptions { Topology = Topology.Ring });

    [Fact]
    public void Canary_removals_forgotten_when_a_majority_has_confirmed_are_caught() =>
        RequireCaught(new ForgetsByMajority(), [Chaos.Divergence], nodes: 4);

    [Fact]
    public void Canary_a_confirmation_that_overtakes_what_was_made_before_it_is_caught() =>
        RequireCaught(new CountsAtOnce(), [Chaos.Divergence], nodes: 4);

    [Fact]
    public void Canary_a_memory_that_is_believed_to_be_whole_is_caught() =>
        RequireCaught(new BelievesToRemember(), [ChaosModel.LostCarried], new MultiLeaderOptions { Durable = false });

    [Fact]
    public void Canary_a_merge_that_is_skipped_when_the_length_is_that_of_the_last_is_caught()
    {
        RequireCaught(MultiLeaderRules.Standard, [ChaosModel.NotEqual, Chaos.Divergence], breaks: machine =>
        {
            var last = 0;
            machine.Skips = length =>
            {
                var isSame = length == last;
                last = length;
                return isSame;
            };
        });
    }

    /// <param name="rules">With one of them broken.</param>
    /// <param name="expected">What the checkers say that must notice it.</param>
    /// <param name="options">Of the runs.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="breaks">Breaks a replica's machine, where no rule of the strategy is broken.</param>
    private static void RequireCaught(
        MultiLeaderRules rules,
        string[] expected, MultiLeaderOptions? options = null, int nodes = 3, Action<StoreMachine>? breaks = null)
    {
        var sound = new ChaosPlan(options ?? new MultiLeaderOptions()) { Nodes = nodes };
        var broken = sound with { Rules = rules, Breaks = breaks };
        CanaryHunt.Catch(
            rules.GetType().Name, CanaryHunt.Seeds(Seeds),
            seed => CanaryHunt.WordsOf(new Chaos(seed, broken).Run),
            seed => CanaryHunt.WordsOf(new Chaos(seed, sound).Run),
            expected);
    }

    private sealed class ConfirmsEarly : MultiLeaderRules
    {
        public override long MayShipUpTo(long durableEnd, long end) => end;

        public override DotContext Confirms(DotContext durable, DotContext seen) => seen;
    }

    private sealed class CountsAtOnce : MultiLeaderRules
    {
        public override bool MayConfirm(bool hasAllItMade) => true;
    }

    private sealed class BelievesToRemember : MultiLeaderRules
    {
        public override bool BeginsAnew(bool mayHaveForgotten) => false;
    }
}
