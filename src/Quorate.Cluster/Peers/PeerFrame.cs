using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Peers;

/// <summary>
/// A message on the wire between nodes: <c>[u32 length][u32 crc32c][u16 kind][i32 group][body]</c>, little-endian; the length
/// counts what follows it, the checksum covers what follows it. TCP's own checksum is too weak for a store: a flipped bit must
/// never become an entry.
/// </summary>
public static class PeerFrame
{
    public const int LengthBytes = 4;
    public const int HeaderBytes = 4 + KindBytes + 4;

    /// <summary>Largest frame that a node accepts, in bytes: one 512 MB value and its surroundings.</summary>
    public const int MaxBytes = (512 << 20) + (64 << 20);

    private const int KindBytes = sizeof(ushort);

    /// <summary>Writes one whole frame. <paramref name="scratch"/> is the caller's, reused from frame to frame.</summary>
    public static void Write(IBufferWriter<byte> output, GroupId group, Message message, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        var head = scratch.GetSpan(KindBytes + 4);
        BinaryPrimitives.WriteUInt16LittleEndian(head, message.Kind);
        BinaryPrimitives.WriteInt32LittleEndian(head[KindBytes..], group.Value);
        scratch.Advance(KindBytes + 4);
        message.Encode(scratch);
        var content = scratch.WrittenSpan;
        var prefix = output.GetSpan(8);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, (uint)content.Length + 4);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[4..], Crc32C.Of(content));
        output.Advance(8);
        output.Write(content);
    }

    /// <summary>Takes a frame without its length prefix apart. False: too short, or damaged on its way.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> frame, out ushort kind, out GroupId group, out ReadOnlyMemory<byte> body)
    {
        kind = 0;
        group = default;
        body = default;
        if (frame.Length < HeaderBytes) return false;
        var span = frame.Span;
        if (BinaryPrimitives.ReadUInt32LittleEndian(span) != Crc32C.Of(span[4..])) return false;
        kind = BinaryPrimitives.ReadUInt16LittleEndian(span[4..]);
        group = new GroupId(BinaryPrimitives.ReadInt32LittleEndian(span[(4 + KindBytes)..]));
        body = frame[HeaderBytes..];
        return true;
    }
}
