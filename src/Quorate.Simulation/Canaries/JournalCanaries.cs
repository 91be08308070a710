using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Canaries;

/// <summary>One broken rule of the journal each.</summary>
internal static class JournalCanaries
{
    public static IEnumerable<Canary> All =>
    [
        Of("no checksum", new NoChecksum(), Rotting),
        Of("does not sync the directory", new NoDirectorySync(), PowerLosses),
        Of("takes a torn tail for records", new TakesTornTail(), PowerLosses),
        Of("acknowledges before the sync", new AcknowledgesEarly(), PowerLosses),
        Of("forgets what is damaged", new ForgetsDamage(), Rotting),
    ];

    private static Canary Of(string name, JournalRules rules, Func<Prng, Scenario> scenario) =>
        new("journal: " + name, "docs/journal.md", 2000, new Variant { Journal = rules, Scenario = scenario });

    private static Scenario PowerLosses(Prng prng) => new()
    {
        Nodes = 3,
        SafetySeconds = 15,
        StrikeMilliseconds = 300,
        FaultMilliseconds = 200,
        ThinkMilliseconds = 15,
        JournalFileBytes = 12 << 10,
        LeaderPerMille = 300,
        SnapshotThresholdBytes = 4000 + prng.Below(30_000),
        Strikes = new SortedDictionary<FaultKind, int> { [FaultKind.PowerLoss] = 6, [FaultKind.PowerLossOfAll] = 3 },
    };

    private static Scenario Rotting(Prng prng) => PowerLosses(prng) with
    {
        Strikes = new SortedDictionary<FaultKind, int> { [FaultKind.BitRot] = 6, [FaultKind.PowerLoss] = 3 },
    };

    private sealed class NoChecksum : JournalRules
    {
        public override bool VerifyChecksum => false;
    }

    private sealed class NoDirectorySync : JournalRules
    {
        public override bool SyncDirectoryAfterCreate => false;
    }

    private sealed class TakesTornTail : JournalRules
    {
        public override bool CutTornTail => false;
    }

    private sealed class AcknowledgesEarly : JournalRules
    {
        public override bool SyncBeforeComplete => false;
    }

    private sealed class ForgetsDamage : JournalRules
    {
        public override bool RefuseDamage => false;
    }
}
