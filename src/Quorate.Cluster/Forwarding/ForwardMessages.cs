using System.Buffers;
using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// Writes that a node took from its clients and hands to the group's leader, consecutive in the node's session. Each is
/// <c>[u32 length][the command as an entry without a stamp]</c>.
/// </summary>
internal sealed class ForwardRequests : Message
{
    public const ushort WireKind = 1;

    public override ushort Kind => WireKind;

    /// <summary>One session per life of a node: id and incarnation.</summary>
    public long Session { get; init; }

    /// <summary>Every sequence below has an outcome at the origin and will not be asked for again. Where the data merges nobody
    /// remembers outcomes, and it is the life of the node that is asked (its <see cref="Lives"/>), which alone may execute
    /// them.</summary>
    public long LowestOutstanding { get; init; }

    public long FirstSequence { get; init; }

    public int Count { get; init; }

    public ReadOnlyMemory<byte> Commands { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(28);
        BinaryPrimitives.WriteInt64LittleEndian(span, Session);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], LowestOutstanding);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], FirstSequence);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], Count);
        output.Advance(28);
        output.Write(Commands.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ForwardRequests? message)
    {
        message = null;
        if (body.Length < 28) return false;
        var span = body.Span;
        message = new ForwardRequests
        {
            Session = BinaryPrimitives.ReadInt64LittleEndian(span),
            LowestOutstanding = BinaryPrimitives.ReadInt64LittleEndian(span[8..]),
            FirstSequence = BinaryPrimitives.ReadInt64LittleEndian(span[16..]),
            Count = BinaryPrimitives.ReadInt32LittleEndian(span[24..]),
            Commands = body[28..],
        };
        return message.Count >= 0;
    }
}

/// <summary>Outcomes of forwarded writes, in any order: each <c>[i64 sequence][i64 epoch][i64 index][u32 length][RESP bytes]</c>;
/// epoch and index: how far in the history the write was seen.</summary>
internal sealed class ForwardReplies : Message
{
    public const ushort WireKind = 2;

    public override ushort Kind => WireKind;

    private const int HeadBytes = 28;

    public long Session { get; init; }

    public ReadOnlyMemory<byte> Replies { get; init; }

    public static void Add(ByteQueue output, long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply)
    {
        var span = output.Reserve(HeadBytes + reply.Length);
        BinaryPrimitives.WriteInt64LittleEndian(span, sequence);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], point.Epoch.Value);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], point.Index.Value);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], reply.Length);
        reply.CopyTo(span[HeadBytes..]);
        output.Advance(HeadBytes + reply.Length);
    }

    /// <summary>Takes the first reply off. False: the bytes make no sense.</summary>
    public static bool TryTake(
        ref ReadOnlyMemory<byte> bytes, out long sequence, out HistoryPoint point, out ReadOnlyMemory<byte> reply)
    {
        (sequence, point, reply) = (0, default, default);
        if (bytes.Length < HeadBytes) return false;
        var span = bytes.Span;
        sequence = BinaryPrimitives.ReadInt64LittleEndian(span);
        point = new HistoryPoint(
            new Epoch(BinaryPrimitives.ReadInt64LittleEndian(span[8..])),
            new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(span[16..])));
        var length = BinaryPrimitives.ReadInt32LittleEndian(span[24..]);
        if (length < 0 || length > bytes.Length - HeadBytes || point.Index.Value < 0 || point.Epoch.Value < 0) return false;
        reply = bytes.Slice(HeadBytes, length);
        bytes = bytes[(HeadBytes + length)..];
        return true;
    }

    public override void Encode(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(8);
        BinaryPrimitives.WriteInt64LittleEndian(span, Session);
        output.Advance(8);
        output.Write(Replies.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ForwardReplies? message)
    {
        message = null;
        if (body.Length < 8) return false;
        message = new ForwardReplies { Session = BinaryPrimitives.ReadInt64LittleEndian(body.Span), Replies = body[8..] };
        return true;
    }
}
