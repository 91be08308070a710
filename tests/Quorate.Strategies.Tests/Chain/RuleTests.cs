using Quorate.Replication;
using Quorate.Strategies.Chain;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing.</summary>
public sealed class RuleTests
{
    private static readonly Dictionary<string, ChainRules> Broken = new()
    {
        ["reads when removed, past the lease"] = new NoLease(),
        ["serves dirty reads"] = new DirtyReads(),
        ["drops what is pending when the chain changes"] = new DropsPending(),
        ["commits before the tail has it"] = new CommitsAlone(),
        ["the tail commits what the others may lose"] = new TailCommitsAlone(),
        ["acts on other epochs"] = new NoFence(),
        ["acts in an epoch of an earlier life"] = new ActsAfterRestart(),
        ["lets a learner in without counting it"] = new JoinsUncounted(),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_it_the_watch_barks(string rule)
    {
        for (var seed = 1UL; seed < 200; seed++)
        {
            try
            {
                new Chaos(seed, seed % 2 == 0 ? 3 : 4, durable: true, Broken[rule]).Run();
            }
            catch (InvalidOperationException e)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{rule}: caught by seed {seed}: {e.Message.Split('\n')[0]}");
                return;
            }
        }

        Assert.Fail($"{rule}: not caught");
    }

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
