using Quorate.Cluster.Control;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Control;

public sealed class SupervisorChaosTests
{
    private const int Seeds = 40;

    /// <summary>Policies, and how many replicas may be lost for good without losing a write or the fail-over.</summary>
    public static TheoryData<string, int, int> Cases => new()
    {
        { "strategy primary", 1, 3 },
        { "strategy primary min-in-sync 3", 2, 5 },
        { "strategy primary ack semisync:1", 1, 3 },
        { "strategy primary ack semisync:2", 2, 5 },
        { "strategy primary ack majority", 2, 5 },
        { "strategy primary ack async", 1, 3 },
        { "strategy chain min-in-sync 2", 1, 3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nobody_acts_on_an_old_epoch_and_no_acknowledged_write_is_lost(string words, int deaths, int replicas)
    {
        var (acknowledged, namings) = (0, 0L);
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var chaos = new ControlChaos(seed, words, deaths, replicas: replicas);
            chaos.Run(60_000);
            chaos.Heal();
            var before = chaos.AcknowledgedCount;
            chaos.Run(20_000, faults: false);
            chaos.AcknowledgedCount.ShouldBeGreaterThan(before, $"seed {seed}: after the faults the group serves again");
            acknowledged += chaos.AcknowledgedCount;
            namings += chaos.Namings;
        }

        acknowledged.ShouldBeGreaterThan(Seeds * 500);
        namings.ShouldBeGreaterThan(Seeds * 3);
    }

    [Fact]
    public void A_supervisor_that_promotes_the_least_advanced_is_caught() =>
        IsCaught("strategy primary ack semisync:1", new PromotesTheLeastAdvanced(), ControlChaos.LosesWrite);

    [Fact]
    public void A_supervisor_that_ignores_leases_is_caught() =>
        IsCaught("strategy primary", new IgnoresLeases(), ControlChaos.LeadsBesideAnother);

    [Fact]
    public void A_supervisor_that_ignores_leases_in_a_chain_is_caught() =>
        IsCaught("strategy chain", new IgnoresLeases(), ControlChaos.ServesOutsideTheChain);

    [Fact]
    public void A_new_control_leader_that_does_not_wait_is_caught() =>
        IsCaught("strategy primary", new DoesNotWait(), ControlChaos.LeadsBesideAnother);

    [Fact]
    public void A_group_that_settles_too_early_is_caught() =>
        IsCaught("strategy primary", SupervisorRules.Sound, ControlChaos.LosesWrite, settlesTooEarly: true);

    /// <param name="words">The policy.</param>
    /// <param name="rules">With one of them broken.</param>
    /// <param name="expected">What the checker says that must notice it.</param>
    /// <param name="settlesTooEarly">A mistake of the tests' own.</param>
    private static void IsCaught(string words, SupervisorRules rules, string expected, bool settlesTooEarly = false) =>
        CanaryHunt.Catch(
            $"{rules.GetType().Name}, settles too early: {settlesTooEarly}", CanaryHunt.Seeds(Seeds),
            seed => WordsOf(new ControlChaos(seed, words, deaths: 0, rules) { SettlesTooEarly = settlesTooEarly }),
            seed => WordsOf(new ControlChaos(seed, words, deaths: 0)),
            expected);

    private static string? WordsOf(ControlChaos chaos) => CanaryHunt.WordsOf(() => chaos.Run(60_000));

    private sealed class PromotesTheLeastAdvanced : SupervisorRules
    {
        public override bool IsAhead(in ReplicaReport a, in ReplicaReport b) => b.IsAheadOf(a);
    }

    private sealed class IgnoresLeases : SupervisorRules
    {
        public override bool MustWaitFor(bool someoneMayStillAct) => false;
    }

    private sealed class DoesNotWait : SupervisorRules
    {
        public override bool WaitsAfterElection => false;
    }
}
