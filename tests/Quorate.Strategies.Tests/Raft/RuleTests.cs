using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing. The rules
/// that random faults seldom need are taken away in the paper tests, in the schedule that needs them.</summary>
public sealed class RuleTests
{
    private const string ElectionSafety = "election safety";
    private const string LeaderCompleteness = "a committed entry never changes";
    private const string StateMachineSafety = "state machine safety";
    private const string Agreement = "a follower agrees with what the leader has";
    private const string Read = "a linearizable read at";

    /// <summary>The rule, and what the checkers say that must notice that it is missing.</summary>
    private static readonly Dictionary<string, (RaftRules Rules, string[] Expected)> Broken = new()
    {
        ["two votes a term"] = (new TwoVotes(), [ElectionSafety]),
        ["no up-to-date check"] = (new NoUpToDateCheck(), [LeaderCompleteness, StateMachineSafety, Agreement, Read]),
        ["truncates on any append"] =
            (new TruncatesAlways(), ["what is committed is in the log", "only entries in memory are applied", StateMachineSafety]),
        ["a quorum one short"] = (new SmallQuorum(), [ElectionSafety, LeaderCompleteness, StateMachineSafety, Agreement, Read]),
        ["applies what is not committed"] = (new AppliesAll(), ["only committed entries are applied"]),
        ["keeps a truncated configuration"] = (new KeepsConfiguration(), ["a configuration comes from the log"]),
        ["a snapshot with a wrong term"] =
            (new WrongSnapshotTerm(), [Agreement, StateMachineSafety, "acknowledged writes survive", Read]),
        ["acts on stale terms"] = (new ActsOnStaleTerms(), ["a term has one leader"]),
    };

    /// <summary>Seeds before these are known to miss: the schedule that needs the rule is rare.</summary>
    private static readonly Dictionary<string, ulong> FirstSeed = new()
    {
        ["keeps a truncated configuration"] = 58,
        ["acts on stale terms"] = 80,
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_it_the_watch_barks(string rule)
    {
        var (rules, expected) = Broken[rule];
        var seeds = CanaryHunt.Seeds(200, FirstSeed.GetValueOrDefault(rule, 1UL));
        CanaryHunt.Catch(rule, seeds, seed => Run(seed, rules), seed => Run(seed, null), expected);
    }

    private static string? Run(ulong seed, RaftRules? rules) =>
        CanaryHunt.WordsOf(new Chaos(seed, seed % 2 == 0 ? 3 : 5, durable: true, rules).Run);

    private sealed class TwoVotes : RaftRules
    {
        public override bool MayGrantVote(NodeId votedFor, NodeId candidate) => true;
    }

    private sealed class NoUpToDateCheck : RaftRules
    {
        public override bool IsUpToDate(Term candidateTerm, LogIndex candidateIndex, Term ownTerm, LogIndex ownIndex) => true;
    }

    private sealed class TruncatesAlways : RaftRules
    {
        public override bool MustTruncate(bool conflicts) => true;
    }

    private sealed class SmallQuorum : RaftRules
    {
        public override int QuorumOf(int voters) => Math.Max(1, voters / 2);
    }

    private sealed class AppliesAll : RaftRules
    {
        public override LogIndex ApplyUpTo(LogIndex commitIndex, LogIndex lastIndex) => lastIndex;
    }

    private sealed class KeepsConfiguration : RaftRules
    {
        public override bool RevertsConfigurationOnTruncation => false;
    }

    private sealed class WrongSnapshotTerm : RaftRules
    {
        public override Term SnapshotTerm(Term lastTerm) => new(Math.Max(0, lastTerm.Value - 1));
    }

    private sealed class ActsOnStaleTerms : RaftRules
    {
        public override bool IsStale(Term messageTerm, Term currentTerm) => false;
    }
}
