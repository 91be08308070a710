using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Forwarding;

/// <summary>A member of a group that does not lead it → a node that has no replica and asked it: ask this one.</summary>
internal sealed class ForwardRedirect : Message
{
    public const ushort WireKind = 3;

    public override ushort Kind => WireKind;

    public NodeId Leader { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), Leader.Value);
        output.Advance(4);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ForwardRedirect? message)
    {
        message = body.Length == 4
            ? new ForwardRedirect { Leader = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(body.Span)) } : null;
        return message is { Leader.Value: > 0 };
    }
}
