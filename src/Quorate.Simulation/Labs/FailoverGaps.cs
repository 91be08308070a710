using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Labs;

/// <summary>
/// How long a keyspace's writes stop when the node that leads it is killed, in virtual time and with the times that ship: the
/// longest silence between two acknowledged writes of busy clients at all nodes. And whether a pause makes another node lead,
/// which it should not.
/// </summary>
public static class FailoverGaps
{
    private const int Patience = 3000;

    /// <summary>What can be measured: which node of which keyspace is killed.</summary>
    public static IReadOnlyList<string> Names { get; } = ["primary", "chain-head", "chain-tail"];

    /// <summary>Prints the silences, one world for each seed.</summary>
    /// <returns>0; 2 when there is no such measurement.</returns>
    public static int Run(string name, int seeds, TextWriter output)
    {
        if (!Names.Contains(name))
        {
            output.WriteLine($"there is no measurement '{name}'; there are {string.Join(", ", Names)}");
            return 2;
        }

        var gaps = Enumerable.Range(1, seeds).Select(s => Measure(name, (ulong)s)).Order().ToList();
        output.WriteLine($"{name}: {seeds} kills, writes stopped for {gaps[gaps.Count / 2]} ms (half of them), "
            + $"{gaps[Math.Min(gaps.Count - 1, gaps.Count * 99 / 100)]} ms (99 of 100), {gaps[^1]} ms at most");
        return 0;
    }

    /// <summary>Milliseconds between the last acknowledged write before and the first after.</summary>
    internal static long Measure(string name, ulong seed)
    {
        var measured = new Measured(name, seed);
        measured.Serve(500 + (int)(seed * 37 % 500));
        var before = measured.LastWrite;
        measured.Victim.Crash(losesPower: false);
        return measured.LongestSilence(before);
    }

    /// <summary>True when the node's pause made another one order writes.</summary>
    internal static bool CausesFailover(string name, ulong seed, int pauseMilliseconds)
    {
        var measured = new Measured(name, seed);
        measured.Serve(1000);
        var leader = measured.Group.Configuration.InSync;
        var victim = measured.Victim;
        victim.Pause();
        measured.Serve(pauseMilliseconds);
        victim.Resume();
        measured.Serve(2000);
        return !leader.SequenceEqual(measured.Group.Configuration.InSync);
    }

    private sealed class Measured
    {
        private readonly World _world;
        private readonly SimCluster _cluster;
        private readonly KeyspaceWatch _watch;
        private readonly ulong _seed;
        private readonly bool _tail;

        public Measured(string name, ulong seed)
        {
            _tail = name == "chain-tail";
            var plan = new KeyspacePlan("k", PolicyDefaults.For(name == "primary" ? Strategy.Primary : Strategy.Chain));
            var scenario = new Scenario
            {
                Nodes = 5,
                Strikes = new SortedDictionary<FaultKind, int>(),
                DriftPartsPerMillion = 0,
                SnapshotThresholdBytes = 1 << 20,
                MaxLagBytes = 1 << 20,
            };
            _seed = seed;
            _world = new World(seed);
            _cluster = new SimCluster(_world, scenario, Cluster.NodeRules.Sound, new()) { Control = new ControlOptions() };
            _watch = new KeyspaceWatch(_cluster, [plan]);
            _cluster.Watch = _watch.Check;
            var @operator = new SimOperator(_cluster, _world.Fork());
            foreach (var node in _cluster.Nodes) node.Start();
            _cluster.Until(
                "map", Patience, () => _cluster.Nodes.All(n => n.Node!.Control!.Map.Nodes.Count == _cluster.Nodes.Count));
            Serve(300);
            @operator.Ask($"KEYSPACE CREATE k {PolicyText.Print(plan.Policy)}", insists: true);
            _cluster.Until("keyspace", Patience, () => _watch.Newest!.Keyspace("k") is not null);
            var workload = new Workload(_world.Fork(), 3, 1, 1, readPerMille: 0);
            var history = new History();
            for (var id = 1; id <= 10; id++)
            {
                var client = id;
                _cluster.Clients.Add(new SimClient(
                    _cluster, _world.Fork(), () => workload.Next(client), history, id, 1,
                    5 * World.Millisecond)
                { Keyspace = "k" });
                _cluster.Clients[^1].Start();
            }

            _cluster.Until("writes", Patience, () => Written > 50);
        }

        public long LastWrite { get; private set; }

        public GroupEntry Group => _watch.Newest!.Group(_watch.Newest.Keyspace("k")!.Groups.Single())!;

        public SimNode Victim => Group.IsSealed
            ? throw new LivenessFailure($"seed {_seed}: no node leads although nothing happened:\n{_cluster.Describe()}")
            : _cluster.Nodes[(_tail ? Group.Configuration.InSync[^1] : Group.Configuration.Leader).Value - 1];

        private long Written => _cluster.Clients.Sum(c => c.OkCount);

        public void Serve(int milliseconds) => Silence(milliseconds, _world.Now);

        public long LongestSilence(long since) => Silence(5000, since) / World.Millisecond;

        private long Silence(int milliseconds, long last)
        {
            var (longest, written) = (0L, Written);
            for (var end = _world.Now + milliseconds * World.Millisecond; _world.Step(end);)
            {
                if (Written == written) continue;
                written = Written;
                longest = Math.Max(longest, _world.Now - last);
                LastWrite = last = _world.Now;
            }

            return Math.Max(longest, _world.Now - last);
        }
    }
}
