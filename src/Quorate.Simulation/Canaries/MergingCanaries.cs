using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Replication.Crdt;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Labs;
using Quorate.Simulation.Merging;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;
using static Quorate.Simulation.Canaries.BrokenCasPaxos;
using static Quorate.Simulation.Canaries.BrokenLeaderless;
using static Quorate.Simulation.Canaries.BrokenMultiLeader;
using static Quorate.Simulation.Canaries.ExpectedChecker;

namespace Quorate.Simulation.Canaries;

/// <summary>One broken rule of multileader, leaderless, caspaxos or of the merging itself each, with a scenario in which it
/// matters soon.</summary>
internal static class MergingCanaries
{
    private const int Budget = 200;

    private static readonly Func<Prng, MergePlan> s_leaders = Leaders();
    private static readonly Func<Prng, MergePlan> s_apart = Apart();
    private static readonly Func<Prng, MergePlan> s_holders = Holders();

    public static IEnumerable<Canary> All =>
    [
        Of(
            "multileader: a delta leaves before it is durable", Broken<MultiLeaderRules>(new ShipsEarly()), s_leaders,
            By<ConvergenceFailure>()),
        Of(
            "multileader: a member confirms what is not durable", Broken<MultiLeaderRules>(new ConfirmsEarly()),
            Leaders(p => p with { Ack = Ack.Sync }),
            By<CopiesFailure>()),
        Of(
            "multileader: a client is answered before it is durable", Broken<MultiLeaderRules>(new AnswersEarly()),
            s_leaders,
            By<EffectFailure>()),
        Of(
            "multileader: the order of an origin is ignored", Broken<MultiLeaderRules>(new IgnoresOrder()), s_apart,
            By<SessionFailure>()),
        Of(
            "multileader: dependencies are ignored", Broken<MultiLeaderRules>(new IgnoresDependencies()), s_apart,
            By<SessionFailure>()),
        Of(
            "multileader: what is known is told on", Broken<MultiLeaderRules>(new TellsOn()),
            Leaders(p => p with { Topology = Topology.Ring }),
            By<QuietFailure>()),
        Of(
            "multileader: a majority that has confirmed is enough to forget",
            Broken<MultiLeaderRules>(new ForgetsByMajority()), s_apart,
            By<ConvergenceFailure>()),
        Of(
            "merging: what was removed is taken again", new NodeRules { Merging = new TakesRemoved() },
            Apart(p => p with { Ship = Ship.State }),
            By<EffectFailure>(),
            By<ConvergenceFailure>(why: "some replicas take it and others do not"),
            By<LivenessFailure>("memory of what was removed gone", why: "what is taken again has to be forgotten again"),
            By<QuietFailure>(why: "the difference is sent about again and again")),
        Of("leaderless: one holder too few", Broken<LeaderlessRules>(new OneTooFew()), s_holders, By<SessionFailure>()),
        Of(
            "leaderless: seen without fetching", Broken<LeaderlessRules>(new ClaimsUnseen()), s_holders,
            By<EffectFailure>(),
            By<SessionFailure>(why: "a read lacks what its replica only claims to have seen"),
            By<LivenessFailure>("equal replicas", why: "what all claim to have seen no replica asks for")),
        Of(
            "leaderless: who lost its memory counts", Broken<LeaderlessRules>(new CountsForgetful()),
            Holders(p => p with { Durability = Durability.Memory }),
            By<SessionFailure>()),
        Of(
            "caspaxos: an acceptor accepts less than it has promised", Broken<CasPaxosRules>(new AcceptsLess()), Registers,
            By<EffectFailure>(),
            By<LinearizabilityFailure>(why: "a later read of a register shows an older value")),
        Of(
            "caspaxos: a quorum is one short", Broken<CasPaxosRules>(new OneShort()), Registers,
            By<EffectFailure>(),
            By<LinearizabilityFailure>(why: "a later read of a register shows an older value")),
        Of(
            "caspaxos: a change is not looked for", Broken<CasPaxosRules>(new MakesItAgain()), Registers,
            By<EffectFailure>(),
            By<LinearizabilityFailure>(why: "a value comes back after it was replaced")),
        Of(
            "caspaxos: a promise outlives another", Broken<CasPaxosRules>(new KeepsPromise()), Registers,
            By<EffectFailure>(),
            By<LinearizabilityFailure>(why: "a later read of a register shows an older value")),
    ];

    private static NodeRules Broken<T>(T rules)
        where T : class => new() { Strategies = StrategyRules.Sound.With(rules) };

    private static Canary Of(string name, NodeRules rules, Func<Prng, MergePlan> plan, params ExpectedChecker[] expected) =>
        new(name, "docs/protocols", Budget, new Variant { Rules = rules, Merging = plan }, expected);

    private static Canary Of(string name, NodeRules rules, Func<Prng, KeyspaceScenario> scenario,
        params ExpectedChecker[] expected) =>
        new(name, "docs/protocols", Budget, new Variant { Rules = rules, Keyspaces = scenario }, expected);

    private static Scenario World(Prng prng, params (FaultKind Kind, int Weight)[] strikes) => new()
    {
        Nodes = 5,
        ClientsPerNode = 1,
        SafetySeconds = 8,
        StrikeMilliseconds = 300 + prng.Below(400),
        FaultMilliseconds = 1500,
        ReadPerMille = 300,
        Registers = 1,
        Ledgers = 0,
        ThinkMilliseconds = 10 + prng.Below(30),
        DelayMicroseconds = 500 + prng.Below(20_000),
        MaxBatchBytes = 200,
        MendsClocks = true,
        DiskSlowness = 1 + prng.Below(20),
        Strikes = new SortedDictionary<FaultKind, int>(strikes.ToDictionary(s => s.Kind, s => s.Weight)),
    };

    /// <summary>Nodes lose their power while others go on.</summary>
    private static Func<Prng, MergePlan> Leaders(Func<Policy, Policy>? change = null) => prng => Plan(
        World(prng, (FaultKind.PowerLoss, 8), (FaultKind.ProcessCrash, 2), (FaultKind.SlowDisk, 3), (FaultKind.Isolation, 3)),
        PolicyDefaults.For(Strategy.MultiLeader, 3), change);

    /// <summary>Nodes hear each other late, partly, and out of order.</summary>
    private static Func<Prng, MergePlan> Apart(Func<Policy, Policy>? change = null) => prng => Plan(
        World(prng, (FaultKind.Partition, 5), (FaultKind.Isolation, 5), (FaultKind.BridgePartition, 8),
            (FaultKind.OneWayPartition, 5)) with
        {
            ReorderPerMille = 150,
            DuplicationPerMille = 100,
            LossPerMille = 50,
            FaultMilliseconds = 3000,
        },
        PolicyDefaults.For(Strategy.MultiLeader, 4), change);

    private static Func<Prng, MergePlan> Holders(Func<Policy, Policy>? change = null) => prng => Plan(
        World(prng, (FaultKind.ProcessCrash, 8), (FaultKind.Isolation, 8), (FaultKind.Partition, 4),
            (FaultKind.OneWayPartition, 4)) with
        { LossPerMille = 30 },
        PolicyDefaults.For(Strategy.Leaderless, 4), change);

    private static MergePlan Plan(Scenario world, Policy policy, Func<Policy, Policy>? change) =>
        new(world, PolicyDefaults.Normal(change?.Invoke(policy) ?? policy));

    private static KeyspaceScenario Registers(Prng prng) => new(
        World(prng, (FaultKind.PowerLoss, 6), (FaultKind.Isolation, 6), (FaultKind.OneWayPartition, 6),
            (FaultKind.SlowNetwork, 4), (FaultKind.SlowDisk, 3)) with
        {
            LossPerMille = 50,
            ReorderPerMille = 100,
            DuplicationPerMille = 100,
        },
        [new KeyspacePlan("x",
            PolicyDefaults.Normal(PolicyDefaults.For(Strategy.Leaderless, 3)
                with { Consensus = true, Reads = ReadConsistency.Linearizable }))]);

    private sealed class TakesRemoved : MergeRules
    {
        public override bool TakesTheirs(bool isObservedHere) => true;
    }
}
