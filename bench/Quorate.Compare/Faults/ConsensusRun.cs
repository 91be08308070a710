using System.Diagnostics;
using System.Globalization;
using Quorate.Compare.Load;
using Quorate.Compare.Processes;
using Quorate.Simulation.Checking;

namespace Quorate.Compare.Faults;

/// <summary>Five real processes with keyspaces that are linearizable without a leader: consensus on every key, and reads that
/// write back. Each node is killed, then stopped for a while, in turn; histories are checked, and what clients at the other nodes
/// noticed is printed.</summary>
internal static class ConsensusRun
{
    private const int PauseMilliseconds = 2;
    private const int KeysAtATime = 4;

    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    public static bool Run(CompareOptions options, string folder)
    {
        using var cluster = new QuorateCluster(folder, options.Durability, nodes: 5);
        Console.WriteLine(
            $"{cluster.Name}: five processes on ports {string.Join(", ", cluster.Ports)}, a client for each of 2 keyspaces at "
                + $"each");
        var clock = Stopwatch.StartNew();
        (string Name, Recorder Recorder, bool IsConsensus)[] keyspaces = [
            ("locks", new Recorder(), true), ("fresh", new Recorder(), false)];
        new KeyspaceUnderTest("locks", "STRATEGY leaderless REPLICAS 5 CONSENSUS on").Create(cluster);
        new KeyspaceUnderTest("fresh", "STRATEGY leaderless REPLICAS 5 READS linearizable").Create(cluster);
        var clients = keyspaces.SelectMany((k, i) => cluster.Ports.Select((p, n) => new NodeClient(
            k.Name, (i * cluster.Ports.Length) + n, n, p, k.Recorder, PauseMilliseconds, c =>
                Step(c, (int)clock.Elapsed.TotalSeconds, k.IsConsensus)))).ToList();
        var outages = new List<Outage>();
        try
        {
            Thread.Sleep(Calm);
            for (var round = 0; round < (options.Rounds ?? 1) * 2 * cluster.Processes.Length; round++)
            {
                // Each is killed and, with two others between, stopped.
                var victim = round * 3 % cluster.Processes.Length;
                var isKill = round % 2 == 0;
                var from = Outage.Now;
                if (isKill) cluster.Processes[victim].Kill();
                else cluster.Processes[victim].Pause();
                Thread.Sleep(Away);
                if (isKill) cluster.Restart(victim);
                else cluster.Processes[victim].Resume();
                Thread.Sleep(Calm);
                outages.Add(new Outage(victim, from, Outage.Now, isKill ? "killed" : "stopped"));
                foreach (var (name, recorder, _) in keyspaces)
                {
                    Console.Write($"{name,-6} ");
                    outages[^1].Print(round + 1, clients.Where(c => c.Keyspace == name));
                }
            }

            var (begin, end) = (Outage.Now, 0L);
            Thread.Sleep(Away + Calm);
            end = Outage.Now;
            foreach (var (name, _, _) in keyspaces)
            {
                var gap = clients.Where(c => c.Keyspace == name).Max(c => c.LongestGap(begin, end));
                Console.WriteLine(string
                    .Create(
                        CultureInfo.InvariantCulture,
                        $"{name,-6} as long with all nodes there: longest time that a client waited {gap:0.000} s"));
            }
        }
        finally
        {
            foreach (var client in clients) client.Stop();
            foreach (var client in clients) client.Dispose();
        }

        var passes = true;
        foreach (var (name, recorder, _) in keyspaces)
        {
            var verdict = LinearizabilityChecker.Check(recorder.Operations);
            var there = clients.Where(c => c.Keyspace == name).ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-6} {recorder.Operations.Count} operations on "
                    + $"{recorder.Operations.Select(o => o.Key).Distinct().Count()} keys, {recorder.AcknowledgedWrites} "
                    + $"writes acknowledged, {recorder.Count(OperationOutcome.Failed)} refused, "
                    + $"{recorder.Count(OperationOutcome.Unknown)} unknown; linearizability: {verdict.Kind} {verdict.Why}"));
            Outage.Print(Outage.NotAtTheDeadNode(there, outages).Select(f => f.Failure), "asked of a node that was there");
            passes &= verdict.Kind == VerdictKind.Valid && recorder.AcknowledgedWrites > 0;
        }

        Console.WriteLine(passes ? "every history is linearizable" : "FAILED");
        return passes;
    }

    /// <summary>Keys of the moment: many short histories are checked faster than a long one.</summary>
    private static void Step(NodeClient client, int moment, bool isConsensus)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"register:{moment}:{client.Dice.Next(KeysAtATime)}");
        var value = string.Create(CultureInfo.InvariantCulture, $"{client.Id}-{client.Steps}");
        switch (client.Dice.Next(10))
        {
            case < 4: client.Ask(OperationKind.Get, key, null, "GET", key); break;
            case 4 when isConsensus: client.Ask(OperationKind.SetIfAbsent, key, value, "SET", key, value, "NX"); break;
            case 5 when isConsensus: client.Ask(OperationKind.GetSet, key, value, "SET", key, value, "GET"); break;
            case 6 when isConsensus:
                var counter = string.Create(CultureInfo.InvariantCulture, $"counter:{moment}");
                client.Ask(OperationKind.Increment, counter, null, "INCR", counter);
                break;
            default: client.Ask(OperationKind.Set, key, value, "SET", key, value); break;
        }
    }
}
