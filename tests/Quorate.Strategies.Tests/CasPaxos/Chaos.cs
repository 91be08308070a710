using System.Text;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Tests.Harness;
using World = Quorate.Strategies.Tests.Harness.World;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>What a run may do to the group.</summary>
internal sealed record ChaosPlan
{
    public int Nodes { get; init; } = 3;

    public int Acceptors { get; init; } = 3;

    public bool Durable { get; init; } = true;

    public int Steps { get; init; } = 3000;

    /// <summary>Per mille of steps.</summary>
    public int Deliveries { get; init; } = 560;

    public int Crashes { get; init; } = 6;

    public int Cuts { get; init; } = 6;

    public int Requests { get; init; } = 90;

    /// <summary>Of messages that are lost, and as many that come twice; per mille.</summary>
    public int Losses { get; init; } = 30;

    public int OutOfOrder { get; init; } = 200;
}

/// <summary>One run: a group, a seed and faults of every kind, then peace. What the clients saw must be linearizable.</summary>
internal sealed class Chaos
{
    private static readonly string[] Kinds = ["register", "counter", "text"];

    private const int StepsPerKey = 400;

    /// <summary>What the checker of histories says first.</summary>
    public const string NotLinearizable = "not linearizable";

    private readonly ChaosPlan _plan;
    private readonly ulong _seed;
    private readonly Prng _dice;
    private readonly CasPaxosGroup _group;
    private readonly List<string> _trace = [];
    private readonly Dictionary<long, (Operation Operation, int Node)> _open = [];
    private readonly List<Operation> _history = [];
    private readonly HashSet<(NodeId, NodeId)> _cut = [];
    private GroupConfiguration? _wish;
    private long _stamp;
    private int _step;

    public Chaos(ulong seed, ChaosPlan plan, CasPaxosRules? rules = null)
    {
        (_seed, _plan, _dice) = (seed, plan, new Prng(seed));
        var options = new CasPaxosOptions
        {
            Durable = plan.Durable,
            OneRoundTrip = seed % 5 != 0,
            ResendTicks = 4,
            PatienceTicks = 60,
            CollectTicks = seed % 3 == 0 ? 400 : 20,
            SnapshotThresholdBytes = seed % 2 == 0 ? 500 : 1 << 20,
            SnapshotPieceBytes = 60,
            MostKnownKeys = seed % 4 == 0 ? 1 : 100,
            MaxBatchBytes = 200,
        };
        _group = new CasPaxosGroup(plan.Nodes, options, rules, plan.Acceptors, seed);
        _group.World.Trace = _trace.Add;
        _group.Protocol.Trace = _trace.Add;
        _group.World.OnReply = (_, request, kind) => OnReply(request, kind);
    }

    public int Done { get; private set; }

    public int Unknown { get; private set; }

    public int Unavailable { get; private set; }

    public long Conflicts { get; private set; }

    public long WithPromise { get; private set; }

    public long Collected { get; private set; }

    /// <summary>Keys whose history was too long to be judged.</summary>
    public int Undecided { get; private set; }

    public int Snapshots => _group.World.Nodes.Values.Count(n => n.Disk.Sealed is not null);

    public long Epochs => _group.Newest.Epoch.Value;

    /// <summary>Null: linearizable, and everybody came back. Else what is wrong, and what happened before.</summary>
    public string? Run() => Finding() is { } why ? Explain(why) : null;

    /// <summary>The same, in the checker's words alone.</summary>
    public string? Finding()
    {
        if (CanaryHunt.WordsOf(Live) is { } found) return found;
        foreach (var key in _history.GroupBy(o => o.Key))
        {
            var verdict = LinearizabilityChecker.Check(key, maxSteps: 200_000);
            if (verdict.Kind == VerdictKind.Invalid) return $"{NotLinearizable}: {verdict.Why}";
            if (verdict.Kind == VerdictKind.Unknown) Undecided++;
        }

        return null;
    }

    private void Live()
    {
        foreach (var node in _group.World.Nodes.Values) node.SyncsAtOnce = _dice.Chance(400);
        for (; _step < _plan.Steps; _step++) Act();
        Heal();
    }

    private string Explain(string why)
    {
        var lines = int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 40;
        var states = string.Join('\n', _group.World.Nodes.Values.Select(x => x.ToString() + (x.IsUp ? "" : " DOWN")));
        return $"seed {_seed}, {_plan}: {why}\n{string.Join('\n', _trace.TakeLast(lines))}\n{states}";
    }

    private void Act()
    {
        var die = _dice.Below(1000);
        if (die < _plan.Deliveries) DeliverSome();
        else if (die < _plan.Deliveries + 170) TickSome();
        else if (die < _plan.Deliveries + 170 + _plan.Requests) AskSome();
        else if (die < 930) _group.World.Sync(AnyNode());
        else if (die < 930 + _plan.Crashes) CrashOne();
        else if (die < 945 + _plan.Cuts) Cut();
        else if (die < 970) StartOne();
        else if (!_plan.Durable) Control();
    }

    private TestNode AnyNode() => _group[1 + _dice.Below(_plan.Nodes)];

    private void TickSome()
    {
        _group.World.Advance(_dice.Between(2, 12));
        foreach (var node in _group.World.Nodes.Values) if (_dice.Chance(700)) _group.World.Tick(node);
    }

    private void DeliverSome()
    {
        var network = _group.World.Network;
        for (var n = _dice.Below(6); n >= 0 && network.Count > 0; n--)
        {
            var envelope = network[_dice.Chance(_plan.OutOfOrder) ? _dice.Below(network.Count) : 0];
            if (_cut.Contains((envelope.From, envelope.To)) || _dice.Chance(_plan.Losses)) network.Remove(envelope);
            else
            {
                if (_dice.Chance(_plan.Losses)) network.Add(envelope with { });
                _group.World.Deliver(envelope);
            }
        }
    }

    private void AskSome()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        for (var n = _dice.Below(3); n >= 0; n--) Ask(node.Id.Value, Kinds[_dice.Below(Kinds.Length)]);
    }

    private void Ask(int node, string what)
    {
        // From time to time other keys, so that the histories stay short enough to be judged; the old ones go on being read.
        var generation = Math.Max(0, (_step / StepsPerKey) - (_dice.Chance(200) ? 1 : 0));
        var key = what + generation;
        var die = _dice.Below(10);
        var (kind, word, argument) = what switch
        {
            "register" when die < 3 => (OperationKind.Set, "SET", "v"),
            "register" when die < 5 => (OperationKind.SetIfAbsent, "SET NX", "v"),
            "register" when die < 7 => (OperationKind.GetSet, "SET GET", "v"),
            "counter" when die < 6 => (OperationKind.Increment, "INCR", null),
            "text" when die < 6 => (OperationKind.Append, "APPEND", "t"),
            not "text" when die < 8 => (OperationKind.Delete, "DEL", null),
            _ => (OperationKind.Get, "GET", (string?)null),
        };
        var operation = new Operation
        {
            Client = node,
            Kind = kind,
            Key = key,
            Argument = argument is null ? null : $"{argument}{_history.Count}.",
            Invoked = ++_stamp,
        };
        _history.Add(operation);
        var words = word.Split(' ');
        var text = string.Join(
            ' ', new[] { words[0], key, operation.Argument, words.Length > 1 ? words[1] : null }.Where(w => w is not null));
        var id = _history.Count;
        _open.Add(id, (operation, node));
        _trace.Add($"n{node} asked r{id} {text}");
        _group.Ask(node, text).ShouldBe(id);
    }

    private void OnReply(RequestId request, OutcomeKind kind)
    {
        _open.Remove(request.Value, out var open).ShouldBeTrue("one outcome for each request");
        if (kind == OutcomeKind.Unknown)
        {
            Unknown++;
            return;
        }

        open.Operation.Returned = ++_stamp;
        open.Operation.Outcome = kind == OutcomeKind.Done ? OperationOutcome.Ok : OperationOutcome.Failed;
        if (kind == OutcomeKind.Done)
        {
            Done++;
            var reply = _group.Protocol.Replies[request.Value];
            open.Operation.Result = reply == "nil" ? null : reply;
        }
        else Unavailable++;
    }

    private void Cut()
    {
        _cut.Clear();
        if (_dice.Chance(500)) return;
        foreach (var a in _group.World.Nodes.Keys)
            foreach (var b in _group.World.Nodes.Keys) if (_dice.Chance(250)) _cut.Add((a, b));
    }

    private void CrashOne()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        // What is kept in memory only survives while a majority of the acceptors of each key does not stop.
        if (!_plan.Durable && _group.World.Nodes.Values.Any(n => n != node && (!n.IsUp || !CasPaxosGroup.Of(n).Status.IsVoting)))
            return;
        if (!_plan.Durable && CasPaxosGroup.Of(node).Configuration!.Epoch != _group.Newest.Epoch) return;
        foreach (var id in _open.Where(o => o.Value.Node == node.Id.Value).Select(o => o.Key).ToList()) _open.Remove(id);
        Note(node);
        if (_dice.Chance(500)) _group.World.Crash(node);
        else _group.World.CrashAndLoseUnsynced(node);
        _trace.Add($"{node.Id} crashes");
    }

    private void StartOne()
    {
        var node = AnyNode();
        if (node.IsUp) return;
        _trace.Add($"{node.Id} starts");
        _group.World.Start(node);
    }

    /// <summary>The control plane hears of wishes late, and tells of what it took one by one.</summary>
    private void Control()
    {
        var node = AnyNode();
        if (node.IsUp && _dice.Chance(300) && CasPaxosGroup.Of(node).Wanted is { } wish) _wish = wish;
        if (_wish is not null && _dice.Chance(300))
        {
            if (_wish.Epoch == _group.Newest.Epoch.Next) _group.Take(_wish);
            _wish = null;
        }

        if (AnyNode() is { IsUp: true } told) _group.Tell(told);
    }

    private void Note(TestNode node)
    {
        var statistics = CasPaxosGroup.Of(node).Status.Statistics;
        Conflicts += statistics.Conflicts;
        WithPromise += statistics.WithPromise;
        Collected += statistics.Collected;
    }

    private void Heal()
    {
        _trace.Add("HEAL");
        _cut.Clear();
        foreach (var node in _group.World.Nodes.Values)
        {
            node.SyncsAtOnce = true;
            if (!node.IsUp) _group.World.Start(node);
            _group.World.Sync(node);
        }

        for (var i = 0; i < 150; i++)
        {
            foreach (var node in _group.World.Nodes.Values) _group.Tell(node);
            if (!_plan.Durable) _group.TakeWish();
            _group.Ticks(1);
        }

        _open.ShouldBeEmpty("every request of a node that did not stop ends");
        foreach (var node in _group.World.Nodes.Values)
        {
            CasPaxosGroup.Of(node).Status.IsVoting.ShouldBeTrue("every replica takes its part again");
            foreach (var key in _history.Select(o => o.Key).Distinct().ToList()) AskLast(node, key);
        }

        foreach (var node in _group.World.Nodes.Values) Note(node);
    }

    private void AskLast(TestNode node, string key)
    {
        var operation = new Operation { Client = node.Id.Value, Kind = OperationKind.Get, Key = key, Invoked = ++_stamp };
        _history.Add(operation);
        _open.Add(_history.Count, (operation, node.Id.Value));
        _group.Do(node.Id.Value, $"GET {key}");
        operation.Outcome.ShouldBe(OperationOutcome.Ok, "progress after the faults are over");
    }
}
