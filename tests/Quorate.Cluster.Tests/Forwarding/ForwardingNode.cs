using System.Buffers;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Strategies;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>A node as forwarding needs it: it keeps what is sent, in the order in which it is sent. Every peer can be
/// reached.</summary>
internal sealed class ForwardingNode : IGroupNode, INodeHost
{
    private readonly ArrayBufferWriter<byte> _output = new();

    public ForwardingNode(int self, long incarnation = 1)
    {
        Options = new NodeOptions
        {
            Self = new NodeId(self),
            Members = [.. Enumerable.Range(1, 3).Select(i => new Member(new NodeId(i), $"n{i}", $"p:{i}", $"r:{i}"))],
            Seed = 1,
            Incarnation = incarnation,
            Strategies = StrategyTable.All,
        };
        Life = Lives.Of(Options);
    }

    public NodeOptions Options { get; }

    public List<(NodeId To, Message Message)> Sent { get; } = [];

    public long Life { get; }

    public StepTime Now => new(1_000_000_000, 1_700_000_000_000);

    public NodeRules Rules => NodeRules.Sound;

    public INodeHost Host => this;

    public AlarmQueue Alarms { get; } = new();

    public ClusterMap? Map => null;

    public long PlacesVersion => 0;

    public IPeerWatch Watch => throw new NotSupportedException("forwarding watches no peers");

    public void SendTo(NodeId to, HostedGroup group, Message message) => Sent.Add((to, message));

    public void NeedsTurnEnd(HostedGroup group)
    {
    }

    public void HasEffects(HostedGroup group)
    {
    }

    public void AwaitJournal(HostedGroup group)
    {
    }

    public void AwaitClock(IClocked group)
    {
    }

    public void OnLeaderChanged()
    {
    }

    public PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record) => default;

    public void ReleaseJournal(GroupId group, PersistPoint point)
    {
    }

    public IBufferWriter<byte>? OutputTo(NodeId peer) => _output;

    public ISnapshots SnapshotsOf(GroupId group) => throw new NotSupportedException("forwarding makes no snapshots");

    public void OnSessionOutput(IClient client)
    {
    }

    public void RequestTurnEnd()
    {
    }
}
