using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>How the harness makes leaderless replicas; knows their machines and what clients were answered.</summary>
internal sealed class LeaderlessProtocol(LeaderlessOptions options, LeaderlessRules? rules = null) : IProtocol
{
    public LeaderlessOptions Options { get; } = options;

    public Dictionary<(NodeId Node, int Partition), MergeMachine> Machines { get; } = [];

    /// <summary>Replies by request.</summary>
    public Dictionary<long, string> Replies { get; } = [];

    /// <summary>How far a node's wall clock is wrong, in milliseconds.</summary>
    public Dictionary<NodeId, long> Skews { get; } = [];

    public Action<string> Trace { get; set; } = _ => { };

    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation)
    {
        foreach (var old in Machines.Keys.Where(k => k.Node == self).ToList()) Machines.Remove(old);
        return new LeaderlessReplica(
            self,
            Options,
            partition =>
                Machines[(self, partition)] = new MergeMachine(
                    self, incarnation, () => Skews.GetValueOrDefault(self), (request, reply) =>
            {
                Replies[request.Value] = reply;
                Trace($"{self} has for {request}: {reply}");
            }),
            new CommandKeys(),
            snapshots,
            incarnation,
            (ulong)self.Value,
            rules);
    }

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        LeaderlessCodec.TryDecode(kind, body, out message);
}

/// <summary>A world of leaderless replicas, with the control plane's part played by the test.</summary>
internal sealed class LeaderlessWorld
{
    private long _nextRequest = 1;

    public LeaderlessWorld(
        int nodes, LeaderlessOptions? options = null, LeaderlessRules? rules = null, int members = 0, bool settle = true)
    {
        Protocol = new LeaderlessProtocol(options ?? new LeaderlessOptions { Partitions = 1 }, rules);
        World = new World(Protocol, nodes) { AfterStep = n => n.Replica.CheckInvariants() };
        World.StartAll();
        Decide(Enumerable.Range(1, members == 0 ? nodes : members));
        TellAll();
        if (settle) Settle(30);
    }

    public World World { get; }

    public LeaderlessProtocol Protocol { get; }

    public GroupConfiguration Newest { get; private set; } = new(default, NodeId.None, [], []);

    public TestNode this[int node] => World[node];

    public MergeMachine Machine(int node, int partition = 0) => Protocol.Machines[(new NodeId(node), partition)];

    public void Decide(IEnumerable<int> members, IEnumerable<int>? learners = null) => Newest = new GroupConfiguration(
        Newest.Epoch.Next,
        NodeId.None, [.. members.Select(n => new NodeId(n))], [.. (learners ?? []).Select(n => new NodeId(n))]);

    public void Tell(TestNode node) =>
        World.Do(node, r => ((LeaderlessReplica)r).OnConfiguration(Newest, World.Now, node.Effects));

    public void TellAll()
    {
        foreach (var node in World.Nodes.Values) if (Newest.Contains(node.Id)) Tell(node);
    }

    /// <summary>Hands a command in; its number.</summary>
    public long Ask(int node, string command, int r = 0, int w = 0)
    {
        var id = _nextRequest++;
        Ask(World[node], id, command, r, w);
        return id;
    }

    public void Ask(TestNode node, long id, string command, int r = 0, int w = 0)
    {
        byte[] payload = MergeMachine.Payload(command);
        if (r + w > 0)
        {
            var prefixed = new System.Buffers.ArrayBufferWriter<byte>();
            QuorumPrefix.Write(prefixed, r, w);
            payload = [.. prefixed.WrittenSpan, .. payload];
        }

        World.Request(node, id, RequestKind.Write, payload);
    }

    /// <summary>Asks, lets the messages through and tells the reply, or the outcome when it is another than done.</summary>
    public string Do(int node, string command, int r = 0, int w = 0)
    {
        var id = Ask(node, command, r, w);
        World.Stabilize();
        return Answer(node, id);
    }

    public string Answer(int node, long id) =>
        !World[node].Outcomes.TryGetValue(id, out var outcome) ? "waits" : outcome == "Done" ? Protocol.Replies[id] : outcome;

    public void Settle(int ticks)
    {
        World.Stabilize();
        for (var i = 0; i < ticks; i++)
        {
            World.TickAll();
            World.Stabilize();
        }
    }

    /// <summary>Ticks and loses all comparisons.</summary>
    public void SettleQuietly(int ticks)
    {
        for (var i = 0; i < ticks; i++)
        {
            World.TickAll();
            World.Stabilize(e => e.Kind != Compare.WireKind);
        }
    }
}

internal static class LeaderlessNodes
{
    public static LeaderlessReplica Leaderless(this TestNode node) => (LeaderlessReplica)node.Replica;
}
