using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>What a run is made of.</summary>
internal sealed record ChaosPlan(MultiLeaderOptions Options)
{
    public int Nodes { get; init; } = 3;

    public int Steps { get; init; } = 2500;

    /// <summary>Clocks jump by up to so many milliseconds; stamps may be 1000 ahead.</summary>
    public int MostSkew { get; init; }

    /// <summary>The last node begins as a learner, and members leave and come back.</summary>
    public bool ChangesMembers { get; init; }

    public MultiLeaderRules? Rules { get; init; }

    public Action<StoreMachine>? Breaks { get; init; }
}

/// <summary>One run: leaders, a seed, faults of every kind, then peace, in which all must become equal.</summary>
internal sealed class Chaos
{
    public const string Divergence = "differs from another that has seen the same";
    public const string NotQuiet = "everybody has everything, and still deltas or states are sent";

    private static int TraceLines => int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 60;

    private readonly Prng _dice;
    private readonly MultiLeaderWorld _world;
    private readonly ChaosPlan _plan;
    private readonly ulong _seed;
    private readonly List<string> _trace = [];
    private readonly ChaosModel _model;
    private readonly TinyControl _control;
    private HashSet<(NodeId, NodeId)> _cut = [];
    private bool _flaps;

    public Chaos(ulong seed, ChaosPlan plan)
    {
        _seed = seed;
        _dice = new Prng(seed);
        _plan = plan with
        {
            Options = plan.Options with
            {
                SnapshotThresholdBytes = seed % 2 == 0 ? 2000 : 1 << 20,
                MaxBacklogBytes = seed % 3 == 0 ? 1500 : 64 << 20,
                MaxBatchBytes = 200,
                MaxInflight = 2,
                MaxHeldBytes = seed % 5 == 0 ? 300 : 4 << 20,
                PieceBytes = 300,
                HeartbeatTicks = 5,
                PeerTimeoutTicks = 30,
                ResendTicks = 10,
                RelayTicks = 40,
                BehindTicks = 60,
                PullTimeoutTicks = 20,
                UpkeepTicks = 7,
                CompareTicks = 50,
                AckTimeoutTicks = 60,
                RegionOf = n => n.Value <= 2 ? "eu" : "us",
            },
        };
        _world = new MultiLeaderWorld(plan.Nodes, _plan.Options, plan.Rules);
        _model = new ChaosModel(_world, _plan.Options);
        _world.World.Trace = line => _trace.Add(line);
        var create = _world.Protocol.CreateMachine;
        _world.Protocol.CreateMachine = (self, incarnation) =>
        {
            var machine = create(self, incarnation);
            plan.Breaks?.Invoke(machine);
            return machine;
        };
        _world.World.AfterStep = node =>
        {
            if (TraceLines > 1000) _trace.Add($"    {node}");
            node.Replica.CheckInvariants();
            if (_plan.Options.Durable && MultiLeaderWorld.Replica(node).Statistics.Divergences > 0)
                throw new ShouldAssertException(
                    $"{node.Id} {Divergence}: {_model!.Differences()}");
        };
        var members = Enumerable.Range(1, plan.Nodes).ToArray();
        _control = new TinyControl(
            _world,
            plan.ChangesMembers ? MultiLeaderWorld.Group(1, members[..^1], members[^1]) : MultiLeaderWorld.Group(1, members));
    }

    public int Answered => _model.Answered;

    public int Reads => _model.Reads;

    public int Snapshots => _world.World.Nodes.Values.Count(n => n.Disk.Sealed is not null);

    public int Reconfigurations => _control.Changes;

    public MultiLeaderStatistics Sum { get; private set; }

    public void Run()
    {
        try
        {
            _world.World.StartAll();
            foreach (var node in _world.World.Nodes.Values) node.SyncsAtOnce = _dice.Chance(400);
            for (var i = 0; i < _plan.Steps; i++) Act();
            Heal();
        }
        catch (Exception e)
        {
            var tail = string.Join('\n', _trace.TakeLast(TraceLines));
            throw new RunFailure(
                $"seed {_seed}, {_plan.Options.Ack} {_plan.Options.Topology} {_plan.Options.Ship} durable "
                    + $"{_plan.Options.Durable}: {e.Message}\n{tail}\n{States()}\n",
                e);
        }
    }

    private string States() => string.Join('\n', _world.World.Nodes.Values.Select(n => n.ToString() + (n.IsUp ? "" : " DOWN")));

    private void Act()
    {
        var die = _dice.Below(1000);
        if (die < 400) DeliverSome();
        else if (die < 640) TickSome();
        else if (die < 800) AskSome();
        else if (die < 920) _world.World.Sync(AnyNode());
        else if (die < 940) _control.Tell(AnyNode());
        else if (die < 950) _control.TakeWishes();
        else if (die < 954) Cut();
        else if (die < 962) CrashOne();
        else if (die < 985) StartOne();
        else if (die < 990) Skew();
        else if (_plan.ChangesMembers && die < 992) _control.ChangeOne(_dice);
        else _model.CheckCausality();
    }

    private TestNode AnyNode() => _world[1 + _dice.Below(_plan.Nodes)];

    private void TickSome()
    {
        if (_flaps && _dice.Chance(100)) Cut();
        _world.World.Advance(_dice.Between(2, 12));
        foreach (var node in _world.World.Nodes.Values) if (_dice.Chance(700)) _world.World.Tick(node);
    }

    private void DeliverSome()
    {
        var network = _world.World.Network;
        for (var n = _dice.Below(10); n >= 0 && network.Count > 0; n--)
        {
            // Mostly in order, sometimes not.
            var envelope = network[_dice.Chance(800) ? 0 : _dice.Below(network.Count)];
            if (_cut.Contains((envelope.From, envelope.To)) || _dice.Chance(30)) network.Remove(envelope);
            else
            {
                if (_dice.Chance(30)) network.Add(envelope with { });
                _world.World.Deliver(envelope);
            }
        }
    }

    private void AskSome()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        for (var n = _dice.Below(3); n >= 0; n--) _model.Ask(node, _dice);
    }

    private void Skew()
    {
        if (_plan.MostSkew == 0) return;
        AnyNode().ClockOffset = _dice.Chance(300) ? 0 : _dice.Between(-_plan.MostSkew, _plan.MostSkew);
    }

    private void Cut()
    {
        _cut = [];
        _flaps = _dice.Chance(300);
        if (_dice.Chance(400)) return;
        var nodes = _world.World.Nodes.Keys.ToList();
        if (_dice.Chance(600))
        {
            // Two sides, whole.
            var side = nodes.Where(_ => _dice.Chance(500)).ToHashSet();
            foreach (var a in nodes) foreach (var b in nodes) if (side.Contains(a) != side.Contains(b)) _cut.Add((a, b));
            return;
        }

        foreach (var a in nodes) foreach (var b in nodes) if (_dice.Chance(250)) _cut.Add((a, b));
    }

    private void CrashOne()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        _trace.Add($"{node.Id} crashes");
        _model.OnCrash(node);
        if (_dice.Chance(500)) _world.World.Crash(node);
        else _world.World.CrashAndLoseUnsynced(node);
    }

    private void StartOne()
    {
        var node = AnyNode();
        if (node.IsUp) return;
        _trace.Add($"{node.Id} starts");
        Start(node);
        node.SyncsAtOnce = _dice.Chance(400);
    }

    private void Start(TestNode node)
    {
        _model.OnStart(node);
        _world.World.Start(node);
    }

    private void Heal()
    {
        _trace.Add("--- peace");
        (_cut, _flaps) = ([], false);
        foreach (var node in _world.World.Nodes.Values)
        {
            node.ClockOffset = 0;
            if (!node.IsUp) Start(node);
            node.SyncsAtOnce = true;
            _world.World.Sync(node);
        }

        // Stamps that were too far ahead are not any more.
        _world.World.Advance(2L * _plan.MostSkew);
        for (var i = 0; i < 1500 && !(i > 200 && _model.IsEqual()); i++)
        {
            if (i % 10 == 0)
            {
                foreach (var node in _world.World.Nodes.Values) _control.Tell(node);
                _control.TakeWishes();
            }

            _world.World.TickAll();
            _world.World.Stabilize();
        }

        _model.CheckEqual(_control.Members);
        Sum = _control.Members.Select(n => _world.Status(n).Statistics).Aggregate(Add);
        RequireQuiet();
        _model.CheckForgotten(_control.Members);
    }

    /// <summary>Nothing to tell, nothing told, but for heartbeats.</summary>
    private void RequireQuiet()
    {
        long Sent() =>
            _control.Members.Sum(n => _world.Status(n).Statistics.BytesShipped + _world.Status(n).Statistics.BytesOfState);
        _world.Settle(200);
        var sent = Sent();
        _world.Settle(200);
        Sent().ShouldBe(sent, NotQuiet);
        foreach (var node in _control.Members) _world.Status(node).Statistics.BacklogDeltas.ShouldBe(0);
    }

    private static MultiLeaderStatistics Add(MultiLeaderStatistics a, MultiLeaderStatistics b) => new()
    {
        DeltasMerged = a.DeltasMerged + b.DeltasMerged,
        DeltasHeld = a.DeltasHeld + b.DeltasHeld,
        StampsRefused = a.StampsRefused + b.StampsRefused,
        Pulls = a.Pulls + b.Pulls,
        DeltasOverflowed = a.DeltasOverflowed + b.DeltasOverflowed,
        BytesOfState = a.BytesOfState + b.BytesOfState,
        Divergences = a.Divergences + b.Divergences,
        Comparisons = a.Comparisons + b.Comparisons,
        Malformed = a.Malformed + b.Malformed,
    };
}
