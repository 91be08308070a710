using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>Each rule broken on purpose: the checkers must notice, or they would not notice a mistake either.</summary>
public sealed class CanaryTests
{
    private const ulong MostSeeds = 300;

    [Fact]
    public void An_acceptor_that_answers_before_it_is_durable_is_noticed() =>
        IsNoticed(new AnswersAtOnce(), new ChaosPlan { Crashes = 14 });

    [Fact]
    public void An_acceptor_that_accepts_a_lower_ballot_is_noticed() => IsNoticed(new AcceptsAll(), new ChaosPlan());

    [Fact]
    public void A_quorum_that_is_one_short_is_noticed() => IsNoticed(new OneShort(), new ChaosPlan());

    [Fact]
    public void A_change_that_is_made_twice_is_noticed() => IsNoticed(new MakesItAgain(), new ChaosPlan());

    [Fact]
    public void A_tombstone_that_is_collected_before_all_acceptors_have_it_is_noticed() =>
        IsNoticed(new CollectsEarly(), new ChaosPlan { Losses = 60, Cuts = 12 });

    [Fact]
    public void A_promise_that_outlives_another_promise_is_noticed() => IsNoticed(new KeepsItsPromise(), new ChaosPlan());

    private static void IsNoticed(CasPaxosRules broken, ChaosPlan plan)
    {
        for (ulong seed = 1; seed <= MostSeeds; seed++)
        {
            if (new Chaos(seed, plan, broken).Run() is null) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"noticed with seed {seed}");
            return;
        }

        Assert.Fail($"{broken.GetType().Name} was not noticed in {MostSeeds} seeds");
    }

    private sealed class AnswersAtOnce : CasPaxosRules
    {
        public override bool AnswersWaitForTheJournal => false;
    }

    private sealed class AcceptsAll : CasPaxosRules
    {
        public override bool MayAccept(Ballot ballot, Ballot promised) => true;
    }

    private sealed class OneShort : CasPaxosRules
    {
        public override int Quorum(int majority) => majority - 1;
    }

    private sealed class MakesItAgain : CasPaxosRules
    {
        public override bool LooksForItsChange => false;
    }

    private sealed class CollectsEarly : CasPaxosRules
    {
        public override int AcceptorsWithTombstone(int all, int majority) => majority;
    }

    private sealed class KeepsItsPromise : CasPaxosRules
    {
        public override Ballot PromisedAfterPrepare(Ballot prepared, Ballot promised) => promised.IsNone ? prepared : promised;
    }
}
