using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Broken variants: the chaos runs must notice each.</summary>
public sealed class CanaryTests
{
    private const ulong Seeds = 60;

    [Fact]
    public void Canary_a_delta_that_leaves_before_it_is_durable_is_caught() => RequireCaught(new ShipsEarly());

    [Fact]
    public void Canary_a_member_that_confirms_what_is_not_durable_is_caught() =>
        RequireCaught(new ConfirmsEarly(), new MultiLeaderOptions { Ack = Ack.Sync }, nodes: 4);

    [Fact]
    public void Canary_a_client_that_is_answered_before_it_is_durable_is_caught() => RequireCaught(new AnswersEarly());

    [Fact]
    public void Canary_the_order_of_an_origin_ignored_is_caught() => RequireCaught(new IgnoresOrder());

    [Fact]
    public void Canary_dependencies_ignored_are_caught() => RequireCaught(new IgnoresDependencies(), nodes: 4);

    [Fact]
    public void Canary_a_loop_that_is_not_cut_is_caught() =>
        RequireCaught(new TellsOn(), new MultiLeaderOptions { Topology = Topology.Ring });

    [Fact]
    public void Canary_removals_forgotten_when_a_majority_has_confirmed_are_caught() =>
        RequireCaught(new ForgetsByMajority(), nodes: 4);

    [Fact]
    public void Canary_a_confirmation_that_overtakes_what_was_made_before_it_is_caught() =>
        RequireCaught(new CountsAtOnce(), nodes: 4);

    [Fact]
    public void Canary_a_memory_that_is_believed_to_be_whole_is_caught() =>
        RequireCaught(new BelievesToRemember(), new MultiLeaderOptions { Durable = false });

    [Fact]
    public void Canary_a_merge_that_is_skipped_when_the_length_is_that_of_the_last_is_caught()
    {
        RequireCaught(MultiLeaderRules.Standard, breaks: machine =>
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

    private static void RequireCaught(
        MultiLeaderRules rules, MultiLeaderOptions? options = null, int nodes = 3, Action<StoreMachine>? breaks = null)
    {
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            try
            {
                new Chaos(
                    seed,
                    new ChaosPlan(options ?? new MultiLeaderOptions()) { Nodes = nodes, Rules = rules, Breaks = breaks }).Run();
            }
            catch (InvalidOperationException found)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(found.Message.Split('\n')[0]);
                return;
            }
        }

        Assert.Fail($"not caught in {Seeds} seeds");
    }

    private sealed class ShipsEarly : MultiLeaderRules
    {
        public override long MayShipUpTo(long durableEnd, long end) => end;
    }

    private sealed class ConfirmsEarly : MultiLeaderRules
    {
        public override long MayShipUpTo(long durableEnd, long end) => end;

        public override DotContext Confirms(DotContext durable, DotContext seen) => seen;
    }

    private sealed class AnswersEarly : MultiLeaderRules
    {
        public override PersistPoint AnswerLeavesAfter(PersistPoint saved) => default;
    }

    private sealed class IgnoresOrder : MultiLeaderRules
    {
        public override bool IsInOrder(bool hasPrevious) => true;
    }

    private sealed class IgnoresDependencies : MultiLeaderRules
    {
        public override bool MayShow(bool hasDependencies) => true;
    }

    private sealed class TellsOn : MultiLeaderRules
    {
        public override bool IsNews(bool isNew) => true;
    }

    private sealed class ForgetsByMajority : MultiLeaderRules
    {
        public override int ConfirmationsNeeded(int members) => (members / 2) + 1;
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
