using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>One run: a group with a control plane, a seed, faults of every kind, then peace, in which it must come
/// back.</summary>
internal sealed class Chaos
{
    private static int TraceLines => int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 60;

    private readonly Prng _dice;
    private readonly World _world;
    private readonly PrimaryProtocol _protocol;
    private readonly PrimaryOptions _options;
    private readonly TinyControl _control;
    private readonly ulong _seed;
    private readonly HashSet<string> _acknowledged = [];
    private readonly HashSet<string> _denied = [];
    private readonly HashSet<string> _seen = [];
    private readonly List<string> _trace = [];
    private readonly Dictionary<long, (string Text, TestNode Node)> _waiting = [];
    private readonly Dictionary<long, (TestNode Node, int Acknowledged)> _reads = [];
    private HashSet<(NodeId, NodeId)> _cut = [];
    private bool _hasUnlistedLosses;
    private long _nextRequest = 1;

    /// <summary>Replicas apply little in a turn, and some commands take several.</summary>
    private bool IsSlow => _seed % 5 < 2;

    public Chaos(ulong seed, PrimaryOptions options, PrimaryRules? rules = null)
    {
        _seed = seed;
        _dice = new Prng(seed);
        _options = options with
        {
            SnapshotThresholdBytes = seed % 2 == 0 ? 600 : 1 << 20,
            MaxLagBytes = seed % 3 == 0 && options.Ack != Ack.Async ? 100 : 64 << 20,
            MaxBatchBytes = 120,
            MaxInflight = 4,
            SnapshotWindow = 3,
            SnapshotPieceBytes = 16,
            ApplyBudget = IsSlow ? new ApplyBudget(1 + (int)(seed % 3), 40) : ApplyBudget.Standard,
            CoalesceBytes = 150,
            BackupTimeoutTicks = 40,
            LeaseGraceTicks = 20,
        };
        _protocol = new PrimaryProtocol(_options, rules);
        _world = new World(_protocol, 4) { Trace = line => _trace.Add(line) };
        if (IsSlow) _world.TurnsOf = text => Hash.Of(Encoding.UTF8.GetBytes(text)) % 4 == 0 ? 3 : 1;
        _protocol.OnLost = (node, text) => _trace.Add($"{node} {text}");
        _world.AfterStep = node =>
        {
            if (TraceLines > 1000) _trace.Add($"    {node}");
            Check(node);
        };
        _world.OnReply = (node, request, outcome) =>
        {
            if (outcome == OutcomeKind.ReadNow && _reads.TryGetValue(request.Value, out var read))
                MustShow(node, read.Acknowledged);
        };
        _control = new TinyControl(_world, _options, PrimaryWorld.Group(1, 1, [1, 2, 3], 4)) { Trace = line => _trace.Add(line) };
    }

    public int FailOvers => _control.FailOvers;

    public int Wishes => _control.Wishes;

    public int Acknowledged => _acknowledged.Count;

    public int Reads { get; private set; }

    public int Snapshots => _world.Nodes.Values.Count(n => n.Disk.Sealed is not null);

    public int Coalesced => _world.Nodes.Values.Sum(n => n.Machine.Coalesced);

    public int Lost => _world.Nodes.Keys.Sum(n => _protocol.LostOf(n).Texts.Count);

    public void Run()
    {
        try
        {
            _world.StartAll();
            foreach (var node in _world.Nodes.Values) node.SyncsAtOnce = _dice.Chance(500);
            for (var i = 0; i < 4000; i++) Act();
            Heal();
        }
        catch (Exception e)
        {
            var tail = string.Join('\n', _trace.TakeLast(TraceLines));
            throw new RunFailure($"seed {_seed}, {_options.Ack}: {e.Message}\n{tail}\n{States()}\n", e);
        }
    }

    private string States() => string.Join('\n', _world.Nodes.Values.Select(n => n.ToString() + (n.IsUp ? "" : " DOWN")));

    private void Act()
    {
        var die = _dice.Below(1000);
        if (die < 430) DeliverSome();
        else if (die < 700) TickSome();
        else if (die < 780) WriteSome();
        else if (die < 820) ReadSome();
        else if (die < 900) _world.Sync(AnyNode());
        else if (die < 960) _control.Tick();
        else if (die < 964) Cut();
        else if (die < 968) CrashOne();
        else if (die < 996) StartOne();
        else Transfer();
        Collect();
    }

    private TestNode AnyNode() => _world[1 + _dice.Below(_world.Nodes.Count)];

    private void TickSome()
    {
        _world.Advance(_dice.Between(2, 12));
        foreach (var node in _world.Nodes.Values) if (_dice.Chance(700)) _world.Tick(node);
    }

    private void DeliverSome()
    {
        for (var n = _dice.Below(8); n >= 0 && _world.Network.Count > 0; n--)
        {
            // Mostly in order, sometimes not.
            var envelope = _world.Network[_dice.Chance(850) ? 0 : _dice.Below(_world.Network.Count)];
            if (_cut.Contains((envelope.From, envelope.To)) || _dice.Chance(30)) _world.Network.Remove(envelope);
            else
            {
                if (_dice.Chance(30)) _world.Network.Add(envelope with { });
                _world.Deliver(envelope);
            }
        }
    }

    private void WriteSome()
    {
        var leaders = _world.Nodes.Values.Where(n => n.IsUp && n.Status().IsServing).ToList();
        if (leaders.Count == 0 && _dice.Chance(950)) return;
        var node = leaders.Count > 0 && _dice.Chance(950) ? leaders[_dice.Below(leaders.Count)] : AnyNode();
        if (!node.IsUp) return;
        for (var n = _dice.Below(4); n >= 0; n--)
        {
            var id = _nextRequest++;
            var text = $"w{id}" + new string('.', _dice.Below(30));
            _waiting[id] = (text, node);
            _world.Write(node, id, text);
        }
    }

    private void ReadSome()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        Collect();
        if (node.Replica.MayReadLocally(_world.Now))
        {
            MustShow(node, _acknowledged.Count);
            return;
        }

        var id = _nextRequest++;
        _reads[id] = (node, _acknowledged.Count);
        _world.Request(node, id, RequestKind.Read);
    }

    private void MustShow(TestNode node, int acknowledged)
    {
        Reads++;
        if (acknowledged == 0) return;
        // What was acknowledged from one copy may be lost with it, and then no read shows it.
        if (_options.Ack == Ack.Async) return;
        _seen.UnionWith(node.Machine.Applied);
        _acknowledged.Take(acknowledged)
            .Where(w => !node.Machine.Applied.Contains(w))
            .ShouldBeEmpty($"a linearizable read at {node.Id} misses acknowledged writes");
    }

    private void Cut()
    {
        _cut = [];
        _control.Unreachable.Clear();
        if (_dice.Chance(400)) return;
        if (_dice.Chance(400))
        {
            // One alone, from the control plane too; the primary as often as the others together.
            var alone = _world.Nodes.Values.FirstOrDefault(n => n.IsUp && n.Replica.IsLeader) is { } leader && _dice.Chance(500)
                ? leader.Id : AnyNode().Id;
            _control.Unreachable.Add(alone);
            foreach (var other in _world.Nodes.Keys) _cut.UnionWith([(alone, other), (other, alone)]);
            return;
        }

        foreach (var a in _world.Nodes.Keys)
        {
            if (_dice.Chance(250)) _control.Unreachable.Add(a);
            foreach (var b in _world.Nodes.Keys) if (_dice.Chance(200)) _cut.Add((a, b));
        }
    }

    private void CrashOne()
    {
        // In memory mode only so many may ever be without what they acknowledged as the rule asks copies for.
        if (!_options.Durable && _world.Nodes.Values.Any(n => !n.IsUp || n.Status().NeedsState)) return;
        var node = AnyNode();
        if (!node.IsUp) return;
        foreach (var id in _waiting.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _waiting.Remove(id);
        foreach (var id in _reads.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _reads.Remove(id);
        _trace.Add($"{node.Id} crashes");
        if (_dice.Chance(500)) _world.Crash(node);
        else _world.CrashAndLoseUnsynced(node);
    }

    private void StartOne()
    {
        var node = AnyNode();
        if (node.IsUp) return;
        _trace.Add($"{node.Id} starts");
        _world.Start(node);
    }

    private void Transfer()
    {
        var leader = _world.Nodes.Values.FirstOrDefault(n => n.IsUp && n.Replica.IsLeader);
        if (leader is not null) _world.Request(leader, _nextRequest++, RequestKind.TransferLeadership, target: AnyNode().Id);
    }

    private void Collect()
    {
        foreach (var (id, waiting) in _waiting.ToList())
        {
            if (!waiting.Node.Outcomes.TryGetValue(id, out var outcome)) continue;
            if (outcome is "Applied" or "Done") _acknowledged.Add(waiting.Text);
            else if (!outcome.StartsWith("Unknown", StringComparison.Ordinal)) _denied.Add(waiting.Text);
            _waiting.Remove(id);
        }

        foreach (var (id, read) in _reads.ToList())
        {
            if (!read.Node.Outcomes.ContainsKey(id)) continue;
            // What it may show was looked at when it was answered.
            _reads.Remove(id);
        }
    }

    private void Check(TestNode node)
    {
        node.Replica.CheckInvariants();
        // The newest state that took the place of entries does not tell them one by one.
        _hasUnlistedLosses |= _options.Ship == Ship.State && node.Status().UnlistedLosses > 0;
        if (node.Status().HasLease && node.Replica.MayReadLocally(_world.Now))
        {
            _world.Nodes.Values.Where(n => n.IsUp && n.Replica.MayReadLocally(_world.Now))
                .Select(n => n.Id).ShouldBe([node.Id], "one primary serves at any moment");
        }
    }

    private void Heal()
    {
        _trace.Add("HEAL");
        _cut = [];
        _control.Unreachable.Clear();
        foreach (var node in _world.Nodes.Values)
        {
            node.SyncsAtOnce = true;
            if (!node.IsUp) _world.Start(node);
            _world.Sync(node);
        }

        _world.Stabilize();
        TestNode? leader = null;
        for (var i = 0; i < 1500 && !IsDone(out leader); i++)
        {
            if (i % 100 == 50 && _world.Nodes.Values.FirstOrDefault(n => n.Replica.IsLeader) is { } l)
                _world.Write(l, _nextRequest++, $"final{i}");
            _world.TickAll();
            if (i % 3 == 0) _control.Tick();
            _world.Stabilize();
        }

        leader.ShouldNotBeNull("progress after the faults are over");
        Collect();
        var applied = leader.Machine.Applied;
        var lost = _world.Nodes.Keys.SelectMany(n => _protocol.LostOf(n).Texts).ToHashSet();
        foreach (var write in _acknowledged)
        {
            if (_options.Ack == Ack.Async && (lost.Contains(write) || _hasUnlistedLosses)) continue;
            applied.ShouldContain(
                write, _options.Ack == Ack.Async ? "what is lost is in the lost-and-found" : "acknowledged writes survive");
        }

        foreach (var write in _seen) applied.ShouldContain(write, "what a linearizable read has shown stays");
        foreach (var write in _denied) applied.ShouldNotContain(write, "a write that was refused never happens");
        applied.Distinct().Count().ShouldBe(applied.Count, "each write is applied once");
        _waiting.ShouldBeEmpty("every request has an outcome");
    }

    private bool IsDone(out TestNode? leader)
    {
        leader = _world.Nodes.Values.FirstOrDefault(n => n.Replica.IsLeader);
        if (leader is null || !leader.Machine.Applied.Any(a => a.StartsWith("final", StringComparison.Ordinal))) return false;
        var status = leader.Status();
        if (status.CommitIndex < status.LastIndex || leader.Primary().Configuration!.Learners.Count > 0) return false;
        foreach (var node in _world.Nodes.Values)
            if (node.Status().NeedsState || !node.Machine.Applied.SequenceEqual(leader.Machine.Applied)) return false;
        return true;
    }
}
