using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;
using static Quorate.Simulation.Canaries.ExpectedChecker;

namespace Quorate.Simulation.Canaries;

/// <summary>One broken rule of the journal each.</summary>
internal static class JournalCanaries
{
    public static IEnumerable<Canary> All =>
    [
        Of(
            "no checksum", new NoChecksum(), Rotting,
            By<JournalRefusalFailure>(),
            By<LeaderCompletenessFailure>(why: "an entry with a flipped bit is not the one that was committed"),
            By<StateMachineSafetyFailure>(why: "the same, where the node has committed it again")),
        Of(
            "does not sync the directory", new NoDirectorySync(), PowerLosses,
            By<JournalRefusalFailure>(),
            By<LeaderCompletenessFailure>(why: "a file that is lost takes committed entries with it"),
            By<ElectionSafetyFailure>(why: "a file that is lost takes a vote with it"),
            By<LogMatchingFailure>(why: "a file that is lost takes a term with it, and its leader begins it again")),
        Of(
            "takes a torn tail for records", new TakesTornTail(), PowerLosses,
            By<JournalRefusalFailure>(),
            By<LeaderCompletenessFailure>(why: "acknowledged records behind the tear are lost at the next start")),
        Of(
            "acknowledges before the sync", new AcknowledgesEarly(), PowerLosses,
            By<JournalRefusalFailure>(),
            By<ElectionSafetyFailure>(why: "a vote that was answered is lost, and given again"),
            By<LeaderCompletenessFailure>(why: "an entry that was acknowledged is lost")),
        Of(
            "forgets what is damaged", new ForgetsDamage(), Rotting,
            By<LeaderCompletenessFailure>(),
            By<ElectionSafetyFailure>(why: "a forgotten vote is given again"),
            By<StateMachineSafetyFailure>(why: "another entry is committed in the place of a forgotten one")),
    ];

    private static Canary Of(string name, JournalRules rules, Func<Prng, Scenario> scenario, params ExpectedChecker[] expected) =>
        new("journal: " + name, "docs/journal.md", 2000, new Variant { Journal = rules, Scenario = scenario }, expected);

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
