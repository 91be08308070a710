using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Labs;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Primary;
using static Quorate.Simulation.Canaries.ExpectedChecker;

namespace Quorate.Simulation.Canaries;

/// <summary>One broken rule of primary, chain or the control plane each, with a scenario in which it matters soon.</summary>
internal static class KeyspaceCanaries
{
    /// <summary>Kinds of journal records that hold an accepted epoch, of a primary and of a chain alike.</summary>
    private const byte AcceptedEpochRecord = 1;

    public static IEnumerable<Canary> All =>
    [
        Of(
            "primary: acknowledges before k", Broken<PrimaryRules>(new OneBackupShort()), FallingPrimaries,
            By<CopiesFailure>()),
        Of(
            "primary: serves past its lease", Broken<PrimaryRules>(new ServesPastLease()), FallingPrimaries,
            By<LeaseFailure>()),
        Of(
            "primary: ignores an epoch", Broken<PrimaryRules>(new IgnoresEpochs()), FallingPrimaries,
            By<NodeInvariantFailure>("a backup agrees with what the primary has"),
            By<LeaderCompletenessFailure>(why: "backups take an old primary's entries in the place of committed ones"),
            By<StateMachineSafetyFailure>(why: "the same, where the old and the new primary have committed")),
        Of(
            "primary: the least advanced is promoted", new NodeRules { Supervisor = new LeastAdvanced() }, FallingPrimaries,
            By<LeaderCompletenessFailure>()),
        Of(
            "chain: the tail reads when removed", Broken<ChainRules>(new ReadsPastLease()), FallingChains,
            By<LeaseFailure>()),
        Of(
            "chain: a dirty read is served", Broken<ChainRules>(new ServesDirty()), BusyChains,
            By<LinearizabilityFailure>()),
        Of(
            "primary: reads while its applier is behind", Broken<PrimaryRules>(new PrimaryReadsBehind()), BusyPrimaries,
            By<LinearizabilityFailure>()),
        Of(
            "chain: the tail reads while its applier is behind", Broken<ChainRules>(new TailReadsBehind()), BusyTails,
            By<LinearizabilityFailure>()),
        Of(
            "chain: pending is dropped when the middle fails", Broken<ChainRules>(new DropsPending()), FallingChains,
            By<LeaderCompletenessFailure>(),
            By<StateMachineSafetyFailure>(why: "another entry is committed in the place of one that was dropped"),
            By<CopiesFailure>(why: "the tail commits what a replica before it has dropped")),
        Of(
            "control: names a leader before the old lease has run out", new NodeRules { Supervisor = new NamesTooEarly() },
            FallingChains,
            By<LeaseFailure>()),
        Of(
            "control: a new control leader does not wait", new NodeRules { Supervisor = new DoesNotWait() }, FallingControl,
            By<LeaseFailure>()),
        new(
            "control: forgets an epoch on restart", "docs/protocols", 400,
            new Variant { Keyspaces = FallingPrimaries, Forgets = kind => kind == AcceptedEpochRecord },
            By<NodeInvariantFailure>("no entry is of an epoch not yet accepted")),
    ];

    private static NodeRules Broken<T>(T rules)
        where T : class => new() { Strategies = StrategyRules.Sound.With(rules) };

    private static Canary Of(string name, NodeRules rules, Func<Prng, KeyspaceScenario> scenario,
        params ExpectedChecker[] expected) =>
        new(name, "docs/protocols", 400, new Variant { Rules = rules, Keyspaces = scenario }, expected);

    private static KeyspaceScenario Falling(Prng prng, Policy policy, params (FaultKind Kind, int Weight)[] strikes) => new(
        new Scenario
        {
            Nodes = 5,
            ClientsPerNode = 1,
            SafetySeconds = 15,
            StrikeMilliseconds = 500 + prng.Below(500),
            FaultMilliseconds = 2000,
            LeaderPerMille = 800,
            ReadPerMille = 500,
            Registers = 1,
            ThinkMilliseconds = 10 + prng.Below(20),
            DelayMicroseconds = 500 + prng.Below(10_000),
            Strikes = new SortedDictionary<FaultKind, int>(strikes.ToDictionary(s => s.Kind, s => s.Weight)),
        },
        [new KeyspacePlan("k", policy)]);

    private static KeyspaceScenario FallingPrimaries(Prng prng) => Falling(
        prng, PolicyDefaults.For(Strategy.Primary) with { Ack = Ack.Majority },
        (FaultKind.Isolation, 5), (FaultKind.OneWayPartition, 3), (FaultKind.BridgePartition, 4), (FaultKind.ProcessCrash, 3),
        (FaultKind.Pause, 3));

    private static KeyspaceScenario FallingChains(Prng prng) => Falling(
        prng, PolicyDefaults.For(Strategy.Chain) with { Reads = prng.Chance(500) ? ReadConsistency.Craq : ReadConsistency.Tail },
        (FaultKind.Isolation, 5), (FaultKind.BridgePartition, 4), (FaultKind.ProcessCrash, 4), (FaultKind.Pause, 3));

    private static KeyspaceScenario BusyChains(Prng prng) => Falling(
        prng, PolicyDefaults.For(Strategy.Chain)
            with
        { Reads = ReadConsistency.Craq }, (FaultKind.SlowNetwork, 5), (FaultKind.SlowDisk, 5));

    private static KeyspaceScenario BusyPrimaries(Prng prng) =>
        WithBusyAppliers(prng, Falling(prng, PolicyDefaults.For(Strategy.Primary), (FaultKind.SlowNetwork, 5)));

    private static KeyspaceScenario BusyTails(Prng prng) => WithBusyAppliers(prng, Falling(
        prng, PolicyDefaults.For(Strategy.Chain) with { Reads = ReadConsistency.Tail }, (FaultKind.SlowNetwork, 5)));

    private static KeyspaceScenario WithBusyAppliers(Prng prng, KeyspaceScenario scenario) => scenario with
    {
        World = scenario.World with
        {
            ClientsPerNode = 2,
            DelayMicroseconds = 100 + prng.Below(2000),
            ApplyBudget = new ApplyBudget(1, 64),
            BusyMicroseconds = 1000 + prng.Below(15_000),
        },
    };

    private static KeyspaceScenario FallingControl(Prng prng) => Falling(
        prng, PolicyDefaults.For(Strategy.Chain) with { Reads = ReadConsistency.Craq },
        (FaultKind.Isolation, 6), (FaultKind.Partition, 6), (FaultKind.BridgePartition, 6), (FaultKind.ProcessCrash, 3));

    private sealed class OneBackupShort : PrimaryRules
    {
        public override int BackupsNeeded(int asked) => asked - 1;
    }

    private sealed class ServesPastLease : PrimaryRules
    {
        public override bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => true;
    }

    private sealed class PrimaryReadsBehind : PrimaryRules
    {
        public override bool IsStateNewest(bool isApplierBehind) => true;
    }

    private sealed class TailReadsBehind : ChainRules
    {
        public override bool IsStateNewest(bool isApplierBehind) => true;
    }

    private sealed class IgnoresEpochs : PrimaryRules
    {
        public override bool IsStale(Epoch spoken, Epoch accepted) => false;
    }

    private sealed class LeastAdvanced : SupervisorRules
    {
        public override bool IsAhead(in ReplicaReport a, in ReplicaReport b) => b.IsAheadOf(a);
    }

    private sealed class ReadsPastLease : ChainRules
    {
        public override bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => true;
    }

    private sealed class ServesDirty : ChainRules
    {
        public override bool IsClean(bool hasUnfinishedWrites) => true;
    }

    private sealed class DropsPending : ChainRules
    {
        public override LogIndex PendingKeptUpTo(LogIndex commitIndex, LogIndex lastIndex) => commitIndex;
    }

    private sealed class NamesTooEarly : SupervisorRules
    {
        public override bool MustWaitFor(bool someoneMayStillAct) => false;
    }

    private sealed class DoesNotWait : SupervisorRules
    {
        public override bool WaitsAfterElection => false;
    }
}
