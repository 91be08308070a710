using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>One run: a group, a seed, faults of every kind, then peace, in which it must come back.</summary>
internal sealed class Chaos
{
    private static int TraceLines => int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 60;

    private readonly Prng _dice;
    private readonly World _world;
    private readonly ulong _seed;
    private readonly bool _durable;
    private readonly int _voters;
    private readonly Dictionary<long, string> _applied = [];
    private readonly Dictionary<Term, NodeId> _leaders = [];
    private readonly HashSet<string> _acknowledged = [];
    private readonly HashSet<string> _denied = [];
    private readonly List<string> _trace = [];
    private readonly Dictionary<NodeId, LogIndex> _applying = [];
    private readonly Dictionary<long, (string Text, TestNode Node, long Incarnation)> _waiting = [];
    private readonly Dictionary<long, (TestNode Node, int Acknowledged)> _reads = [];
    private HashSet<(NodeId, NodeId)> _cut = [];
    private long _nextRequest = 1;

    /// <summary>Replicas apply little in a turn, and some commands take several.</summary>
    private bool IsSlow => _seed % 5 < 2;

    public Chaos(ulong seed, int voters, bool durable, RaftRules? rules = null)
    {
        (_seed, _voters, _durable) = (seed, voters, durable);
        _dice = new Prng(seed);
        var options = new RaftOptions
        {
            Durable = durable,
            SnapshotThresholdBytes = seed % 2 == 0 ? 600 : 1 << 20,
            MaxLagBytes = seed % 3 == 0 ? 100 : 64 << 20,
            MaxBatchBytes = 120,
            MaxInflight = 4,
            SnapshotWindow = 3,
            SnapshotPieceBytes = 16,
            ApplyBudget = IsSlow ? new ApplyBudget(1 + (int)(seed % 3), 40) : ApplyBudget.Standard,
        };
        _world = new World(new RaftProtocol(new Configuration(RaftProtocol.Ids(voters)), options, rules, seed), voters + 1);
        if (IsSlow) _world.TurnsOf = text => Hash.Of(Encoding.UTF8.GetBytes(text)) % 4 == 0 ? 3 : 1;
        _world.Trace = line => _trace.Add(line);
        _world.AfterStep = node =>
        {
            if (TraceLines > 1000) _trace.Add($"    {node}");
            Check(node);
        };
        _world.OnApplied = (node, index, text) =>
        {
            if (_applied.TryGetValue(index.Value, out var earlier)) earlier.ShouldBe(text, "state machine safety");
            else _applied[index.Value] = text;
        };
    }

    public int Terms => _leaders.Count;

    public int Acknowledged => _acknowledged.Count;

    public int Reads { get; private set; }

    public int Snapshots => _world.Nodes.Values.Count(n => n.Disk.Sealed is not null);

    public int Changes => (int)_world.Nodes.Values.Max(n => n.Status().ConfigurationIndex.Value > 0 ? 1 : 0);

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
            throw new RunFailure(
                $"seed {_seed}, {_voters} voters, durable {_durable}: {e.Message}\n{tail}\n{States()}\n", e);
        }
    }

    private string States() => string.Join('\n', _world.Nodes.Values.Select(n => n.ToString() + (n.IsUp ? "" : " DOWN")));

    private void Act()
    {
        var die = _dice.Below(1000);
        if (die < 450) DeliverSome();
        else if (die < 750) TickSome();
        else if (die < 820) WriteSome();
        else if (die < 860) ReadSome();
        else if (die < 950) _world.Sync(AnyNode());
        else if (die < 956) Cut();
        else if (die < 962) CrashOne();
        else if (die < 990) StartOne();
        else if (die < 994) Transfer();
        else ChangeMembers();
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
        var leader = _world.Nodes.Values.Where(n => n.IsUp && n.Replica.IsLeader).ToList();
        if (leader.Count == 0 && _dice.Chance(950)) return;
        var node = leader.Count > 0 && _dice.Chance(950) ? leader[_dice.Below(leader.Count)] : AnyNode();
        if (!node.IsUp) return;
        for (var n = _dice.Below(4); n >= 0; n--)
        {
            var id = _nextRequest++;
            var text = $"w{id}" + new string('.', _dice.Below(30));
            _waiting[id] = (text, node, node.Incarnation);
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
        var shown = _acknowledged.Take(acknowledged).Where(w => !node.Machine.Applied.Contains(w)).ToList();
        Reads++;
        shown.ShouldBeEmpty($"a linearizable read at {node.Id} misses acknowledged writes");
    }

    private void Cut()
    {
        _cut = [];
        if (_dice.Chance(500)) return;
        foreach (var a in _world.Nodes.Keys)
        {
            foreach (var b in _world.Nodes.Keys) if (_dice.Chance(200)) _cut.Add((a, b));
        }
    }

    private void CrashOne()
    {
        // In memory mode only a minority may ever be without what it acknowledged.
        if (!_durable && _world.Nodes.Values.Any(n => !n.IsUp || n.Status().HasAmnesia)) return;
        var node = AnyNode();
        if (!node.IsUp) return;
        foreach (var id in _waiting.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _waiting.Remove(id);
        foreach (var id in _reads.Where(w => w.Value.Node == node).Select(w => w.Key).ToList()) _reads.Remove(id);
        if (_dice.Chance(500)) _world.Crash(node);
        else _world.CrashAndLoseUnsynced(node);
        _trace.Add($"{node.Id} crashes");
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

    private void ChangeMembers()
    {
        var leader = _world.Nodes.Values.FirstOrDefault(n => n.IsUp && n.Replica.IsLeader);
        if (leader is null) return;
        var current = leader.Status().Configuration;
        var all = _world.Nodes.Keys.ToList();
        var voters = all.Where(n => current.Voters.Contains(n) ? _dice.Chance(850) : current.Contains(n)).ToList();
        if (voters.Count < (_voters / 2) + 1) return;
        var learners = all.Where(n => !voters.Contains(n) && _dice.Chance(700));
        _world.Request(leader, _nextRequest++, RequestKind.ChangeMembership, new Configuration(voters, learners).Encode());
    }

    private void Collect()
    {
        foreach (var (id, waiting) in _waiting.ToList())
        {
            if (!waiting.Node.Outcomes.TryGetValue(id, out var outcome)) continue;
            if (outcome == "Applied") _acknowledged.Add(waiting.Text);
            else if (!outcome.StartsWith("Unknown", StringComparison.Ordinal)) _denied.Add(waiting.Text);
            _waiting.Remove(id);
        }

        foreach (var (id, read) in _reads.ToList())
        {
            if (!read.Node.Outcomes.TryGetValue(id, out var outcome)) continue;
            if (outcome == "ReadNow") MustShow(read.Node, read.Acknowledged);
            _reads.Remove(id);
        }
    }

    private void Check(TestNode node)
    {
        node.Replica.CheckInvariants();
        var status = node.Status();
        if (status.Role != RaftRole.Leader) return;
        if (_leaders.TryGetValue(status.CurrentTerm, out var other)) other.ShouldBe(node.Id, "election safety");
        _leaders[status.CurrentTerm] = node.Id;
    }

    private void Heal()
    {
        _trace.Add("HEAL");
        _cut = [];
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
            _world.Stabilize();
        }

        leader.ShouldNotBeNull("progress after the faults are over");
        Collect();
        var applied = leader.Machine.Applied;
        foreach (var write in _acknowledged) applied.ShouldContain(write, "acknowledged writes survive");
        foreach (var write in _denied) applied.ShouldNotContain(write, "a write that was refused never happens");
        applied.Distinct().Count().ShouldBe(applied.Count, "each write is applied once");
        // A replica that was removed hears nothing more; its clients' requests end with the node's own time limit.
        var members = leader.Status().Configuration;
        _waiting.Values.Where(w => members.Contains(w.Node.Id)).ShouldBeEmpty("every request has an outcome");
    }

    private bool IsDone(out TestNode? leader)
    {
        leader = _world.Nodes.Values.FirstOrDefault(n => n.Replica.IsLeader);
        if (leader is null || !leader.Machine.Applied.Any(a => a.StartsWith("final", StringComparison.Ordinal))) return false;
        var status = leader.Status();
        if (status.Configuration.IsJoint || status.CommitIndex < status.LastIndex) return false;
        foreach (var member in status.Configuration.Members)
        {
            if (!_world.Nodes[member].Machine.Applied.SequenceEqual(leader.Machine.Applied)) return false;
        }

        return true;
    }
}
