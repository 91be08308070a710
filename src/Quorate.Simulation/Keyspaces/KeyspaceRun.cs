using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Labs;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Keyspaces;

/// <summary>
/// One seed, once, for a lab of keyspaces: nodes with a control plane, an operator that makes keyspaces and disturbs them,
/// clients that select one each; a safety phase full of faults, then a liveness phase in which everything is mended and every
/// keyspace must be led, serve its clients, converge and hold what its policy promises.
/// </summary>
internal sealed class KeyspaceRun
{
    /// <summary>Each step of the liveness phase ends within this many ticks.</summary>
    private const int LivenessTicks = 3000;

    private readonly World _world;
    private readonly KeyspaceScenario _scenario;
    private readonly SimCluster _cluster;
    private readonly KeyspaceWatch _watch;
    private readonly Nemesis _nemesis;
    private readonly SimOperator _operator;
    private readonly KeyspaceOperations _operations;
    private readonly OperationCounts _counts = new();
    private readonly List<PlanRun> _plans = [];

    public KeyspaceRun(Func<Prng, KeyspaceScenario> lab, ulong seed, Variant variant, TextWriter? log)
    {
        _world = new World(seed, log);
        var dice = _world.Fork();
        _scenario = variant.Keyspaces?.Invoke(dice) ?? lab(dice);
        var world = _scenario.World;
        _cluster = new SimCluster(_world, world, variant.Rules, variant.Journal)
        {
            Control = new ControlOptions { ReplaceMilliseconds = 3000 },
            Forgets = variant.Forgets,
        };
        _watch = new KeyspaceWatch(_cluster, _scenario.Keyspaces);
        _cluster.Watch = _watch.Check;
        _operator = new SimOperator(_cluster, _world.Fork());
        _operations = new KeyspaceOperations(_cluster, _watch, _operator, _scenario.Keyspaces);
        _nemesis = new Nemesis(_cluster, _world.Fork(), world);
        foreach (var plan in _scenario.Keyspaces)
        {
            var workload = new Workload(
                _world.Fork(), world.Registers, world.Counters, world.Ledgers,
                world.ReadPerMille)
            { HasMoreConditions = plan.Policy.Consensus };
            var run = new PlanRun(plan, workload, new History(_counts));
            _plans.Add(run);
            var clients = _scenario.Keyspaces.Count == 1 ? world.ClientsPerNode * world.Nodes : 3;
            for (var i = 0; i < clients; i++)
            {
                var id = _cluster.Clients.Count + 1;
                var client = Client(run, id, world.Depth, world.ThinkMilliseconds, null, () => workload.Next(id));
                run.Clients.Add(client);
                _cluster.Clients.Add(client);
            }
        }
    }

    public RunOutcome Execute()
    {
        var policies = string.Join(
            '\n', _scenario.Keyspaces.Select(p => $"{p.Name}: {Replication.Policies.PolicyText.Print(p.Policy)}"));
        var outcome = RunOutcome.Of(
            _cluster, _counts,
            outcome =>
            {
                Begin();
                Break();
                Mend();
                foreach (var plan in Lasting) CheckHistory(plan, outcome);
            },
            policies);
        outcome.Elections = _watch.Elections;
        outcome.Failovers = _watch.Failovers;
        outcome.EntriesCompared = _watch.Compared;
        outcome.CheckedOperations = _plans.Sum(p => p.History.Operations.Count);
        return outcome;
    }

    private IEnumerable<PlanRun> Lasting => _plans.Where(p => p.Plan.DroppedAfterMilliseconds == 0);

    private SimClient Client(PlanRun run, int id, int depth, int thinkMilliseconds, SimNode? at, Func<Wish?> next) =>
        new(_cluster, _world.Fork(), next, run.History, id, depth, thinkMilliseconds * World.Millisecond)
        {
            Keyspace = run.Plan.Name,
            At = at,
            ToleratesDrop = run.Plan.DroppedAfterMilliseconds > 0,
        };

    private void Begin()
    {
        foreach (var node in _cluster.Nodes) node.Start();
        Until("map that all nodes know", () => _cluster.Nodes.All(n => n.Node!.Control!.Map.Nodes.Count == _cluster.Nodes.Count));
        _world.Run(_world.Now + 300 * World.Millisecond);
        foreach (var plan in _scenario.Keyspaces)
            if (plan.CreatedAfterMilliseconds == 0) _operations.Create(plan);
        Until(
            "keyspaces",
            () =>
                _cluster.Nodes.All(n => _scenario.Keyspaces
                    .All(p => p.CreatedAfterMilliseconds > 0 || n.Node!.Control!.Map.Keyspace(p.Name) is not null)));
    }

    private void Break()
    {
        foreach (var client in _cluster.Clients) client.Start();
        foreach (var plan in _scenario.Keyspaces) _operations.Schedule(plan);
        _nemesis.Start();
        _world.Run(_world.Now + _scenario.World.SafetySeconds * World.Second);
    }

    private void Mend()
    {
        _world.Log($"heal");
        _cluster.IsHealed = true;
        _nemesis.StopAndHeal();
        _operations.Mend();
        Until("operator's orders carried out", () => _operator.IsIdle);
        _cluster.EndClients(LivenessTicks, Lasting.SelectMany(p => p.Clients));
        var convergence = new Convergence(_cluster);
        _cluster.Until(
            "equal states", 2 * LivenessTicks, () => convergence.IsReached(_watch.Newest!, _plans.Select(p => p.Plan)));
        foreach (var plan in Lasting) ReadAll(plan);
    }

    /// <summary>Where keys are agreed on one by one there is no log to compare: every node is asked.</summary>
    private void ReadAll(PlanRun run)
    {
        if (!run.Plan.Policy.Consensus) ReadAll(run, null);
        else foreach (var node in _cluster.Nodes.Where(n => n.IsUp)) ReadAll(run, node);
    }

    private void ReadAll(PlanRun run, SimNode? at)
    {
        var left = new List<string>(run.Workload.Keys);
        var operations = run.History.Operations;
        var first = operations.Count;
        var reader = Client(run, _cluster.Clients.Count + 1, 1, 1, at, () =>
        {
            for (var i = first; i < operations.Count; i++)
            {
                var done = operations[i];
                if (done.Outcome == OperationOutcome.Ok && left.Remove(done.Key)) run.Final[done.Key] = done.Result;
            }

            return left.Count == 0 ? null : new Wish(OperationKind.Get, left[0]);
        });
        reader.Start();
        Until("final reads", () => reader.IsStopped);
    }

    private void Until(string what, Func<bool> holds) => _cluster.Until(what, LivenessTicks, holds);

    private void CheckHistory(PlanRun run, RunOutcome outcome)
    {
        var groups = _watch.Newest!.Keyspace(run.Plan.Name)!.Groups;
        var lost = _cluster.Nodes.Where(n => n.IsUp)
            .SelectMany(n => groups.SelectMany(n.Node!.Lost.EntriesOf)).Select(e => e.Payload).ToList();
        var losses = groups.Select(_watch.LossesOf).ToList();
        var (listed, unlisted) = (losses.Sum(l => l.Listed), losses.Sum(l => l.Unlisted));
        if (!run.Plan.MayLose && listed == 0 && lost.Count > 0)
            throw new EffectFailure($"{run.Plan.Name}: a lost-and-found that no fail-over filled");
        var promise = _operations.HasAltered(run.Plan)
            ? run.Plan with { Policy = run.Plan.Policy with { Reads = ReadConsistency.Eventual } } : run.Plan;
        var checker = new KeyspaceChecker(promise, run.History.Operations, run.Final, lost, unlisted > 0);
        var complaint = checker.Check(run.Workload);
        outcome.AcknowledgedAndLost += checker.AcknowledgedAndLost;
        outcome.LostAndFound += lost.Count;
        outcome.UnlistedLosses += unlisted;
        outcome.Verdict = outcome.Verdict == VerdictKind.Unknown || checker.Verdict != VerdictKind.Valid
            ? checker.Verdict : outcome.Verdict;
        if (complaint is not null) throw complaint;
    }

    /// <summary>A keyspace and what was done with it.</summary>
    private sealed record PlanRun(KeyspacePlan Plan, Workload Workload, History History)
    {
        public List<SimClient> Clients { get; } = [];

        public Dictionary<string, string?> Final { get; } = new(StringComparer.Ordinal);
    }
}
