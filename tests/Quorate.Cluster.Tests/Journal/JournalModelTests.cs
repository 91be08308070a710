using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Journal;

public sealed class JournalModelTests
{
    private static JournalOptions OptionsOf(ulong seed, JournalRules? rules = null) => new()
    {
        SegmentLength = 8192 << (int)(seed % 3),
        SpareSegments = (int)(seed % 4),
        Salt = seed * 31,
        Rules = rules ?? new JournalRules(),
    };

    [Fact]
    public void What_was_durable_is_recovered_and_nothing_else_whatever_a_power_loss_leaves()
    {
        var (recovered, lost, failures) = (0L, 0L, 0);
        for (ulong seed = 1; seed <= 3000; seed++)
        {
            var model = new JournalModel(seed, OptionsOf(seed));
            Run(model, new Prng(seed), syncs: true).ShouldBeNull($"seed {seed}");
            recovered += model.Recovered;
            lost += model.Lost;
            failures += model.Failures;
        }

        // A run that tested nothing would show here.
        recovered.ShouldBeGreaterThan(100_000);
        lost.ShouldBeGreaterThan(10_000);
        failures.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Without_syncing_a_power_loss_takes_an_end_of_the_journal_and_never_its_middle()
    {
        var cut = 0;
        for (ulong seed = 1; seed <= 1500; seed++)
        {
            var model = new JournalModel(seed, OptionsOf(seed));
            Run(model, new Prng(seed), syncs: false).ShouldBeNull($"seed {seed}");
            cut += model.BatchesCut;
        }

        cut.ShouldBeGreaterThan(100, "holes with something behind them");
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_harmless_or_in_the_last_batch_but_never_believed()
    {
        var (refused, harmless) = (0, 0);
        for (ulong seed = 1; seed <= 1200; seed++)
        {
            if (FlipOne(seed, new JournalRules()) is not { } result)
            {
                harmless++;
                continue;
            }

            result.ShouldStartWith("refused: ", customMessage: $"seed {seed}");
            result.ShouldContain("journal-");
            result.ShouldContain("offset ");
            refused++;
        }

        refused.ShouldBeGreaterThan(200);
        harmless.ShouldBeGreaterThan(100);
    }

    private const string OtherBytes = "or other bytes";
    private const string Lost = "lost: recovered up to";
    private const string TooMany = "records of";
    private const string Gap = "is missing, released is";

    /// <summary>What was never synced leaves holes behind, and a journal with a hole is refused.</summary>
    private const string Damaged = "refused: The journal is damaged";

    /// <summary>The rule, and what the model says that must notice that it is broken.</summary>
    private static readonly Dictionary<string, (JournalRules Rules, string[] Expected)> Broken = new()
    {
        ["no checksum"] = (new NoChecksum(), [OtherBytes]),
        ["no directory sync"] = (new NoDirectorySync(), [Lost]),
        ["torn tail accepted"] = (new TornTailAccepted(), [OtherBytes]),
        ["acknowledges before sync"] = (new NoSync(), [Lost, Damaged]),
        ["torn tail left"] = (new TornTailLeft(), [TooMany, OtherBytes]),
        ["damage ignored"] = (new DamageIgnored(), [OtherBytes, Lost, Gap]),
    };

    public static TheoryData<string> Canaries => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Canaries))]
    public void A_journal_with_one_rule_broken_is_caught(string canary)
    {
        var (rules, expected) = Broken[canary];
        // Every fourth seed makes frames of one length, the only ones between which leftovers fit.
        var seeds = CanaryHunt.Seeds(4000).Select(seed => rules is TornTailLeft ? 4 * seed : seed);
        string? Find(ulong seed, JournalRules? broken) => rules is DamageIgnored
            ? Believed(FlipOne(seed, broken ?? new JournalRules()))
            : Run(new JournalModel(seed, OptionsOf(seed, broken)), new Prng(seed), syncs: true);
        CanaryHunt.Catch(canary, seeds, seed => Find(seed, rules), seed => Find(seed, null), expected);
    }

    /// <summary>A journal that refuses damage has done right.</summary>
    private static string? Believed(string? found) =>
        found is not null && found.StartsWith("refused", StringComparison.Ordinal) ? null : found;

    private static string? Run(JournalModel model, Prng prng, bool syncs)
    {
        model.Syncs = syncs;
        if (model.Open() is { } wrong) return wrong;
        for (var life = 0; life < 6; life++)
        {
            if (model.Live(5 + prng.Below(80)) is { } wrongNow) return $"life {life}: {wrongNow}";
        }

        return null;
    }

    private static string? FlipOne(ulong seed, JournalRules rules)
    {
        var prng = new Prng(seed);
        var model = new JournalModel(seed, OptionsOf(seed, rules));
        model.Open().ShouldBeNull();
        for (var i = 0; i < 200; i++) model.Step();
        while (model.WriteBatch())
        {
        }

        var files = model.Files.Copy();
        var names = files.List();
        var name = names[prng.Below(names.Count)];
        files.Flip(name, prng.Chance(100) ? prng.Below(48) : prng.Below(files.Length(name)), prng.Below(8));
        return model.OpenCopy(files, model.Journal.Attested.Value);
    }

    private sealed class NoChecksum : JournalRules
    {
        public override bool VerifyChecksum => false;
    }

    private sealed class NoDirectorySync : JournalRules
    {
        public override bool SyncDirectoryAfterCreate => false;
    }

    private sealed class TornTailAccepted : JournalRules
    {
        public override bool CutTornTail => false;
    }

    private sealed class NoSync : JournalRules
    {
        public override bool SyncBeforeComplete => false;
    }

    private sealed class TornTailLeft : JournalRules
    {
        public override bool EraseTornTail => false;
    }

    private sealed class DamageIgnored : JournalRules
    {
        public override bool RefuseDamage => false;
    }
}
