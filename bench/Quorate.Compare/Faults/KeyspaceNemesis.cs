using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Processes;

namespace Quorate.Compare.Faults;

/// <summary>One fault after another, each mended before the next: leaders, heads and tails of all keyspaces in turn.</summary>
internal sealed class KeyspaceNemesis(QuorateCluster cluster, KeyspaceUnderTest[] keyspaces)
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(0.6);

    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    public List<KeyspaceFault> Faults { get; } = [];

    public void Rage(TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < length; round++)
        {
            // Each kind meets each keyspace in turn; that it is another pair each time needs the second summand.
            var kind = Kinds[round % Kinds.Length];
            var keyspace = keyspaces[(round + (round / Kinds.Length)) % keyspaces.Length];
            if (kind == FaultKind.KilledUnshipped && !keyspace.MayLose)
                keyspace = keyspaces.Where(k => k.MayLose).ElementAt(round / Kinds.Length % 2);
            if (Place.Of(cluster, keyspace.Name) is not { Members.Length: > 0 } place) continue;
            var isTail = keyspace.IsChain && round / Kinds.Length % 2 == 1;
            var victim = isTail
                ? place.Members[^1] : place.Leader >= 0 ? place.Leader : place.Members[round % place.Members.Length];
            var start = Stopwatch.GetTimestamp();
            Faults.Add(Strike(kind, keyspace, victim, place.Members));
            Thread.Sleep(Away);
            Mend(kind, victim);
            Thread.Sleep(Calm);
            Report(round, start);
        }
    }

    private KeyspaceFault Strike(FaultKind kind, KeyspaceUnderTest keyspace, int victim, int[] members)
    {
        if (kind == FaultKind.KilledUnshipped)
        {
            var backups = members.Where(m => m != victim).ToList();
            foreach (var backup in backups) cluster.Processes[backup].Pause();
            Thread.Sleep(Stall);
            cluster.Processes[victim].Kill();
            foreach (var backup in backups) cluster.Processes[backup].Resume();
        }

        var fault = new KeyspaceFault(kind, keyspace.Name, victim, Stopwatch.GetTimestamp());
        switch (kind)
        {
            case FaultKind.Killed: cluster.Processes[victim].Kill(); break;
            case FaultKind.Stopped: cluster.Processes[victim].Pause(); break;
            case FaultKind.CutOff: cluster.Network!.CutOff(victim); break;
            case FaultKind.Mute:
                for (var other = 0; other < cluster.Ports.Length; other++) cluster.Network!.Cut(victim, other);
                break;
            case FaultKind.Halved:
                int[] few = [victim, (victim + 1) % cluster.Ports.Length];
                foreach (var one in few)
                {
                    foreach (var other in Enumerable.Range(0, cluster.Ports.Length).Except(few))
                    {
                        cluster.Network!.Cut(one, other);
                        cluster.Network.Cut(other, one);
                    }
                }

                break;
        }

        return fault;
    }

    private void Mend(FaultKind kind, int victim)
    {
        if (kind is FaultKind.Killed or FaultKind.KilledUnshipped) cluster.Restart(victim);
        else if (kind == FaultKind.Stopped) cluster.Processes[victim].Resume();
        else cluster.Network!.Mend();
    }

    private void Report(int round, long start)
    {
        var gaps = new List<string>();
        foreach (var keyspace in keyspaces)
        {
            var gap = keyspace.Recorder.LongestGapSince(start);
            keyspace.NoteGap(Faults[^1].Kind, gap);
            gaps.Add(string.Create(CultureInfo.InvariantCulture, $"{keyspace.Name} {gap:0.00}"));
        }

        Console.WriteLine($"round {round + 1}, {Faults[^1]}: longest gaps in s: {string.Join(", ", gaps)}");
    }
}
