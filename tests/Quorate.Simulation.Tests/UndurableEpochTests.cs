using System.Buffers;
using Quorate.Cluster;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Faults;
using Quorate.Simulation.Keyspaces;
using Quorate.Simulation.Worlds;
using Quorate.Strategies;
using Quorate.Strategies.Primary;

namespace Quorate.Simulation.Tests;

/// <summary>
/// Which entries the checker of logs compares:
/// <list type="number">
/// <item>A primary orders entries in an epoch that is not durable on its node yet. They have not left the node.</item>
/// <item>The node is restarted, follows the same epoch and orders other entries at the same places.</item>
/// <item>That contradicts nothing. Had the epoch been durable, it would.</item>
/// </list>
/// </summary>
public class UndurableEpochTests
{
    private static readonly StepTime Now = new(1_000_000_000, 1_700_000_000_000);
    private static readonly NodeId Self = new(1);

    private readonly SimCluster _cluster = new(
        new World(1), new Scenario { Nodes = 3, Strikes = new SortedDictionary<FaultKind, int>() }, NodeRules.Sound, new());

    [Fact]
    public void Entries_of_an_epoch_that_is_not_durable_are_not_compared()
    {
        var watch = Watch();
        Order(watch, isDurable: false, "SET a 1"u8);
        Order(watch, isDurable: false, "SET b 2"u8);
    }

    [Fact]
    public void Entries_of_an_epoch_that_is_durable_are()
    {
        var watch = Watch();
        Order(watch, isDurable: true, "SET a 1"u8);
        var words = "SET b 2"u8.ToArray();
        Should.Throw<LogMatchingFailure>(() => Order(watch, isDurable: true, words));
    }

    private ReplicaWatch Watch() => new(_cluster, new GroupId(9), new KeyspacePlan("k", PolicyDefaults.For(Strategy.Primary)));

    /// <summary>A life of the primary in which it orders one write.</summary>
    private void Order(ReplicaWatch watch, bool isDurable, ReadOnlySpan<byte> write)
    {
        var host = new Host();
        var node = new Node(
            new NodeOptions
            {
                Self = Self,
                Members = [new Member(Self, "n1", "p:1", "r:1")],
                Seed = 1,
                Incarnation = 1,
                Strategies = StrategyTable.All,
            },
            host);
        var group = new OrderedGroup(
            new GroupId(9), node.Turns,
            g => new PrimaryReplica(Self, new PrimaryOptions(), g.Machine, host, host, 1));
        var replica = group.Configured!;
        replica.Start(Now, group.Effects);
        replica.OnConfiguration(new GroupConfiguration(new Epoch(1), Self, [Self, new NodeId(2)], []), Now, group.Effects);
        replica.OnLease(new Epoch(1), long.MaxValue, Now, group.Effects);
        if (isDurable) Persist(host, group);
        replica.OnRequest(
            new ReplicaRequest { Id = default, Kind = RequestKind.Write, Payload = write }, Now, group.Effects);
        new ReplicaView(group).LastIndex.Value.ShouldBeGreaterThan(0, "it is in the log here");
        watch.Check(_cluster.Nodes[0], group);
    }

    private static void Persist(Host host, OrderedGroup group)
    {
        group.Effects.OnPersisted(host.Appended);
        group.Replica.OnPersisted(host.Appended, Now, group.Effects);
    }

    private sealed class Host : INodeHost, ISnapshots, ILostAndFound
    {
        public PersistPoint Appended { get; private set; }

        public PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record) =>
            Appended = new PersistPoint(Appended.Value + 1);

        public void ReleaseJournal(GroupId group, PersistPoint point)
        {
        }

        public IBufferWriter<byte>? OutputTo(NodeId peer) => null;

        public ISnapshots SnapshotsOf(GroupId group) => this;

        public void OnSessionOutput(IClient client)
        {
        }

        public void RequestTurnEnd()
        {
        }

        public ISnapshotWriter Create(SnapshotHeader header) => throw new NotSupportedException("one entry needs no snapshot");

        public ISnapshotReader? OpenNewest() => null;

        public void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload)
        {
        }
    }
}
