using System.Text;
using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>How the harness makes replicas; keeps what requests were answered.</summary>
internal sealed class CasPaxosProtocol(CasPaxosOptions options, CasPaxosRules? rules = null, ulong seed = 1) : IProtocol
{
    /// <summary>What was answered, by request.</summary>
    public Dictionary<long, string> Replies { get; } = [];

    public Action<string> Trace { get; set; } = _ => { };

    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation)
    {
        var registers = new TextMachine((request, reply) =>
        {
            Replies[request.Value] = reply;
            Trace($"{self} answers {request} '{reply}'");
        });
        return new CasPaxosReplica(
            self, options, registers, snapshots, incarnation, seed + (ulong)self.Value + ((ulong)incarnation * 1000), rules);
    }

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        CasPaxosCodec.TryDecode(kind, body, out message);
}

/// <summary>A group with everything around it that a test needs.</summary>
internal sealed class CasPaxosGroup
{
    private long _nextRequest = 1;

    public CasPaxosGroup(
        int nodes, CasPaxosOptions? options = null, CasPaxosRules? rules = null, int acceptors = 3, ulong seed = 1)
    {
        Protocol = new CasPaxosProtocol((options ?? new CasPaxosOptions()) with { Acceptors = acceptors }, rules, seed);
        World = new World(Protocol, nodes) { AfterStep = n => n.Replica.CheckInvariants() };
        World.StartAll();
        Configure(new GroupConfiguration(new Epoch(1), NodeId.None, [.. World.Nodes.Keys.Order()], []));
    }

    public CasPaxosProtocol Protocol { get; }

    public World World { get; }

    public GroupConfiguration Newest { get; private set; } = null!;

    public TestNode this[int id] => World[id];

    public static CasPaxosReplica Of(TestNode node) => (CasPaxosReplica)node.Replica;

    public CasPaxosStatus Status(int id) => Of(World[id]).Status;

    public void Configure(GroupConfiguration configuration)
    {
        Newest = configuration;
        foreach (var node in World.Nodes.Values) Tell(node);
    }

    /// <summary>Decides on a configuration that nobody has been told of yet.</summary>
    public void Take(GroupConfiguration configuration) => Newest = configuration;

    public void Tell(TestNode node) =>
        World.Do(node, r => ((IConfiguredReplica)r).OnConfiguration(Newest, World.Now, node.Effects));

    /// <summary>The control plane takes a wish, if somebody has one.</summary>
    public bool TakeWish()
    {
        foreach (var node in World.Nodes.Values.Where(n => n.IsUp))
        {
            if (Of(node).Wanted is not { } wish || wish.Epoch != Newest.Epoch.Next) continue;
            Configure(wish);
            return true;
        }

        return false;
    }

    /// <summary>Asks and does not wait.</summary>
    public long Ask(int node, string command)
    {
        var id = _nextRequest++;
        World.Request(
            World[node], id, TextMachine.IsRead(command) ? RequestKind.Read : RequestKind.Write, Encoding.UTF8.GetBytes(command));
        return id;
    }

    /// <summary>Asks, delivers all messages and lets some time go by.</summary>
    public string Do(int node, string command)
    {
        var id = Ask(node, command);
        for (var i = 0; i < 300 && !World[node].Outcomes.ContainsKey(id); i++)
        {
            World.Stabilize();
            if (!World[node].Outcomes.ContainsKey(id)) World.TickAll();
        }

        return Answer(node, id);
    }

    /// <summary>What a request was answered; how it ended, when not well; nothing while it has not ended.</summary>
    public string Answer(int node, long id) =>
        !World[node].Outcomes.TryGetValue(id, out var outcome)
            ? "" : outcome == "Done" ? Protocol.Replies[id] : outcome.Split(':')[0];

    public void Ticks(int times)
    {
        for (var i = 0; i < times; i++)
        {
            World.TickAll();
            World.Stabilize();
        }
    }
}
