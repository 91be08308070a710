using Quorate.Cluster;
using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation;

/// <summary>All machines of one world, the network between them, and what an operator can ask of them.</summary>
internal sealed class SimCluster
{
    private readonly Scenario _scenario;
    private readonly IReadOnlyList<Member> _members;
    private readonly RaftOptions _raft;

    public SimCluster(World world, Scenario scenario, RaftRules raftRules, JournalRules journalRules)
    {
        (World, _scenario, RaftRules, JournalRules) = (world, scenario, raftRules, journalRules);
        _members = [.. Enumerable.Range(1, scenario.Nodes).Select(i => new Member(new NodeId(i), $"node{i}", $"node{i}:7001", $"node{i}:6379"))];
        _raft = new RaftOptions
        {
            MaxLagBytes = scenario.MaxLagBytes,
            SnapshotThresholdBytes = scenario.SnapshotThresholdBytes,
            SnapshotPieceBytes = 512,
            MaxBatchBytes = scenario.MaxBatchBytes,
            MaxInflight = scenario.MaxInflight,
        };
        Network = new SimNetwork(world, world.Fork(), scenario.Nodes, (from, to, frame, corrupted) => Nodes![to.Value - 1].Deliver(from, frame, corrupted));
        var prng = world.Fork();
        Nodes = [.. _members.Select(m => new SimNode(this, m.Id, prng.Fork(), ClockFrom(prng), scenario.Nodes))];
        Invariants = new ClusterInvariants();
    }

    public World World { get; }

    public SimNetwork Network { get; }

    public IReadOnlyList<SimNode> Nodes { get; }

    public List<SimClient> Clients { get; } = [];

    public ClusterInvariants Invariants { get; }

    public RaftRules RaftRules { get; }

    public JournalRules JournalRules { get; }

    /// <summary>Faults are over.</summary>
    public bool IsHealed { get; set; }

    /// <summary>One disk of the cluster was damaged in this run; no second one may be.</summary>
    public bool HasRotted { get; set; }

    /// <summary>Who leads in the highest term, if anybody does.</summary>
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
        Raft = _raft,
        RequestTimeoutMilliseconds = 2000,
    };

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
        var voters = order.Where(members.Contains).Take(Nodes.Count / 2 + 1 + (prng.Chance(500) ? 0 : prng.Below(Nodes.Count))).ToArray();
        var learners = order.Except(voters).Where(_ => prng.Chance(600)).ToArray();
        ChangeMembership(leader, new Configuration(voters, learners));
    }

    /// <summary>One step on the way back to everybody being a voter: newcomers learn first.</summary>
    public void RestoreMembership(SimNode leader)
    {
        var now = leader.Node!.Raft.Configuration;
        var everybody = Nodes.Select(n => n.Id).ToArray();
        var strangers = everybody.Where(n => !now.Contains(n)).ToArray();
        ChangeMembership(leader, strangers.Length == 0
            ? new Configuration(everybody)
            : new Configuration(now.Voters, now.Learners.Concat(strangers)));
    }

    private void ChangeMembership(SimNode leader, Configuration target)
    {
        World.Faults.Add(FaultKind.MembershipChange);
        World.Log($"operator: {leader.Id} is asked for members {target}");
        leader.Run(node => node.ChangeMembership(target, leader.Clock.Now));
    }

    public void AfterStep(SimNode node) => Invariants.Check(node);

    public string Describe() => string.Join(Environment.NewLine, Nodes);

    private SimClock ClockFrom(Prng prng) => new(
        World,
        prng.Below(1_000_000 * World.Second),
        _scenario.DriftPartsPerMillion == 0 ? 0 : (int)prng.Between(-_scenario.DriftPartsPerMillion, _scenario.DriftPartsPerMillion),
        prng.Between(-5000, 5000));
}
