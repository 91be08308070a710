using Quorate.Replication;
using Quorate.Strategies.Chain;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing.</summary>
public sealed class RuleTests
{
    private const string OldRead = "returns a value from the past";

    /// <summary>The rule, and what the checkers say that must notice that it is missing.</summary>
    private static readonly Dictionary<string, (ChainRules Rules, string[] Expected)> Broken = new()
    {
        ["reads when removed, past the lease"] = (new NoLease(), [OldRead]),
        ["serves dirty reads"] = (new DirtyReads(), [OldRead]),
        ["drops what is pending when the chain changes"] = (new DropsPending(), [ChainChecks.NotDurable]),
        ["commits before the tail has it"] = (new CommitsAlone(), [ChainChecks.NotDurable]),
        ["the tail commits what the others may lose"] = (new TailCommitsAlone(), [ChainChecks.NotDurable]),
        ["acts on other epochs"] = (new NoFence(), ["no entry is of an epoch not yet accepted"]),
        ["acts in an epoch of an earlier life"] =
            (new ActsAfterRestart(), [ChainChecks.NotDurable, ChainChecks.LogsDiffer, OldRead]),
        ["lets a learner in without counting it"] = (new JoinsUncounted(), [ChainChecks.NotDurable]),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_it_the_watch_barks(string rule)
    {
        var (rules, expected) = Broken[rule];
        CanaryHunt.Catch(rule, CanaryHunt.Seeds(199), seed => Run(seed, rules), seed => Run(seed, null), expected);
    }

    private static string? Run(ulong seed, ChainRules? rules) =>
        CanaryHunt.WordsOf(new Chaos(seed, seed % 2 == 0 ? 3 : 4, durable: true, rules).Run);

    private sealed class NoLease : ChainRules
    {
        public override bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => true;
    }

    private sealed class DirtyReads : ChainRules
    {
        public override bool IsClean(bool hasUnfinishedWrites) => true;
    }

    private sealed class DropsPending : ChainRules
    {
        public override LogIndex PendingKeptUpTo(LogIndex commitIndex, LogIndex lastIndex) => commitIndex;
    }

    private sealed class CommitsAlone : ChainRules
    {
        public override LogIndex CommitsUpTo(LogIndex tailCommit, LogIndex ownDurable) => ownDurable;
    }

    private sealed class TailCommitsAlone : ChainRules
    {
        public override LogIndex TailCommitsUpTo(LogIndex stable, LogIndex ownDurable) => ownDurable;
    }

    private sealed class NoFence : ChainRules
    {
        public override bool IsOfAnotherEpoch(Epoch message, Epoch accepted) => false;
    }

    private sealed class ActsAfterRestart : ChainRules
    {
        public override bool WaitsAfterRestart => false;
    }

    private sealed class JoinsUncounted : ChainRules
    {
        public override bool CountsJoining => false;
    }
}
