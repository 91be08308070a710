using System.Text;
using Quorate.Replication;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

internal sealed class MultiLeaderProtocol(MultiLeaderOptions? options = null, MultiLeaderRules? rules = null) : IProtocol
{
    public MultiLeaderOptions Options { get; set; } = options ?? new MultiLeaderOptions();

    public Dictionary<NodeId, StoreMachine> Machines { get; } = [];

    public Func<NodeId, long, StoreMachine> CreateMachine { get; set; } = (self, incarnation) =>
        new StoreMachine(self, incarnation);

    /// <summary>Called when a reply is handed in to be kept.</summary>
    public Action<NodeId, RequestId, string> OnKeep { get; set; } = (_, _, _) => { };

    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation)
    {
        var store = CreateMachine(self, incarnation);
        store.OnKeep = (request, text) => OnKeep(self, request, text);
        Machines[self] = store;
        return new MultiLeaderReplica(self, Options, store, snapshots, incarnation, rules);
    }

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        MultiLeaderCodec.TryDecode(kind, body, out message);
}

/// <summary>A world of leaders, what their clients ask and are told, and what tests say in place of a control plane.</summary>
internal sealed class MultiLeaderWorld
{
    private long _nextRequest = 1;

    public MultiLeaderWorld(int nodes, MultiLeaderOptions? options = null, MultiLeaderRules? rules = null)
    {
        Protocol = new MultiLeaderProtocol(options, rules);
        World = new World(Protocol, nodes) { AfterStep = node => node.Replica.CheckInvariants() };
        World.Advance(1_700_000_000_000 % 1_000_000_000);
        Protocol.OnKeep = (_, request, text) => Replies[request.Value] = text;
    }

    public MultiLeaderProtocol Protocol { get; }

    public World World { get; }

    public Dictionary<long, string> Replies { get; } = [];

    public TestNode this[int node] => World[node];

    /// <summary>Every node a member of epoch 1, and all told.</summary>
    public static MultiLeaderWorld Of(int nodes, MultiLeaderOptions? options = null, MultiLeaderRules? rules = null)
    {
        var world = new MultiLeaderWorld(nodes, options, rules);
        world.World.StartAll();
        world.Configure(1, [.. Enumerable.Range(1, nodes)]);
        world.World.Stabilize();
        return world;
    }

    public static MultiLeaderReplica Replica(TestNode node) => (MultiLeaderReplica)node.Replica;

    public static GroupConfiguration Group(long epoch, int[] inSync, params int[] learners) =>
        new(new Epoch(epoch), NodeId.None, [.. inSync.Select(n => new NodeId(n))], [.. learners.Select(n => new NodeId(n))]);

    public void Configure(long epoch, int[] inSync, params int[] learners)
    {
        foreach (var node in World.Nodes.Values.Where(n => n.IsUp)) Configure(node, Group(epoch, inSync, learners));
    }

    public void Configure(TestNode node, GroupConfiguration configuration) =>
        World.Step(node, r => ((IConfiguredReplica)r).OnConfiguration(configuration, World.NowOf(node), node.Effects));

    public MultiLeaderStatus Status(int node) => Replica(World[node]).Status;

    public StoreMachine Machine(int node) => Protocol.Machines[new NodeId(node)];

    /// <summary>Asks, and returns the request's number.</summary>
    public long Ask(int node, string line)
    {
        var id = _nextRequest++;
        var isRead = line.Split(' ')[0] is "GET" or "SMEMBERS" or "HGETALL";
        World.Request(
            World[node], id, isRead ? RequestKind.Read : RequestKind.Write, Encoding.UTF8.GetBytes(line),
            keyHash: Hash.Of(Encoding.UTF8.GetBytes(line.Split(' ')[1])));
        return id;
    }

    /// <summary>The reply if the outcome is Done, else the outcome; null while there is none.</summary>
    public string? Answer(int node, long id) =>
        !World[node].Outcomes.TryGetValue(id, out var outcome) ? null : outcome == "Done" ? Replies[id] : outcome;

    public string? Do(int node, string line) => Answer(node, Ask(node, line));

    /// <summary>What a client of the node would be told, without asking it.</summary>
    public string Peek(int node, string line) => Machine(node).Read(line, World.NowOf(World[node]));

    /// <summary>Delivers all, then ticks and delivers.</summary>
    public void Settle(int ticks = 0, Func<Envelope, bool>? passes = null)
    {
        World.Stabilize(passes);
        for (var i = 0; i < ticks; i++)
        {
            World.TickAll();
            World.Stabilize(passes);
        }
    }

    public static Func<Envelope, bool> Without(params int[] cut) => e => !cut.Contains(e.From.Value) && !cut.Contains(e.To.Value);
}
