using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>One run: a chain, a seed, faults of every kind and a slow control plane, then peace, in which it must come
/// back.</summary>
internal sealed class Chaos
{
    private const int Keys = 4;

    private readonly Prng _dice;
    private readonly World _world;
    private readonly ChainControl _control;
    private readonly ulong _seed;
    private readonly int _chain;
    private readonly bool _durable;
    private readonly ChainHistory _history;
    private readonly List<string> _trace = [];
    private readonly List<GroupConfiguration> _wishes = [];
    private HashSet<(NodeId, NodeId)> _cut = [];
    private long _nextRequest = 1;

    /// <summary>Replicas apply little in a turn, and some commands take several.</summary>
    private bool IsSlow => _seed % 5 < 2;

    public Chaos(ulong seed, int chain, bool durable, ChainRules? rules = null)
    {
        (_seed, _chain, _durable) = (seed, chain, durable);
        _dice = new Prng(seed);
        var options = new ChainOptions
        {
            Durable = durable,
            Craq = seed % 4 != 0,
            SnapshotThresholdBytes = seed % 2 == 0 ? 600 : 1 << 20,
            RetainedBytes = seed % 3 == 0 ? 0 : 1 << 20,
            MaxLagBytes = seed % 3 == 0 ? 100 : 64 << 20,
            MaxBatchBytes = 120,
            MaxInflight = 4,
            SnapshotWindow = 3,
            SnapshotPieceBytes = 16,
            ApplyBudget = IsSlow ? new ApplyBudget(1 + (int)(seed % 3), 40) : ApplyBudget.Standard,
            SilenceTicks = 20,
        };
        _world = new World(new ChainProtocol(options, rules), chain + 1) { Trace = line => Note(line) };
        if (IsSlow) _world.TurnsOf = text => Hash.Of(Encoding.UTF8.GetBytes(text)) % 4 == 0 ? 3 : 1;
        _history = new ChainHistory(Keys);
        _world.AfterStep = Check;
        _world.OnApplied = _history.OnApplied;
        _control = new ChainControl(_world) { LeaseMilliseconds = 150, Durable = durable };
    }

    public int Acknowledged => _history.Acknowledged;

    public int Reads => _history.Reads;

    public long Epochs => _control.Newest.Epoch.Value;

    public int Joined { get; private set; }

    public int Snapshots => _world.Nodes.Values.Count(n => n.Disk.Sealed is not null);

    public void Run()
    {
        try
        {
            _world.StartAll();
            _control.Decide(Enumerable.Range(1, _chain), [_chain + 1]);
            foreach (var node in _world.Nodes.Values) node.SyncsAtOnce = _dice.Chance(500);
            for (var i = 0; i < 4000; i++) Act();
            Heal();
        }
        catch (Exception e)
        {
            var lines = int.TryParse(Environment.GetEnvironmentVariable("QUORATE_TRACE"), out var n) ? n : 60;
            var tail = string.Join('\n', _trace.TakeLast(lines));
            var states = string.Join('\n', _world.Nodes.Values.Select(n => n.ToString() + (n.IsUp ? "" : " DOWN")));
            throw new RunFailure(
                $"seed {_seed}, chain of {_chain}, durable {_durable}: {e.Message}\n{tail}\n{states}\nnewest {_control.Newest}\n",
                e);
        }
    }

    private void Note(string line)
    {
        _trace.Add(line);
        _history.OnTrace(line);
    }

    private void Act()
    {
        var die = _dice.Below(1000);
        if (die < 440) DeliverSome();
        else if (die < 660) TickSome();
        else if (die < 730) WriteSome();
        else if (die < 800) ReadSome();
        else if (die < 870) _world.Sync(AnyNode());
        else if (die < 950) Control();
        else if (die < 956) Cut();
        else if (die < 961) CrashOne();
        else if (die < 985) StartOne();
        else if (die < 987) Transfer();
        else _control.Tell(AnyNode());
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

    /// <summary>Leases, wishes that may be old when they are taken, and the control plane's word, each to somebody.</summary>
    private void Control()
    {
        var node = AnyNode();
        if (_dice.Chance(600)) _control.Grant(node);
        if (node.IsUp && node.Chain().Wanted is { } wish && _wishes.Count < 8) _wishes.Add(wish);
        if (_dice.Chance(400) && _control.Pending is not null) Take(_control.Pending);
        if (_dice.Chance(300) && _wishes.Count > 0)
        {
            var at = _dice.Below(_wishes.Count);
            Take(_wishes[at]);
            _wishes.RemoveAt(at);
        }

        if (_dice.Chance(500)) _control.Tell(AnyNode());
    }

    private void Take(GroupConfiguration wish)
    {
        var before = _control.Newest.InSync.Count;
        if (!_control.TryTake(wish)) return;
        if (_control.Newest.InSync.Count > before) Joined++;
        _trace.Add($"control plane: {_control.Newest}");
    }

    private void WriteSome()
    {
        var heads = _world.Nodes.Values.Where(n => n.IsUp && n.Replica.IsLeader).ToList();
        var node = heads.Count > 0 && _dice.Chance(950) ? heads[_dice.Below(heads.Count)] : AnyNode();
        if (!node.IsUp) return;
        for (var n = _dice.Below(4); n >= 0; n--)
        {
            var id = _nextRequest++;
            var key = _dice.Below(Keys + 1);
            // Sometimes a command about all keys.
            var text = (key == Keys ? "all" : $"k{key}=") + $"w{id}" + new string('.', _dice.Below(30));
            _history.BeginWrite(id, node, text);
            _world.Write(node, id, text);
        }
    }

    private void ReadSome()
    {
        var node = AnyNode();
        if (!node.IsUp) return;
        var id = _nextRequest++;
        if (_dice.Chance(200) && node.Replica.MayReadLocally(_world.Now))
        {
            _history.BeginRead(id, node, -1);
            _history.EndRead(id);
            return;
        }

        var key = _dice.Below(Keys + 1);
        _history.BeginRead(id, node, key == Keys ? -1 : key);
        _world.Request(node, id, RequestKind.Read, keyHash: key == Keys ? 0 : World.KeyHash($"k{key}="));
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
        var node = AnyNode();
        if (!node.IsUp) return;
        // In memory mode one replica of the chain must live, and the control plane must not be about to leave it out.
        if (!_durable)
        {
            var survivors = _control.Newest.InSync.Where(n => n != node.Id
                && _world.Nodes[n].IsUp && !_world.Nodes[n].Status().NeedsState).ToList();
            if (survivors.Count == 0 || (_control.Pending is { } pending && !pending.InSync.Any(survivors.Contains))) return;
        }

        _history.Forget(node);
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
        var head = _world.Nodes.Values.FirstOrDefault(n => n.IsUp && n.Replica.IsLeader);
        if (head is not null) _world.Request(head, _nextRequest++, RequestKind.TransferLeadership, target: AnyNode().Id);
    }

    private void Check(TestNode node)
    {
        node.Replica.CheckInvariants();
        _history.Collect();
        ChainChecks.CommittedIsDurableOnTheWholeChain(_world, _control.Newest);
        ChainChecks.VerifiedLogsAgree(_world, node);
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
        TestNode? head = null;
        for (var i = 0; i < 1500 && !IsDone(out head); i++)
        {
            if (i % 100 == 50 && _world.Nodes.Values.FirstOrDefault(n => n.Replica.IsLeader) is { } h)
            {
                var id = _nextRequest++;
                _history.BeginWrite(id, h, $"k0=final{i}");
                _world.Write(h, id, $"k0=final{i}");
            }

            if (_control.TakeAny()) _trace.Add($"control plane: {_control.Newest}");
            _control.TellAll();
            _control.GrantAll();
            _world.TickAll();
            _world.Stabilize();
        }

        head.ShouldNotBeNull("progress after the faults are over");
        _history.CheckAtTheEnd(head);
    }

    private bool IsDone(out TestNode? head)
    {
        head = _world.Nodes.Values.FirstOrDefault(n => n.Replica.IsLeader);
        if (head is null || _control.Newest.InSync.Count < _world.Nodes.Count) return false;
        if (!head.Machine.Applied.Any(a => a.Contains("final", StringComparison.Ordinal))) return false;
        var applied = head.Machine.Applied;
        return _world.Nodes.Values.All(n => n.Machine.Applied.SequenceEqual(applied))
            && head.Status().CommitIndex == head.Status().LastIndex;
    }
}
