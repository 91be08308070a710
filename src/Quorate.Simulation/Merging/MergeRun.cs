using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Labs;
using Quorate.Simulation.Workloads;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Merging;

/// <summary>
/// One seed, once, for a lab of keyspaces whose data merges: a safety phase in which every node's clients read and write whatever
/// is cut off and an operator moves replicas about, then a liveness phase: all replicas must become the same, forget what was
/// removed, be quiet, and hold what the policy promises.
/// </summary>
internal sealed class MergeRun
{
    /// <summary>Each step of the liveness phase ends within this many ticks.</summary>
    private const int LivenessTicks = 3000;

    private readonly MergePlan _plan;
    private readonly SimCluster _cluster;
    private readonly KeyspaceWatch _watch;
    private readonly Nemesis _nemesis;
    private readonly SimOperator _operator;
    private readonly MergeOperations _operations;
    private readonly MergeWorkload _workload;
    private readonly History _history = new();
    private readonly SessionChecker _sessions;
    private readonly MergeConvergence _convergence;
    private readonly UpdateLog _updates;

    public MergeRun(Func<Prng, MergePlan> lab, ulong seed, Variant variant, TextWriter? log)
    {
        World = new World(seed, log);
        var dice = World.Fork();
        _plan = variant.Merging?.Invoke(dice) ?? lab(dice);
        var world = _plan.World;
        _cluster = new SimCluster(World, world, variant.Rules, variant.Journal)
        {
            Control = new ControlOptions { ReplaceMilliseconds = 3000 },
            Forgets = variant.Forgets,
            Observe = (node, _, _, machine) => new ContentsWatch(this, node, (MergingMachine)machine),
        };
        _watch = new KeyspaceWatch(_cluster, []);
        _cluster.Watch = _watch.Check;
        _operator = new SimOperator(_cluster, World.Fork());
        _operations = new MergeOperations(_cluster, _watch, _operator, _plan);
        _nemesis = new Nemesis(_cluster, World.Fork(), world);
        _workload = new MergeWorkload(World.Fork(), _plan);
        _updates = new UpdateLog(_plan);
        _sessions = new SessionChecker(_plan, _operations);
        _convergence = new MergeConvergence(_cluster, _operations, _plan);
        for (var id = 1; id <= world.ClientsPerNode * world.Nodes; id++)
        {
            var client = id;
            _cluster.Clients.Add(Client(id, world.Depth, world.ThinkMilliseconds, null, () => _workload.Next(client)));
        }
    }

    public World World { get; }

    /// <summary>A replica has executed a write.</summary>
    /// <param name="update">What it did.</param>
    /// <param name="losses">Values that went to the loss log meanwhile.</param>
    public void OnExecuted(Update update, long losses)
    {
        World.Log($"{update.At} executes "
            + $"{string.Join(' ', update.Words)[..Math.Min(80, string.Join(' ', update.Words).Length)]} {update.Dot}");
        _updates.Add(update, losses);
    }

    public RunOutcome Execute()
    {
        var outcome = RunOutcome.Of(
            _cluster, _history.Counts,
            outcome =>
            {
                Begin();
                Break();
                Mend();
                Check(outcome);
            },
            PolicyText.Print(_plan.Policy));
        outcome.Elections = _watch.Elections;
        outcome.CheckedOperations = _history.Operations.Count;
        outcome.Updates = _updates.Count;
        outcome.ReadsChecked = _sessions.ReadsChecked;
        return outcome;
    }

    private SimClient Client(int id, int depth, int thinkMilliseconds, SimNode? at, Func<Wish?> next) =>
        new(_cluster, World.Fork(), next, _history, id, depth, thinkMilliseconds * World.Millisecond)
        {
            Keyspace = MergePlan.Name,
            At = at,
            Asking = _sessions.OnAsked,
            Answered = OnAnswered,
        };

    private void OnAnswered(SimNode node, Operation operation)
    {
        _workload.OnAnswered(operation);
        _sessions.OnAnswered(node, operation);
        if (operation.Outcome == OperationOutcome.Ok && !operation.IsRead)
            CopiesCheck.OnAcknowledged(_cluster, _operations, _plan, _updates.Of(operation));
    }

    private void Begin()
    {
        foreach (var node in _cluster.Nodes) node.Start();
        Until("map that all nodes know", () => _cluster.Nodes.All(n =>
            n.Node!.Control!.Map.Nodes.Count == _cluster.Nodes.Count
                && n.Node.Control.Map.Nodes.All(m => m.Labels.Region == _cluster.RegionOf(m.Id))));
        World.Faults.Add(FaultKind.KeyspaceCreated);
        var script = _plan.Policy.MergeScript is { } text ? $" script {text}" : "";
        _operator.Ask($"KEYSPACE CREATE {MergePlan.Name} {PolicyText.Print(_plan.Policy)}{script}", insists: true);
        Until("keyspace", () => _cluster.Nodes.All(n => n.Node!.Control!.Map.Keyspace(MergePlan.Name) is not null));
    }

    private void Break()
    {
        foreach (var client in _cluster.Clients) client.Start();
        _nemesis.Start();
        World.Run(World.Now + _plan.World.SafetySeconds * World.Second);
    }

    private void Mend()
    {
        World.Log($"heal");
        _cluster.IsHealed = true;
        _nemesis.StopAndHeal();
        _operations.Mend();
        Until("operator's orders carried out", () => _operator.IsIdle);
        _cluster.EndClients(LivenessTicks, _cluster.Clients);
        // What a clock stamped that had jumped too far ahead is refused until the others' clocks have come near enough.
        var ahead = _cluster.Nodes.Max(n => n.Clock.FurthestAheadMilliseconds) - MergingMachine.SkewLimitMilliseconds;
        _cluster.Until(
            "equal replicas", (int)(Math.Max(0, ahead) / IReplica.TickLength) + (2 * LivenessTicks), _convergence.IsReached);
        _cluster.Until("memory of what was removed gone", 2 * LivenessTicks, _convergence.HasForgotten);
        _convergence.BeQuiet();
    }

    private void Check(RunOutcome outcome)
    {
        FinalReads final;
        int executed;
        do
        {
            // A write of which its client knows nothing may still have been on its way.
            _cluster.Until("equal replicas", LivenessTicks, _convergence.IsReached);
            (final, executed) = (new FinalReads(_plan), _updates.Count);
            foreach (var node in _cluster.Nodes.Where(n => n.IsUp)) ReadAll(node, final);
        }
        while (_updates.Count != executed);
        final.RequireEqual();
        var lost = _cluster.Nodes.Where(n => n.HasRefused).Select(n => n.Id).ToHashSet();
        var losses = _cluster.Nodes.Where(n => n.IsUp)
            .SelectMany(n => _operations.MachinesOf(n)).SelectMany(m => m.Store.Losses.OldestFirst);
        new MergeChecker(_plan, _history.Operations, _updates, final, lost)
            .Check(_cluster.Nodes.All(n => n.Life == 1) ? losses : null);
        outcome.Verdict = VerdictKind.Valid;
        // no client has set what a rule makes of two values
        if (!_plan.IsLinearizable || _plan.Policy.Conflicts == ConflictRule.Merge) return;
        var verdict = LinearizabilityChecker.Check(
            _history.Operations.Where(o => o.Kind is OperationKind.Get or OperationKind.Set && KeyKinds.Of(o.Key) == "register"),
            300_000);
        outcome.Verdict = verdict.Kind;
        if (verdict.Kind == VerdictKind.Invalid) throw new LinearizabilityFailure(verdict.Why);
    }

    private void ReadAll(SimNode node, FinalReads final)
    {
        var left = new List<Wish>(final.Wishes);
        var first = _history.Operations.Count;
        var reader = Client(_cluster.Clients.Count + 1, 1, 1, node, () =>
        {
            for (; first < _history.Operations.Count; first++)
            {
                var done = _history.Operations[first];
                if (done.Outcome != OperationOutcome.Ok) continue;
                final.Add(node.Id, done);
                left.RemoveAll(w => w.Key == done.Key && w.Kind == done.Kind);
            }

            return left.Count == 0 ? null : left[0];
        });
        reader.Start();
        Until("final reads", () => reader.IsStopped);
    }

    private void Until(string what, Func<bool> holds) => _cluster.Until(what, LivenessTicks, holds);
}
