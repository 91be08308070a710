using System.Text;
using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>What one node has in its lost-and-found; outlives its crashes.</summary>
internal sealed class LostEntries(Action<string> trace) : ILostAndFound
{
    public List<string> Texts { get; } = [];

    public void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload).TrimEnd();
        // An effect of the test's machine begins with its index.
        if (payload[^1] == '\n') text = text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        Texts.Add(text);
        trace($"lost and found {index}/{madeIn} {text}");
    }
}

internal sealed class PrimaryProtocol(PrimaryOptions? options = null, PrimaryRules? rules = null) : IProtocol
{
    private readonly Dictionary<NodeId, LostEntries> _lost = [];

    public PrimaryOptions Options { get; set; } = options ?? new PrimaryOptions();

    /// <summary>Options of single nodes.</summary>
    public Dictionary<NodeId, PrimaryOptions> Special { get; } = [];

    public Action<NodeId, string> OnLost { get; set; } = (_, _) => { };

    public Func<NodeId, IStateMachine>? CreateMachine { get; set; }

    public LostEntries LostOf(NodeId node)
    {
        if (!_lost.TryGetValue(node, out var lost)) _lost[node] = lost = new LostEntries(text => OnLost(node, text));
        return lost;
    }

    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation) => new PrimaryReplica(
        self, Special.GetValueOrDefault(self, Options), CreateMachine?.Invoke(self)
            ?? machine, snapshots, LostOf(self), incarnation, rules);

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        PrimaryCodec.TryDecode(kind, body, out message);
}

/// <summary>What tests say to a group in place of a control plane.</summary>
internal static class PrimaryWorld
{
    public static (World World, PrimaryProtocol Protocol) Of(
        int nodes, PrimaryOptions? options = null, PrimaryRules? rules = null)
    {
        var protocol = new PrimaryProtocol(options, rules);
        return (new World(protocol, nodes), protocol);
    }

    /// <summary>A group in epoch 1 with n1 as the primary, its lease long, all of it delivered.</summary>
    public static World Led(
        int nodes, PrimaryOptions? options = null, PrimaryRules? rules = null, int learners = 0, Standby? standby = null,
        int delay = 0)
    {
        var (world, _) = Of(nodes, options, rules);
        world.Lead(learners, standby, delay);
        return world;
    }

    /// <param name="delay">Of the delayed replicas, in milliseconds.</param>
    public static void Lead(this World world, int learners = 0, Standby? standby = null, int delay = 0)
    {
        world.StartAll();
        var ids = world.Nodes.Keys.ToList();
        world.Configure(new GroupConfiguration(new Epoch(1), ids[0], ids[..^learners], ids[^learners..])
        {
            Standby = standby ?? Standby.Nobody,
            Rule = delay == 0
                ? null : GroupRule.Of(new Policy { Strategy = Strategy.Primary, Ack = Ack.Async, DelayMilliseconds = delay }),
        });
        world.Lease(world[1], 1_000_000);
        world.Stabilize();
    }

    public static PrimaryReplica Primary(this TestNode node) => (PrimaryReplica)node.Replica;

    public static PrimaryStatus Status(this TestNode node) => node.Primary().Status;

    /// <summary>Tells these nodes, or all that are up.</summary>
    public static void Configure(this World world, GroupConfiguration configuration, params TestNode[] nodes)
    {
        foreach (var node in nodes.Length > 0 ? nodes : world.Nodes.Values.Where(n => n.IsUp).ToArray())
            world.Step(node, r => ((IConfiguredReplica)r).OnConfiguration(configuration, world.Now, node.Effects));
    }

    /// <summary>Grants a lease in the epoch the node has accepted.</summary>
    public static void Lease(this World world, TestNode node, long milliseconds) =>
        world.Step(node, r => ((IConfiguredReplica)r).OnLease(
        node.Primary().Configuration!.Epoch,
        world.Now.Nanoseconds + (milliseconds * StepTime.NanosecondsPerMillisecond), world.Now, node.Effects));

    public static GroupConfiguration Group(long epoch, int leader, int[] inSync, params int[] learners) =>
        new(
            new Epoch(epoch), new NodeId(leader), [.. inSync.Select(n => new NodeId(n))],
            [.. learners.Select(n => new NodeId(n))]);

    public static void Settle(this World world, int ticks = 0)
    {
        world.Stabilize();
        for (var i = 0; i < ticks; i++)
        {
            world.TickAll();
            world.Stabilize();
        }
    }
}
