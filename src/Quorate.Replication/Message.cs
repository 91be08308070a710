using System.Buffers;

namespace Quorate.Replication;

/// <summary>A message between replicas of one group. Each strategy derives its own and decodes them in its codec.</summary>
public abstract class Message
{
    /// <summary>First byte on the wire. 1–31 belong to the node, then each strategy has a block of 32: raft, primary, chain,
    /// multileader (128–159), leaderless (160–191), CASPaxos (192–223).</summary>
    public abstract byte Kind { get; }

    /// <summary>Writes the fields after <see cref="Kind"/>, so that the strategy's codec reads them back.</summary>
    public abstract void Encode(IBufferWriter<byte> output);
}
