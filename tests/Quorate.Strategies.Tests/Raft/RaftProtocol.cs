using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

internal sealed class RaftProtocol(
    Configuration initial, RaftOptions? options = null, RaftRules? rules = null, ulong seed = 1) : IProtocol
{
    public RaftProtocol(int voters, RaftOptions? options = null, RaftRules? rules = null, ulong seed = 1)
        : this(new Configuration(Ids(voters)), options, rules, seed)
    {
    }

    public RaftOptions Options { get; set; } = options ?? new RaftOptions();

    public IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation) => new RaftReplica(
        self,
        initial, Options, machine, snapshots, (seed * 1000) + (ulong)self.Value + ((ulong)incarnation << 32), incarnation, rules);

    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message) =>
        RaftCodec.TryDecode(kind, body, out message);

    public static IEnumerable<NodeId> Ids(int count) => Enumerable.Range(1, count).Select(i => new NodeId(i));
}

internal static class RaftWorld
{
    public static World Of(int voters, RaftOptions? options = null, RaftRules? rules = null, ulong seed = 1)
    {
        var world = new World(new RaftProtocol(voters, options, rules, seed), voters);
        world.StartAll();
        return world;
    }

    public static RaftReplica Raft(this TestNode node) => (RaftReplica)node.Replica;

    public static RaftStatus Status(this TestNode node) => node.Raft().Status;
}
