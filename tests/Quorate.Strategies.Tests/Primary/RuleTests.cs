using Quorate.Replication;
using Quorate.Strategies.Primary;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Takes one rule away at a time: if nothing notices, either the rule or the watch is worth nothing. The two
/// rules that random faults seldom need are taken away in <see cref="EpochTests"/> and <see cref="InSyncTests"/>, in the
/// schedule that needs them.</summary>
public sealed class RuleTests
{
    private const string LostWrite = "acknowledged writes survive";
    private const string Read = "a linearizable read at";
    private const string Shown = "what a linearizable read has shown stays";

    /// <summary>The rule, and what the checkers say that must notice that it is missing.</summary>
    private static readonly Dictionary<string, (PrimaryRules Rules, string[] Expected)> Broken = new()
    {
        ["acknowledges before k"] = (new OneBackupShort(), [LostWrite, Shown, Read]),
        ["serves past its lease"] = (new ServesPastLease(), ["one primary serves at any moment", Read]),
        ["ignores an epoch"] = (new IgnoresEpochs(), ["a backup agrees with what the primary has"]),
        ["answers before it is durable"] = (new AnswersAtOnce(), [LostWrite, Read]),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_it_the_watch_barks(string rule)
    {
        var (rules, expected) = Broken[rule];
        CanaryHunt.Catch(rule, CanaryHunt.Seeds(299), seed => Run(seed, rules), seed => Run(seed, null), expected);
    }

    private static string? Run(ulong seed, PrimaryRules? rules) =>
        CanaryHunt.WordsOf(new Chaos(seed, new PrimaryOptions { Ack = Ack.SemiSync }, rules).Run);

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
