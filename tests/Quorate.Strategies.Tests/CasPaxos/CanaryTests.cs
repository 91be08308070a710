using Quorate.Strategies.CasPaxos;
using static Quorate.Simulation.Canaries.BrokenCasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>Each rule broken on purpose: the checkers must notice, or they would not notice a mistake either.</summary>
public sealed class CanaryTests
{
    private const int MostSeeds = 300;

    [Fact]
    public void An_acceptor_that_answers_before_it_is_durable_is_noticed() =>
        IsNoticed(new AnswersAtOnce(), new ChaosPlan { Crashes = 14 });

    [Fact]
    public void An_acceptor_that_accepts_a_lower_ballot_is_noticed() => IsNoticed(new AcceptsLess(), new ChaosPlan());

    [Fact]
    public void A_quorum_that_is_one_short_is_noticed() => IsNoticed(new OneShort(), new ChaosPlan());

    [Fact]
    public void A_change_that_is_made_twice_is_noticed() => IsNoticed(new MakesItAgain(), new ChaosPlan());

    [Fact]
    public void A_tombstone_that_is_collected_before_all_acceptors_have_it_is_noticed()
    {
        ReadAfterDeletion(CasPaxosRules.Paper).ShouldBe("nil");
        ReadAfterDeletion(new CollectsEarly()).ShouldBe("a");
    }

    [Fact]
    public void A_promise_that_outlives_another_promise_is_noticed() => IsNoticed(new KeepsPromise(), new ChaosPlan());

    /// <summary>n3 hears of no accept, so that it keeps the old value; then it is asked together with n1 alone.</summary>
    private static string ReadAfterDeletion(CasPaxosRules rules)
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { CollectTicks = 20 }, rules);
        group.Do(1, "SET x a").ShouldBe("OK");
        var id = group.Ask(1, "DEL x");
        for (var i = 0; i < 400; i++)
        {
            group.World.Stabilize(e => e.To.Value != 3 || !e.Text.Contains("[accept", StringComparison.Ordinal));
            group.World.TickAll();
        }

        group.Answer(1, id).ShouldBe("1");
        group.World.Crash(group[2]);
        return group.Do(3, "GET x");
    }

    /// <summary>What clients saw must show it.</summary>
    private static void IsNoticed(CasPaxosRules broken, ChaosPlan plan) => CanaryHunt.Catch(
        broken.GetType().Name, CanaryHunt.Seeds(MostSeeds),
        seed => new Chaos(seed, plan, broken).Finding(),
        seed => new Chaos(seed, plan).Finding(),
        Chaos.NotLinearizable);

    private sealed class AnswersAtOnce : CasPaxosRules
    {
        public override bool AnswersWaitForTheJournal => false;
    }

    private sealed class CollectsEarly : CasPaxosRules
    {
        public override int AcceptorsWithTombstone(int all, int majority) => majority;
    }
}
