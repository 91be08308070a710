using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Labs;

/// <summary>
/// One seed, once: a safety phase full of faults, then a liveness phase in which everything is mended and the cluster must
/// elect, serve every client, converge and hold all that it acknowledged.
/// </summary>
internal sealed class SimulationRun
{
    /// <summary>Each step of the liveness phase ends within this many ticks.</summary>
    private const int LivenessTicks = 3000;

    private readonly World _world;
    private readonly Scenario _scenario;
    private readonly SimCluster _cluster;
    private readonly Workload _workload;
    private readonly History _history = new();
    private readonly Nemesis _nemesis;
    private readonly Dictionary<string, string?> _final = new(StringComparer.Ordinal);

    public SimulationRun(ulong seed, Variant variant, TextWriter? log)
    {
        _world = new World(seed, log);
        var dice = _world.Fork();
        _scenario = variant.Scenario?.Invoke(dice) ?? Scenario.Random(dice);
        _cluster = new SimCluster(_world, _scenario, variant.Rules, variant.Journal);
        _workload = new Workload(
            _world.Fork(), _scenario.Registers, _scenario.Counters, _scenario.Ledgers, _scenario.ReadPerMille);
        _nemesis = new Nemesis(_cluster, _world.Fork(), _scenario);
        for (var i = 1; i <= _scenario.ClientsPerNode * _scenario.Nodes; i++)
        {
            var id = i;
            _cluster.Clients.Add(Client(id, _scenario.Depth, _scenario.ThinkMilliseconds, () => _workload.Next(id)));
        }
    }

    public RunOutcome Execute()
    {
        var outcome = RunOutcome.Of(_cluster, _history.Counts, outcome =>
        {
            RunSafetyPhase();
            RunLivenessPhase();
            CheckHistory(outcome);
        });
        outcome.Elections = _cluster.Invariants.Elections;
        outcome.EntriesCompared = _cluster.Invariants.EntriesCompared;
        outcome.CheckedOperations = _history.Operations.Count;
        return outcome;
    }

    private SimClient Client(int id, int depth, int thinkMilliseconds, Func<Wish?> next) =>
        new(_cluster, _world.Fork(), next, _history, id, depth, thinkMilliseconds * World.Millisecond);

    private void RunSafetyPhase()
    {
        foreach (var node in _cluster.Nodes) node.Start();
        foreach (var client in _cluster.Clients) client.Start();
        if (_scenario.SparesLeader)
        {
            Until("a first leader", () => _cluster.Leader is not null && _world.Now > World.Second);
            _cluster.Invariants.PinTerm(_cluster.Leader!.Node!.Raft.CurrentTerm);
        }

        _nemesis.Start();
        _world.Run(_scenario.SafetySeconds * World.Second);
    }

    private void RunLivenessPhase()
    {
        _world.Log($"heal");
        _cluster.IsHealed = true;
        _nemesis.StopAndHeal();
        RestoreMembers();

        _cluster.EndClients(LivenessTicks, _cluster.Clients);
        Until("equal states", HasConverged);

        var left = new List<string>(_workload.Keys);
        var first = _history.Operations.Count;
        var reader = Client(_cluster.Clients.Count + 1, 1, 1, () =>
        {
            for (var i = first; i < _history.Operations.Count; i++)
            {
                var done = _history.Operations[i];
                if (done.Outcome == OperationOutcome.Ok && left.Remove(done.Key)) _final[done.Key] = done.Result;
            }

            return left.Count == 0 ? null : new Wish(OperationKind.Get, left[0]);
        });
        reader.Start();
        Until("final reads", () => reader.IsStopped);
    }

    /// <summary>The operator makes everybody a voter again, as often as it takes.</summary>
    private void RestoreMembers()
    {
        if (!_scenario.Strikes.ContainsKey(FaultKind.MembershipChange)) return;
        var everybody = new Configuration(_cluster.Nodes.Select(n => n.Id));
        var asked = _world.Now;
        Until("all nodes members again", () =>
        {
            if (_cluster.Leader is not { } leader) return false;
            var status = leader.Node!.Raft.Status;
            if (status.Configuration.Equals(everybody) && status.CommitIndex >= status.ConfigurationIndex) return true;
            if (_world.Now - asked < 500 * World.Millisecond) return false;
            asked = _world.Now;
            _cluster.RestoreMembership(leader);
            return false;
        });
    }

    private bool HasConverged()
    {
        var up = _cluster.Nodes.Where(n => !n.HasRefused).ToList();
        if (up.Any(n => !n.IsUp)) return false;
        var applied = up[0].Node!.Raft.LastApplied;
        if (up.Any(n => n.Node!.Raft.LastApplied != applied || n.Node!.Raft.CommitIndex != applied)) return false;
        var digest = up[0].Node!.Machine.Digest();
        foreach (var node in up)
            if (node.Node!.Machine.Digest() != digest)
                throw new StateMachineSafetyFailure($"equal logs, different states: {up[0].Id} and {node.Id} at {applied}");
        return true;
    }

    private void Until(string what, Func<bool> holds) => _cluster.Until(what, LivenessTicks, holds);

    private void CheckHistory(RunOutcome outcome)
    {
        foreach (var key in _workload.Counters) Require(EffectChecker.CheckCounter(key, _history.Operations, _final[key]));
        foreach (var key in _workload.Ledgers) Require(EffectChecker.CheckAppends(key, _history.Operations, _final[key]));
        var verdict = LinearizabilityChecker.Check(_history.Operations, 300_000);
        outcome.Verdict = verdict.Kind;
        if (verdict.Kind == VerdictKind.Invalid) throw new LinearizabilityFailure(verdict.Why);
    }

    private static void Require(string? complaint)
    {
        if (complaint is not null) throw new EffectFailure(complaint);
    }
}
