namespace Quorate.Replication.Rows;

/// <summary>
/// A row of the table of strategies: all that the node must know of one strategy without knowing which. Stateless, and the same
/// on all nodes. A new strategy is a folder with a row in it, and a line in the table.
/// </summary>
public abstract class StrategyEntry
{
    /// <summary>The strategy of the policies that this row is for.</summary>
    public abstract Strategy Strategy { get; }

    /// <summary>For policies with <c>consensus on</c> instead of those without.</summary>
    public virtual bool IsConsensus => false;

    public virtual GroupKind Kind => Strategy.Kind;

    /// <summary>The first of the <see cref="Message.BlockLength"/> kinds of its messages: a multiple of that, greater than 0, and
    /// no other strategy's.</summary>
    public abstract ushort MessageBlock { get; }

    /// <summary>Writes carry the hash of the one key that they are about (<see cref="ReplicaRequest.KeyHash"/>).</summary>
    public virtual bool WantsKeyHash => false;

    /// <summary>A read sent behind a write that is not answered yet might be answered by replicas that have not heard of the
    /// write: it waits for the write's answer.</summary>
    public virtual bool ReadsWaitForWrites => false;

    /// <summary>Which replica can answer a read of the newest value without asking another; none: every one of them.</summary>
    public virtual NodeId NewestIsAt(Policy policy, IReadOnlyList<NodeId> inSync, NodeId leader) => leader;

    /// <summary>How many partitions a replica cuts its keys into: 1 and up.</summary>
    public virtual int PartitionsBy(StrategySettings settings) => 1;

    /// <summary>How the node's pings stand in for the heartbeats of quiet groups; null where no group falls quiet.</summary>
    public virtual PingRhythm? PingsBy(StrategySettings settings) => null;

    /// <summary>The message points into <paramref name="body"/>. False: these bytes are no message of that kind.</summary>
    public abstract bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message);

    public abstract IReplica MakeReplica(ReplicaSetup setup);
}
