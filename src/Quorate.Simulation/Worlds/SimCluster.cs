using Quorate.Cluster;
using Quorate.Cluster.Control;
using Quorate.Cluster.Journal;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Replication.Rows;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Workloads;
using Quorate.Strategies;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Worlds;

/// <summary>All machines of one world, the network between them, and what an operator can ask of them.</summary>
internal sealed class SimCluster
{
    private readonly Scenario _scenario;
    private readonly IReadOnlyList<Member> _members;
    private readonly StrategySettings _settings;

    public SimCluster(World world, Scenario scenario, NodeRules rules, JournalRules journalRules)
    {
        (World, _scenario, Rules, JournalRules) = (world, scenario, rules, journalRules);
        Prominent = _ => Leader;
        _members = [.. Enumerable
            .Range(1, scenario.Nodes).Select(i => new Member(new NodeId(i), $"node{i}", $"node{i}:7001", $"node{i}:6379"))];
        _settings = SimSettings.Of(scenario);
        Network = new SimNetwork(
            world, world.Fork(), scenario.Nodes,
            (from, to, frame, corrupted) => Nodes![to.Value - 1].Deliver(from, frame, corrupted));
        var prng = world.Fork();
        Nodes = [.. _members.Select(m => new SimNode(this, m.Id, prng.Fork(), ClockFrom(prng), scenario.Nodes))];
        Invariants = new ClusterInvariants();
    }

    public World World { get; }

    public SimNetwork Network { get; }

    public long BusyNanoseconds => _scenario.BusyMicroseconds * 1000L;

    public IReadOnlyList<SimNode> Nodes { get; }

    public List<SimClient> Clients { get; } = [];

    public ClusterInvariants Invariants { get; }

    public NodeRules Rules { get; }

    public JournalRules JournalRules { get; }

    /// <summary>The times of the control plane; null: the nodes run without one.</summary>
    public ControlOptions? Control { get; init; }

    /// <summary>Stands between replicas whose data merges and their contents.</summary>
    public Func<NodeId, GroupId, int, IMergeMachine, IMergeMachine>? Observe { get; set; }

    /// <summary>For canaries: kinds of journal records that a restarted node does not know any more.</summary>
    public Predicate<byte>? Forgets { get; init; }

    /// <summary>Looks at a node after every step of it.</summary>
    public Action<SimNode>? Watch { get; set; }

    /// <summary>A node whose failure hurts; null when there is none now.</summary>
    public Func<Prng, SimNode?> Prominent { get; set; }

    /// <summary>False: the promises that are tested say nothing of this node's stop now.</summary>
    public Predicate<SimNode> MayStop { get; set; } = _ => true;

    /// <summary>What an operator does when the dice say so.</summary>
    public Action<FaultKind, Prng>? Operate { get; set; }

    /// <summary>Faults are over.</summary>
    public bool IsHealed { get; set; }

    /// <summary>One disk of the cluster was damaged in this run; no second one may be.</summary>
    public bool HasRotted { get; set; }

    /// <summary>The leader of the highest term; null: there is none.</summary>
    public SimNode? Leader
    {
        get
        {
            SimNode? leader = null;
            foreach (var node in Nodes)
            {
                if (node.Node is not { } n || node.HasFailedJournal || !n.Raft.IsLeader) continue;
                if (leader is null || n.Raft.CurrentTerm > leader.Node!.Raft.CurrentTerm) leader = node;
            }

            return leader;
        }
    }

    public NodeOptions OptionsOf(NodeId id, ulong seed, long incarnation) => new()
    {
        Self = id,
        Members = _members,
        Seed = seed,
        Incarnation = incarnation,
        Strategies = StrategyTable.All,
        Settings = _settings,
        Merging = SimSettings.Store,
        Observe = Observe is { } observe ? (group, partition, machine) => observe(id, group, partition, machine) : null,
        Control = Control,
        Labels = new NodeLabels(Region: RegionOf(id)),
        RequestTimeoutMilliseconds = 2000,
    };

    /// <summary>Null when the world knows no regions.</summary>
    public string? RegionOf(NodeId id) => _scenario.Regions == 0 ? null : $"r{(id.Value - 1) % _scenario.Regions}";

    public JournalOptions JournalOptionsOf(NodeId id) => new()
    {
        SegmentLength = _scenario.JournalFileBytes,
        SpareSegments = 2,
        Salt = (ulong)id.Value * 0x1234_5678_9ABC,
        Rules = JournalRules,
    };

    /// <summary>A node for a client to connect to: any, up or not.</summary>
    public SimNode Pick(Prng prng) => Nodes[prng.Below(Nodes.Count)];

    public void TransferLeadership(Prng prng)
    {
        var target = Pick(prng).Id;
        if (Leader is not { } leader) return;
        World.Faults.Add(FaultKind.LeadershipTransfer);
        leader.Run(node => node.TransferLeadership(target, leader.Clock.Now));
    }

    /// <summary>Asks for other members: drops some, lets newcomers learn, makes voters of those that did.</summary>
    public void ChangeMembership(Prng prng)
    {
        if (Leader is not { } leader) return;
        var members = leader.Node!.Raft.Configuration.Members;
        var order = Nodes.Select(n => n.Id).OrderBy(_ => prng.NextUInt64()).ToArray();
        var voters = order.Where(members.Contains)
            .Take(Nodes.Count / 2 + 1 + (prng.Chance(500) ? 0 : prng.Below(Nodes.Count))).ToArray();
        var learners = order.Except(voters).Where(_ => prng.Chance(600)).ToArray();
        ChangeMembership(leader, voters, learners);
    }

    /// <summary>One step on the way back to everybody being a voter: newcomers learn first.</summary>
    public void RestoreMembership(SimNode leader)
    {
        var now = leader.Node!.Raft.Configuration;
        var everybody = Nodes.Select(n => n.Id).ToArray();
        var strangers = everybody.Where(n => !now.Contains(n)).ToArray();
        if (strangers.Length == 0) ChangeMembership(leader, everybody, []);
        else ChangeMembership(leader, [.. now.Voters], [.. now.Learners, .. strangers]);
    }

    private void ChangeMembership(SimNode leader, NodeId[] voters, NodeId[] learners)
    {
        World.Faults.Add(FaultKind.MembershipChange);
        World.Log($"operator: {leader.Id} is asked for members {new Configuration(voters, learners)}");
        leader.Run(node => node.ChangeMembership(voters, learners, leader.Clock.Now));
    }

    public void AfterStep(SimNode node)
    {
        Invariants.Check(node);
        Watch?.Invoke(node);
    }

    /// <summary>Goes on until it holds.</summary>
    /// <exception cref="SimulationFailure">it does not within so many ticks.</exception>
    public void Until(string what, int ticks, Func<bool> holds)
    {
        var end = World.Now + ticks * IReplica.TickLength * World.Millisecond;
        for (var i = 0; ; i++)
        {
            if (i % 16 == 0 && holds()) return;
            if (!World.Step(end)) throw new LivenessFailure($"no {what} within {ticks} ticks:\n{Describe()}");
        }
    }

    /// <summary>Each of these clients is served once more, then all stop and wait for what they have asked.</summary>
    public void EndClients(int ticks, IEnumerable<SimClient> served)
    {
        var before = served.Select(c => (Client: c, c.OkCount)).ToArray();
        Until("every client served", ticks, () => before.All(b => b.Client.OkCount > b.OkCount));
        foreach (var client in Clients) client.Stop();
        Until("every operation answered", ticks, () => Clients.All(c => c.InFlight == 0));
    }

    public string Describe() => string.Join(Environment.NewLine, Nodes);

    private SimClock ClockFrom(Prng prng) => new(
        World,
        prng.Below(1_000_000 * World.Second),
        _scenario.DriftPartsPerMillion == 0
            ? 0 : (int)prng.Between(-_scenario.DriftPartsPerMillion, _scenario.DriftPartsPerMillion),
        prng.Between(-5000, 5000));
}
