using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing. The rules
/// that random faults seldom need are taken away in the paper tests, in the schedule that needs them.</summary>
public sealed class RuleTests
{
    private static readonly Dictionary<string, RaftRules> Broken = new()
    {
        ["two votes a term"] = new TwoVotes(),
        ["no up-to-date check"] = new NoUpToDateCheck(),
        ["truncates on any append"] = new TruncatesAlways(),
        ["a quorum one short"] = new SmallQuorum(),
        ["applies what is not committed"] = new AppliesAll(),
        ["keeps a truncated configuration"] = new KeepsConfiguration(),
        ["a snapshot with a wrong term"] = new WrongSnapshotTerm(),
        ["acts on stale terms"] = new ActsOnStaleTerms(),
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
        var first = FirstSeed.GetValueOrDefault(rule, 1UL);
        for (var seed = first; seed < first + 200; seed++)
        {
            try
            {
                new Chaos(seed, seed % 2 == 0 ? 3 : 5, durable: true, Broken[rule]).Run();
            }
            catch (InvalidOperationException)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{rule}: caught by seed {seed}");
                return;
            }
        }

        Assert.Fail($"{rule}: not caught");
    }

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
