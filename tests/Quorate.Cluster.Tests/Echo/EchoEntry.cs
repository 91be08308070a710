using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Tests.Echo;

/// <summary>The row of a throw-away strategy: one replica, no replication. All that a new strategy takes is a folder with such a
/// row, and its line in the table.</summary>
internal sealed class EchoEntry : StrategyEntry
{
    public override Strategy Strategy { get; } = new(77, "echo", Leadership.Named)
    {
        Defaults = p => p with { Replicas = 1 },
        Problem = p => p.Replicas == 1 ? null : $"echo has one replica, not {p.Replicas}",
        Promise = new EchoPromise(),
    };

    public override ushort MessageBlock => 77 * Message.BlockLength;

    /// <summary>Its replicas send nothing.</summary>
    public override bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = null;
        return false;
    }

    public override IReplica MakeReplica(ReplicaSetup setup) => new EchoReplica(setup.Self, setup.StateMachine());
}
