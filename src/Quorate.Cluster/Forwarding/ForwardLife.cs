using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Forwarding;

/// <summary>A node that was asked for commands in a life that is not its own → the node that asked: this is mine, and I have
/// executed none of them.</summary>
internal sealed class ForwardLife : Message
{
    public const ushort WireKind = 4;

    public override ushort Kind => WireKind;

    /// <summary>The node's; see <see cref="Lives"/>.</summary>
    public long Life { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), Life);
        output.Advance(8);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ForwardLife? message)
    {
        message = body.Length == 8 ? new ForwardLife { Life = BinaryPrimitives.ReadInt64LittleEndian(body.Span) } : null;
        return message is { Life: > 0 };
    }
}
