using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

internal sealed class ChainProtocol(ChainOptions? options = null, ChainRules? rules = null) : IProtocol
{
    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation) =>
        new ChainReplica(self, options ?? new ChainOptions(), machine, snapshots, incarnation, rules);

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        ChainCodec.TryDecode(kind, body, out message);
}

/// <summary>
/// The least that a control plane must be: one newest configuration; leases for its epoch only; a wish is taken when its
/// epoch is the next, the leases of those who leave have run out, and somebody in it has the state.
/// </summary>
internal sealed class ChainControl(World world)
{
    private readonly Dictionary<NodeId, long> _leases = [];

    public GroupConfiguration Newest { get; private set; } = new(default, NodeId.None, [], []);

    /// <summary>A wish that waits for leases to run out; those who leave get no new ones.</summary>
    public GroupConfiguration? Pending { get; private set; }

    public int LeaseMilliseconds { get; init; } = 1000;

    /// <summary>False: a restarted node has forgotten what it held.</summary>
    public bool Durable { get; init; } = true;

    public void Decide(IEnumerable<int> chain, IEnumerable<int>? learners = null)
    {
        NodeId[] inSync = [.. chain.Select(n => new NodeId(n))];
        Adopt(new GroupConfiguration(
            Newest.Epoch.Next, inSync.Length > 0 ? inSync[0] : NodeId.None, inSync,
            [.. (learners ?? []).Select(n => new NodeId(n))]));
    }

    public void Adopt(GroupConfiguration configuration) => (Newest, Pending) = (configuration, null);

    public void Tell(TestNode node)
    {
        if (Newest.Epoch.Value > 0) world.Do(node, r => ((ChainReplica)r).OnConfiguration(Newest, world.Now, node.Effects));
    }

    public void Grant(TestNode node)
    {
        if (Newest.Epoch.Value == 0 || !Newest.Contains(node.Id) || Pending?.InSync.Contains(node.Id) == false) return;
        var until = world.Now.Nanoseconds + (LeaseMilliseconds * StepTime.NanosecondsPerMillisecond);
        _leases[node.Id] = until;
        world.Do(node, r => ((ChainReplica)r).OnLease(Newest.Epoch, until, world.Now, node.Effects));
    }

    public void TellAll()
    {
        foreach (var node in world.Nodes.Values) Tell(node);
    }

    public void GrantAll()
    {
        foreach (var node in world.Nodes.Values) Grant(node);
    }

    /// <summary>Considers one wish.</summary>
    /// <returns>True when it is the newest configuration now.</returns>
    public bool TryTake(GroupConfiguration? wish)
    {
        if (wish is null || wish.Epoch != Newest.Epoch.Next || wish.InSync.Count == 0) return false;
        if (!Durable && !wish.InSync.Any(n => world.Nodes[n] is { IsUp: true } node && !node.Status().NeedsState)) return false;
        if (Newest.InSync.Except(wish.InSync).Any(n => _leases.GetValueOrDefault(n) > world.Now.Nanoseconds))
        {
            Pending ??= wish;
            return false;
        }

        Adopt(wish);
        return true;
    }

    public bool TakeAny()
    {
        if (Pending is not null) return TryTake(Pending);
        foreach (var node in world.Nodes.Values) if (node.IsUp && TryTake(node.Chain().Wanted)) return true;
        return false;
    }

    public void Forget() => Pending = null;
}

internal static class ChainWorld
{
    /// <summary>All nodes up; those of the chain have accepted epoch 1 and have leases, the first entry is committed.</summary>
    public static (World World, ChainControl Control) Of(
        int chain, int nodes = 0, ChainOptions? options = null, ChainRules? rules = null, IEnumerable<int>? learners = null)
    {
        var world = new World(
            new ChainProtocol(options, rules), Math.Max(chain, nodes))
        { AfterStep = n => n.Replica.CheckInvariants() };
        var control = new ChainControl(world) { Durable = options?.Durable ?? true };
        world.StartAll();
        control.Decide(Enumerable.Range(1, chain), learners);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        return (world, control);
    }

    public static ChainReplica Chain(this TestNode node) => (ChainReplica)node.Replica;

    public static ChainStatus Status(this TestNode node) => node.Chain().Status;

    /// <summary>Delivers and ticks until the links have said what they have to say.</summary>
    public static void Settle(this World world, int ticks = 8)
    {
        world.Stabilize();
        for (var i = 0; i < ticks; i++)
        {
            world.TickAll();
            world.Stabilize();
        }
    }
}
