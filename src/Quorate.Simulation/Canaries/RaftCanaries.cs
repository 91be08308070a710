using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Replication.Rows;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;
using Quorate.Strategies.Raft;
using static Quorate.Simulation.Canaries.ExpectedChecker;

namespace Quorate.Simulation.Canaries;

/// <summary>One broken rule of raft each, with a scenario in which it matters soon.</summary>
internal static class RaftCanaries
{
    public static IEnumerable<Canary> All =>
    [
        Of(
            "answers a vote before it is durable", "[Raft fig. 2]", new VoteBeforeDurable(), CrashingElections,
            By<ElectionSafetyFailure>()),
        Of("grants two votes in a term", "[Raft §5.2]", new TwoVotes(), Elections, By<ElectionSafetyFailure>()),
        Of("skips the up-to-date check", "[Raft §5.4.1]", new NoUpToDateCheck(), Elections, By<LeaderCompletenessFailure>()),
        Of(
            "commits an old term's entry by counting", "[Raft §5.4.2]", new CommitsOldTerm(), FallingLeaders,
            By<LeaderCompletenessFailure>()),
        Of(
            "truncates on any append", "[Raft §5.3]", new TruncatesAlways(), Reordering,
            By<NodeInvariantFailure>("what is committed is in the log")),
        Of(
            "quorum off by one", "[Raft §5.1]", new SmallQuorum(), Elections,
            By<ElectionSafetyFailure>(),
            By<LeaderCompletenessFailure>(why: "one minority commits, and another elects a leader without it")),
        Of(
            "reads under a lease without check", "[Raft §6.4.1]", new LeaseWithoutCheck(), StaleLeaders,
            By<LinearizabilityFailure>()),
        Of(
            "reads at an index without confirmation", "[Raft §6.4]", new UnconfirmedRead(), StaleLeaders,
            By<LinearizabilityFailure>()),
        Of(
            "reads while its applier is behind", "[Raft §6.4]", new ReadsBehind(), BusyAppliers,
            By<LinearizabilityFailure>()),
        Of(
            "applies before commit", "[Raft fig. 2]", new AppliesEarly(), Elections,
            By<NodeInvariantFailure>("only committed entries are applied")),
        Of(
            "forgets the configuration on truncation", "[Raft §4.1]", new KeepsConfiguration(), Members,
            By<NodeInvariantFailure>("a configuration comes from the log")),
        Of("snapshot with wrong last term", "[Raft §7]", new WrongSnapshotTerm(), Snapshots, By<LeaderCompletenessFailure>()),
        Of("counts a learner", "[Raft §4.2.1]", new CountsLearner(), Learners, By<LeaderCompletenessFailure>()),
        Of("campaigns without pre-vote", "[Raft §9.6]", new NoPreVote(), ReturningFollowers, By<LeaderStabilityFailure>()),
        Of(
            "acts on messages of an older term", "[Raft §5.1]", new TrustsOldTerms(), StaleLeaders,
            By<NodeInvariantFailure>("a term has one leader"),
            By<NodeInvariantFailure>("a committed entry never changes",
                why: "an old leader's entries replace what the new one committed")),
    ];

    private static Canary Of(string name, string rule, RaftRules rules, Func<Prng, Scenario> scenario,
        params ExpectedChecker[] expected) =>
        new(
            "raft: " + name, rule, 1000,
            new Variant { Rules = new NodeRules { Strategies = StrategyRules.Sound.With(rules) }, Scenario = scenario },
            expected);

    private static Scenario Base(params (FaultKind Kind, int Weight)[] strikes) => new()
    {
        Nodes = 3,
        SafetySeconds = 15,
        StrikeMilliseconds = 250,
        FaultMilliseconds = 1200,
        LeaderPerMille = 600,
        ThinkMilliseconds = 25,
        Strikes = new SortedDictionary<FaultKind, int>(strikes.ToDictionary(s => s.Kind, s => s.Weight)),
    };

    private static Scenario FallingLeaders(Prng prng) =>
        Base((FaultKind.Isolation, 5), (FaultKind.Partition, 5), (FaultKind.ProcessCrash, 2)) with
        {
            Nodes = 5,
            ClientsPerNode = 2,
            ReadPerMille = 100,
            ThinkMilliseconds = 8,
            SafetySeconds = 30,
            StrikeMilliseconds = 400,
            FaultMilliseconds = 900,
            FreshLeaderPerMille = 700,
            LeaderPerMille = 900,
            MaxBatchBytes = 64,
            MaxInflight = 1 + prng.Below(2),
            DelayMicroseconds = 3_000 + prng.Below(25_000),
        };

    private static Scenario Elections(Prng prng) => Base(
        (FaultKind.Isolation, 5), (FaultKind.Partition, 5), (FaultKind.OneWayPartition, 5), (FaultKind.ProcessCrash, 5),
        (FaultKind.Pause, 3), (FaultKind.PowerLoss, 3)) with
    {
        Nodes = 3 + (2 * prng.Below(2)),
        ClientsPerNode = 1,
        DelayMicroseconds = 500 + prng.Below(30_000),
    };

    private static Scenario CrashingElections(Prng prng) => Base((FaultKind.Isolation, 4), (FaultKind.ProcessCrash, 2)) with
    {
        ClientsPerNode = 1,
        SafetySeconds = 25,
        StrikeMilliseconds = 1500,
        FaultMilliseconds = 300,
        FreshLeaderPerMille = 800,
        DiskSlowness = 30 + prng.Below(60),
        DelayMicroseconds = 500 + prng.Below(5_000),
    };

    private static Scenario Reordering(Prng prng) => Base(
        (FaultKind.ProcessCrash, 3), (FaultKind.PowerLoss, 3), (FaultKind.Isolation, 5), (FaultKind.Pause, 3)) with
    {
        ReorderPerMille = 200,
        DuplicationPerMille = 150,
        Depth = 3,
        DelayMicroseconds = 500 + prng.Below(5_000),
    };

    private static Scenario StaleLeaders(Prng prng) => Base(
        (FaultKind.Isolation, 5), (FaultKind.Partition, 5), (FaultKind.Pause, 5), (FaultKind.Suspend, 2),
        (FaultKind.BridgePartition, 2)) with
    {
        LeaderPerMille = 900,
        ReadPerMille = 600,
        Registers = 1,
        Ledgers = 1,
        ThinkMilliseconds = 10 + prng.Below(20),
    };

    private static Scenario BusyAppliers(Prng prng) => Base((FaultKind.SlowNetwork, 2), (FaultKind.LeadershipTransfer, 1)) with
    {
        ReadPerMille = 500,
        Registers = 1,
        ThinkMilliseconds = 5 + prng.Below(15),
        DelayMicroseconds = 100 + prng.Below(2000),
        ApplyBudget = new ApplyBudget(1, 64),
        BusyMicroseconds = 1000 + prng.Below(15_000),
    };

    private static Scenario Snapshots(Prng prng) => Base(
        (FaultKind.ProcessCrash, 4), (FaultKind.PowerLoss, 4), (FaultKind.Isolation, 4), (FaultKind.Partition, 2)) with
    {
        SnapshotThresholdBytes = 1500 + prng.Below(3000),
        MaxLagBytes = 500 + prng.Below(1500),
        ThinkMilliseconds = 15,
    };

    private static Scenario Members(Prng prng) => Base(
        (FaultKind.MembershipChange, 10), (FaultKind.Isolation, 6), (FaultKind.Partition, 6), (FaultKind.ProcessCrash, 3),
        (FaultKind.LeadershipTransfer, 2)) with
    {
        Nodes = 5,
        ClientsPerNode = 1,
        StrikeMilliseconds = 150,
        DelayMicroseconds = 500 + prng.Below(10_000),
    };

    private static Scenario Learners(Prng prng) => Base(
        (FaultKind.MembershipChange, 10), (FaultKind.Partition, 8), (FaultKind.Isolation, 3)) with
    {
        Nodes = 5,
        ClientsPerNode = 1,
        SafetySeconds = 25,
        StrikeMilliseconds = 250,
        FaultMilliseconds = 2500,
        DelayMicroseconds = 500 + prng.Below(10_000),
    };

    private static Scenario ReturningFollowers(Prng prng) => Base((FaultKind.Isolation, 1)) with
    {
        SparesLeader = true,
        SafetySeconds = 8,
        StrikeMilliseconds = 400 + prng.Below(400),
    };

    private sealed class VoteBeforeDurable : RaftRules
    {
        public override PersistPoint VoteLeavesAfter(PersistPoint saved) => default;
    }

    private sealed class TwoVotes : RaftRules
    {
        public override bool MayGrantVote(NodeId votedFor, NodeId candidate) => true;
    }

    private sealed class NoUpToDateCheck : RaftRules
    {
        public override bool IsUpToDate(Term candidateTerm, LogIndex candidateIndex, Term ownTerm, LogIndex ownIndex) => true;
    }

    private sealed class CommitsOldTerm : RaftRules
    {
        public override bool MayCommitByCounting(Term entryTerm, Term currentTerm) => true;
    }

    private sealed class TruncatesAlways : RaftRules
    {
        public override bool MustTruncate(bool conflicts) => true;
    }

    private sealed class SmallQuorum : RaftRules
    {
        public override int QuorumOf(int voters) => Math.Max(1, voters / 2);
    }

    private sealed class LeaseWithoutCheck : RaftRules
    {
        public override bool IsLeaseValid(long quorumSentAtNanoseconds, long nowNanoseconds, long leaseNanoseconds) => true;
    }

    private sealed class UnconfirmedRead : RaftRules
    {
        public override bool IsReadIndexConfirmed(long quorumRound, long readRound) => true;
    }

    private sealed class ReadsBehind : RaftRules
    {
        public override bool IsStateNewest(bool isApplierBehind) => true;
    }

    private sealed class AppliesEarly : RaftRules
    {
        public override LogIndex ApplyUpTo(LogIndex commitIndex, LogIndex lastIndex) => lastIndex;
    }

    private sealed class KeepsConfiguration : RaftRules
    {
        public override bool RevertsConfigurationOnTruncation => false;
    }

    private sealed class WrongSnapshotTerm : RaftRules
    {
        public override Term SnapshotTerm(Term lastTerm) => new(Math.Max(1, lastTerm.Value - 1));
    }

    private sealed class CountsLearner : RaftRules
    {
        public override bool CountsLearners => true;
    }

    private sealed class NoPreVote : RaftRules
    {
        public override bool AsksPreVote => false;
    }

    private sealed class TrustsOldTerms : RaftRules
    {
        public override bool IsStale(Term messageTerm, Term currentTerm) => false;
    }
}
