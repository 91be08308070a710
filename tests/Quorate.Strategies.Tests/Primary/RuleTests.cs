using Quorate.Replication;
using Quorate.Strategies.Primary;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing. The two
/// rules that random faults seldom need are taken away in <see cref="EpochTests"/> and <see cref="InSyncTests"/>, in the
/// schedule that needs them.</summary>
public sealed class RuleTests
{
    private static readonly Dictionary<string, (PrimaryRules Rules, Ack Ack)> Broken = new()
    {
        ["acknowledges before k"] = (new OneBackupShort(), Ack.SemiSync),
        ["serves past its lease"] = (new ServesPastLease(), Ack.SemiSync),
        ["ignores an epoch"] = (new IgnoresEpochs(), Ack.SemiSync),
        ["answers before it is durable"] = (new AnswersAtOnce(), Ack.SemiSync),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_it_the_watch_barks(string rule)
    {
        var (rules, ack) = Broken[rule];
        for (var seed = 1UL; seed < 300; seed++)
        {
            try
            {
                new Chaos(seed, new PrimaryOptions { Ack = ack }, rules).Run();
            }
            catch (InvalidOperationException e)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{rule}: caught by seed {seed}: {e.Message.Split('\n')[0]}");
                return;
            }
        }

        Assert.Fail($"{rule}: not caught");
    }

    private sealed class OneBackupShort : PrimaryRules
    {
        public override int BackupsNeeded(int asked) => asked - 1;
    }

    private sealed class ServesPastLease : PrimaryRules
    {
        public override bool IsLeaseValid(long untilNanoseconds, long nowNanoseconds) => true;
    }

    private sealed class IgnoresEpochs : PrimaryRules
    {
        public override bool IsStale(Epoch spoken, Epoch accepted) => false;
    }

    private sealed class AnswersAtOnce : PrimaryRules
    {
        public override PersistPoint AnswerLeavesAfter(PersistPoint saved) => default;
    }
}
