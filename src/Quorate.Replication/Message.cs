using System.Buffers;

namespace Quorate.Replication;

/// <summary>A message between replicas of one group. Each strategy derives its own and decodes them in its codec.</summary>
public abstract class Message
{
    /// <summary>Length of a block of kinds. The first block is the node's own; every strategy has one of its own.</summary>
    public const int BlockLength = 256;

    /// <summary>Says on the wire what the message is: no two messages have the same. Kinds up to <see cref="BlockLength"/> belong
    /// to the node.</summary>
    public abstract ushort Kind { get; }

    /// <summary>Writes the fields after <see cref="Kind"/>, so that the strategy's codec reads them back.</summary>
    public abstract void Encode(IBufferWriter<byte> output);
}
