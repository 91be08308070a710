using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Control;

/// <summary>
/// One group of fake replicas, a map, and control leaders that come and go: real time in milliseconds, every node's clock
/// with its own rate and offset, messages late, lost and doubled, partitions, pauses, restarts, deaths within the fault
/// bound. After every step: nobody acts in a role that the map has given to another, and at every naming the new leader
/// holds all that was ever acknowledged.
/// </summary>
internal sealed class ControlChaos
{
    public const string LosesWrite = "the leader that is named holds every acknowledged write";
    public const string LeadsBesideAnother = "only the leader that is named leads under a lease";
    public const string ServesOutsideTheChain = "no replica that is out of the chain serves under a lease";

    private const int Drift = 24; // per mille, either way: within the bound of 50 between two clocks

    private readonly Prng _dice;
    private readonly ControlOptions _options;
    private readonly ControlMachine _machine;
    private readonly GroupId _group;
    private readonly SupervisorRules _rules;
    private readonly int _deaths;
    private readonly Dictionary<NodeId, FakeReplica> _replicas = [];
    private readonly Dictionary<NodeId, (double Rate, long Offset)> _clocks = [];
    private readonly Dictionary<NodeId, (long Incarnation, long Cut, long Alone, long Paused)> _faults = [];
    private readonly HashSet<NodeId> _dead = [];
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly HashSet<FakeEntry> _acknowledged = [];
    private readonly List<ControlCommand> _proposals = [];
    private Supervisor _supervisor;
    private NodeId _control;
    private long _elections;
    private long _time = 1000;
    private long _order;
    private long _number;
    private Epoch _lastEpoch;
    private bool _hasFaults;

    public ControlChaos(ulong seed, string words, int deaths, SupervisorRules? rules = null, int replicas = 3)
    {
        (_dice, _deaths, _rules) = (new Prng(seed), deaths, rules ?? SupervisorRules.Sound);
        // A lease that outlasts suspicion by far, every second time: only there does it show who does not wait for one.
        _options = seed % 2 == 0 ? new() : new() { LeaseMilliseconds = 1000 };
        _machine = MapBuilder.Machine(5);
        _group = _machine.Keyspace(words, [.. Enumerable.Range(1, replicas)]);
        for (var i = 1; i <= 5; i++)
        {
            _replicas[new(i)] = new FakeReplica(new(i));
            _clocks[new(i)] = (1 + (_dice.Between(-Drift, Drift) / 1000.0), _dice.Below(1_000_000_000_000));
            _faults[new(i)] = (1, 0, 0, 0);
        }

        _supervisor = null!;
        Elect();
    }

    /// <summary>A mistake that only tests make: a group counts as settled as soon as it has a new configuration.</summary>
    public bool SettlesTooEarly { get; init; }

    public int AcknowledgedCount => _acknowledged.Count;

    public long Namings { get; private set; }

    /// <summary>Runs for so many virtual milliseconds.</summary>
    /// <exception cref="InvariantViolation">when a rule is broken.</exception>
    public void Run(int milliseconds, bool faults = true)
    {
        _hasFaults = faults;
        for (var end = _time + milliseconds; _time < end; _time += 10)
        {
            if (faults) Break();
            while (_events.TryPeek(out _, out var key) && key.At <= _time) _events.Dequeue()();
            foreach (var (node, replica) in _replicas) if (IsUp(node)) StepNode(node, replica);
            StepControl();
            Check();
        }
    }

    public void Heal()
    {
        foreach (var node in _replicas.Keys) _faults[node] = (_faults[node].Incarnation, 0, 0, 0);
    }

    private long ClockOf(NodeId node) => _clocks[node].Offset + (long)(_time * 1_000_000.0 * _clocks[node].Rate);

    private bool IsUp(NodeId node) => !_dead.Contains(node) && _faults[node].Paused <= _time;

    private bool HearsControl(NodeId node) => IsUp(node) && _faults[node].Cut <= _time;

    private bool Reaches(NodeId a, NodeId b) => IsUp(a) && IsUp(b) && _faults[a].Alone <= _time && _faults[b].Alone <= _time;

    private void Later(long delay, Action action) => _events.Enqueue(action, (_time + delay, _order++));

    private void Send(NodeId? from, NodeId? to, Func<bool> passes, Action action)
    {
        for (var copies = _dice.Chance(20) ? 2 : 1; copies > 0; copies--)
        {
            if (_dice.Chance(20) || !passes()) continue;
            var delay = _dice.Chance(30) ? _dice.Between(50, 900) : _dice.Between(0, 15);
            Later(delay, () =>
            {
                if (passes()) action();
            });
        }
    }

    private void Break()
    {
        var node = new NodeId(1 + _dice.Below(5));
        var fault = _faults[node];
        var leader = _machine.Of(_group).Configuration.Leader;
        switch (_dice.Below(6000))
        {
            case < 4: _faults[node] = fault with { Cut = _time + _dice.Between(200, 6000) }; break;
            case < 8: _faults[node] = fault with { Alone = _time + _dice.Between(200, 6000) }; break;
            case < 10:
                _faults[node] = fault with { Cut = _time + _dice.Between(200, 6000), Alone = _time + _dice.Between(200, 6000) };
                break;
            case < 12: _faults[node] = fault with { Paused = _time + _dice.Between(100, 4000) }; break;
            case < 14:
                _replicas[node].Forget(ClockOf(node));
                _faults[node] = fault with { Incarnation = fault.Incarnation + 1, Paused = _time + _dice.Between(50, 2000) };
                break;
            case < 18: Elect(); break;
            case < 22 when !leader.IsNone:
                // The worst moment: the leader has just been granted a lease, is cut off, and the control leader changes.
                _faults[leader] = _faults[leader] with { Cut = _time + _dice.Between(1000, 5000) };
                Elect();
                break;
            case < 26: _supervisor.AskFailover(_group, default, new StepTime(ClockOf(_control), 0)); break;
            case < 28 when _dead.Count < _deaths && _machine.Of(_group).Configuration.Contains(node): _dead.Add(node); break;
        }
    }

    /// <summary>The worst moment for a replica that has just come into sync: the leader has not heard of that and goes on
    /// with those it had, and for a while the newcomer is the only one who answers the control leader.</summary>
    private void CutOffFrom(NodeId newcomer, IReadOnlyList<NodeId> others)
    {
        if (newcomer.IsNone) return;
        _faults[newcomer] = _faults[newcomer] with { Alone = _time + 4000 };
        foreach (var node in others) _faults[node] = _faults[node] with { Cut = _time + 4000, Alone = 0 };
    }

    private void Elect()
    {
        _elections++;
        _proposals.Clear();
        _control = new NodeId(1 + _dice.Below(5));
        _supervisor = new Supervisor(_machine, _options, _rules);
        _supervisor.OnElected(new StepTime(ClockOf(_control), 0));
    }

    private void StepControl()
    {
        // The control group's own leader is on some machine of its own here: only its clock matters.
        _supervisor.OnTick(new StepTime(ClockOf(_control), 0));
        _supervisor.TakeProposals(_proposals);
        foreach (var command in _proposals)
        {
            // Committed under this leader, or never: a successor has applied all of its predecessors' before it begins.
            var term = _elections;
            Later(_dice.Between(5, _dice.Chance(100) ? 500 : 40), () =>
            {
                if (term == _elections) Apply(command);
            });
        }

        _proposals.Clear();
    }

    private void Apply(ControlCommand command)
    {
        var inSync = _machine.Of(_group).Configuration.InSync;
        _machine.Do(command);
        if (SettlesTooEarly && command is SetConfiguration) _machine.Do(new Settle(_group, _machine.Of(_group).Epoch));
        var group = _machine.Of(_group);
        if (_hasFaults && _dice.Chance(300)) CutOffFrom(group.Configuration.InSync.Except(inSync).FirstOrDefault(), inSync);
        if (group.Epoch == _lastEpoch) return;
        _lastEpoch = group.Epoch;
        if (group.IsSealed || command is not SetConfiguration) return;
        Namings++;
        if (group.Policy.Ack == Ack.Async) return;
        var log = _replicas[group.Configuration.Leader].Log.ToHashSet();
        foreach (var entry in _acknowledged)
            Invariant.Require(log.Contains(entry), $"{LosesWrite}: {group.Configuration}, {entry}");
    }

    private void StepNode(NodeId node, FakeReplica replica)
    {
        var now = ClockOf(node);
        if (_time % 100 == node.Value * 10) Beat(node, replica, now);
        if (!replica.Leads) return;
        if (replica.HasLease(now) && _dice.Chance(300)) replica.Write(++_number);
        foreach (var entry in replica.Acknowledge(now)) _acknowledged.Add(entry);
        replica.LookAround(now, 800L * 1_000_000);
        if (_time % 30 != 0) return;
        var (epoch, log) = (replica.Epoch, replica.Log.ToArray());
        foreach (var member in replica.Configuration!.Members.Where(m => m != node))
        {
            Send(node, member, () => Reaches(node, member), () =>
            {
                if (!_replicas[member].OnLog(epoch, log)) return;
                // Its own length: what it says it holds is what it holds of this epoch's log.
                var length = _replicas[member].Log.Count;
                Send(
                    member, node, () => Reaches(node, member),
                    () => replica.OnAnswer(member, epoch, Math.Min(length, log.Length), ClockOf(node)));
            });
        }
    }

    private void Beat(NodeId node, FakeReplica replica, long now)
    {
        var incarnation = _faults[node].Incarnation;
        var beats = replica.Configuration is null ? [] : new List<GroupBeat> { new(_group, replica.Report, replica.Wanted) };
        var heartbeat = new Heartbeat { Incarnation = incarnation, SentAt = now, Groups = beats };
        var term = _elections;
        Send(node, null, () => HearsControl(node), () =>
        {
            var reply = _supervisor.OnHeartbeat(
                node, heartbeat, new StepTime(ClockOf(_control), 0), isCurrent: term == _elections || _dice.Chance(500));
            if (reply is null) return;
            Send(null, node, () => HearsControl(node), () =>
            {
                if (reply.Incarnation != _faults[node].Incarnation) return;
                foreach (var assignment in reply.Assignments.Where(a => a.Group == _group))
                    replica.OnAssignment(assignment, ClockOf(node));
                foreach (var (group, epoch) in reply.Grants)
                    if (group == _group) replica.OnLease(epoch, Leases.UntilOnNode(reply));
            });
        });
    }

    /// <summary>Nobody who believes in a lease plays a part that the map has given to another or has taken away.</summary>
    private void Check()
    {
        var group = _machine.Of(_group);
        foreach (var (node, replica) in _replicas)
        {
            if (_dead.Contains(node) || !replica.HasLease(ClockOf(node))) continue;
            if (group.Policy.Strategy == Strategy.Chain)
                Invariant.Require(
                    group.Configuration.InSync.Contains(node), $"{ServesOutsideTheChain}: {node}, {group.Configuration}");
            else if (replica.Leads && !group.IsSealed)
                Invariant.Require(
                    group.Configuration.Leader == node, $"{LeadsBesideAnother}: {node}, {group.Configuration.Leader}");
        }
    }
}
