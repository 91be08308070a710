using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>What a run is about.</summary>
internal enum ChaosKind
{
    /// <summary>R + W above N, crashes that lose what was not synced.</summary>
    Quorum,

    /// <summary>Stand-ins take hints.</summary>
    Sloppy,

    /// <summary>SET and GET must be linearizable.</summary>
    Linearizable,

    /// <summary>Data in memory only: one member at a time forgets everything.</summary>
    Memory,
}

/// <summary>
/// One run: members, a seed, faults of every kind, members replaced; then peace, in which all must become the same. Elements are
/// added to a set, each once, and some removed again; a counter is raised.
/// </summary>
internal sealed class Chaos
{
    public const string NotSame = "after a while all holders are the same, and what was removed is forgotten";

    private readonly Prng _dice;
    private readonly LeaderlessWorld _world;
    private readonly ulong _seed;
    private readonly ChaosKind _kind;
    private readonly ChaosHistory _history;
    private readonly List<string> _trace = [];
    private readonly int _steps;
    private readonly bool _isHasty;
    private HashSet<(NodeId, NodeId)> _cut = [];
    private int[] _members = [1, 2, 3, 4];
    private int _quietUntil;

    public Chaos(ulong seed, ChaosKind kind, LeaderlessRules? rules = null, int steps = 2500, bool dropsAfter = false)
    {
        (_seed, _kind, _steps) = (seed, kind, steps);
        _dice = new Prng(seed);
        var options = new LeaderlessOptions
        {
            Partitions = 2,
            R = seed % 3 == 0 && kind == ChaosKind.Sloppy ? 1 : 2,
            Sloppy = kind == ChaosKind.Sloppy,
            Linearizable = kind == ChaosKind.Linearizable,
            Durable = kind != ChaosKind.Memory,
            SilenceTicks = 12,
            PatienceTicks = 60,
            ResendTicks = 4,
            StandInTicks = 6,
            CompareTicks = 2,
            ComparePatienceTicks = 15,
            RepairPieceBytes = seed % 2 == 0 ? 200 : 128 << 10,
            MaxBatchBytes = 300,
            SnapshotThresholdBytes = seed % 2 == 0 ? 3000 : 1 << 20,
            SnapshotPieceBytes = 200,
            CollectPerTick = seed % 5 == 0 ? 1 : 256,
        };
        _world = new LeaderlessWorld(6, options, rules, members: 4);
        _history = new ChaosHistory(kind != ChaosKind.Sloppy);
        World.Trace = _trace.Add;
        _world.Protocol.Trace = _trace.Add;
        World.OnReply = (_, request, outcome) =>
            _history.End(request.Value, outcome, _world.Protocol.Replies.GetValueOrDefault(request.Value));
        foreach (var node in World.Nodes.Values) _world.Protocol.Skews[node.Id] = _dice.Between(-1500, 1500);
        // Some disks are slow: what they have not synced is lost in a crash.
        foreach (var node in World.Nodes.Values) node.SyncsAtOnce = _dice.Chance(300);
        _isHasty = dropsAfter;
        foreach (var node in World.Nodes.Values) MakeHasty(node);
    }

    public int Acknowledged => _history.Acknowledged;

    public int Reads => _history.Reads;

    public long HandedOver => World.Nodes.Values.Sum(n => n.Leaderless().Status.Hints.HandedOver);

    public long Repaired =>
        World.Nodes.Values.Sum(n => n.Leaderless().Statistics.StaleReads + n.Leaderless().Statistics.KeysRepaired);

    public long Changes => _world.Newest.Epoch.Value;

    private World World => _world.World;

    public void Run()
    {
        try
        {
            for (var i = 0; i < _steps; i++) Act(i);
            Heal();
        }
        catch (Exception e)
        {
            var lines = int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 40;
            var states = string.Join('\n', World.Nodes.Values.Select(n => n + (n.IsUp ? "" : " DOWN")));
            throw new RunFailure(
                $"seed {_seed}, {_kind}: {e.Message}\n{string.Join('\n', _trace.TakeLast(lines))}\n{states}", e);
        }
    }

    private void Act(int step)
    {
        var die = _dice.Below(1000);
        if (die < 420) DeliverSome();
        else if (die < 640) TickSome();
        else if (die < 800) AskSome();
        else if (die < 900) World.Sync(AnyNode());
        else if (die < 910) Cut();
        else if (die < 918) CrashOne(step);
        else if (die < 960) StartOne(step);
        else if (die < 963) Replace(step);
        else if (die < 975) _world.Protocol.Skews[AnyNode().Id] = _dice.Between(-1500, 1500);
        else if (World.Nodes[AnyNode().Id] is { IsUp: true } told) _world.Tell(told);
    }

    private TestNode AnyNode() => World[1 + _dice.Below(World.Nodes.Count)];

    private void TickSome()
    {
        World.Advance(_dice.Between(2, 12));
        foreach (var node in World.Nodes.Values) if (_dice.Chance(800)) World.Tick(node);
    }

    private void DeliverSome()
    {
        for (var n = 4 + _dice.Below(20); n >= 0 && World.Network.Count > 0; n--)
        {
            var envelope = World.Network[_dice.Chance(850) ? 0 : _dice.Below(World.Network.Count)];
            if (_cut.Contains((envelope.From, envelope.To)) || _dice.Chance(25)) World.Network.Remove(envelope);
            else
            {
                // A copy may come at once, or much later.
                if (_dice.Chance(25)) World.Network.Insert(_dice.Chance(500) ? 0 : World.Network.Count, envelope with { });
                World.Deliver(envelope);
            }
        }

        if (World.Network.Count > 400) World.Network.RemoveRange(0, 200);
    }

    private void AskSome()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        var (id, command) = _kind == ChaosKind.Linearizable
            ? _history.BeginRegister(_dice, node) : _history.BeginSet(_dice, node);
        _trace.Add($"{node.Id} is asked r{id} {command}");
        _world.Ask(node, id, command);
    }

    private void Cut()
    {
        _cut = [];
        if (_dice.Chance(500)) return;
        foreach (var a in World.Nodes.Keys) foreach (var b in World.Nodes.Keys) if (_dice.Chance(200)) _cut.Add((a, b));
    }

    private void CrashOne(int step)
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        if (_kind == ChaosKind.Memory)
        {
            // Fewer faults than W: nobody else forgets before all have learnt again.
            if (step < _quietUntil || World.Nodes.Values.Any(n => !n.IsUp || n.Leaderless().Report.NeedsState)) return;
            _quietUntil = step + 100;
        }

        _history.Forget(node);
        if (_dice.Chance(500)) World.Crash(node);
        else World.CrashAndLoseUnsynced(node);
        _trace.Add($"{node.Id} crashes");
    }

    private void StartOne(int step)
    {
        var node = AnyNode();
        if (node.IsUp) return;
        World.Start(node);
        MakeHasty(node);
        if (_kind == ChaosKind.Memory) _quietUntil = step + 100;
    }

    /// <summary>One member for another; the one that leaves stays reachable as long as it has something to give.</summary>
    private void Replace(int step)
    {
        if (_kind == ChaosKind.Memory && step < _quietUntil) return;
        // The control plane changes members again when the last change is done.
        if (World.Nodes.Values.Any(n => n.IsUp && !HasFollowed(n))) return;
        var leaving = _members[_dice.Below(_members.Length)];
        var joining = Enumerable.Range(1, 6).Except(_members).ElementAt(_dice.Below(2));
        _members = [.. _members.Where(m => m != leaving).Append(joining).Order()];
        _world.Decide(_members, Enumerable.Range(1, 6).Except(_members));
        _trace.Add($"control plane: {_world.Newest}");
    }

    private bool HasFollowed(TestNode node) =>
        !_world.Newest.Contains(node.Id)
            || (node.Leaderless() is { Report.NeedsState: false, Status.Moving: 0 } r && r.Report.Epoch == _world.Newest.Epoch);

    /// <summary>The network and the disks are whole again; everything that waits ends, and all become the same.</summary>
    private void Heal()
    {
        _cut = [];
        foreach (var node in World.Nodes.Values)
        {
            node.SyncsAtOnce = true;
            if (!node.IsUp) World.Start(node);
            World.Sync(node);
            _world.Protocol.Skews[node.Id] = 0;
        }

        foreach (var node in World.Nodes.Values) _world.Tell(node);
        for (var i = 0; i < 1200; i++)
        {
            World.TickAll();
            World.Stabilize();
            if (i > 100 && i % 20 == 0 && IsSame()) break;
        }

        _history.CheckAllEnded();
        IsSame().ShouldBeTrue(NotSame);
        if (_kind == ChaosKind.Linearizable)
        {
            var verdict = LinearizabilityChecker.Check(_history.Operations);
            verdict.Kind.ShouldNotBe(VerdictKind.Invalid, verdict.Why);
            return;
        }

        var reader = _members[0];
        var members = _world.Do(reader, "SMEMBERS set")
            .Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        _history.CheckFinal(members, _world.Do(reader, "GET counter"), _world.Do(reader, "GET reset"));
    }

    private bool IsSame()
    {
        for (var p = 0; p < 2; p++)
        {
            var holders = _world.Protocol.Machines.Where(m => m.Key.Partition == p
                && World.Nodes[m.Key.Node].Leaderless().Partitions[p] is { IsHeld: true }).ToList();
            if (holders.Count != 3 || holders.Select(h => h.Value.DigestOf(0, 0)).Distinct().Count() != 1) return false;
            if (holders.Exists(h => h.Value.Store.ObjectCount != h.Value.Store.Count)) return false;
        }

        return World.Nodes.Values.All(n => n.Leaderless().Status is { Moving: 0, Waiting: 0 } s
            && s.Hints.Kept == 0 && s.Held == s.Complete);
    }

    /// <summary>A canary: what should wait for the disk does not.</summary>
    private void MakeHasty(TestNode node)
    {
        if (_isHasty) node.Effects = new Hasty(node.Effects);
    }

    private sealed class Hasty(Effects inner) : Effects
    {
        public override PersistPoint Append(ReadOnlySpan<byte> record) => inner.Append(record);

        public override void Send(NodeId to, Message message, PersistPoint after = default) => inner.Send(to, message);

        public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default) =>
            inner.Reply(request, outcome);

        public override void Release(PersistPoint point) => inner.Release(point);
    }
}
