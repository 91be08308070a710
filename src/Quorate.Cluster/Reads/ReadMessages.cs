using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>
/// Reads that a node's clients asked for, for a replica of the group. Each run is
/// <c>[i64 ticket][u8 consistency][i32 bound][u8 points]([i64 epoch][i64 index])*[u16 commands]([u32 length][command as an
/// entry])*</c>: the reads of one client that come one after another, to be answered from one state.
/// </summary>
internal sealed class ReadsAsked : Message
{
    public const ushort WireKind = 20;

    public override ushort Kind => WireKind;

    /// <summary>One session per life of a node: id and incarnation.</summary>
    public long Session { get; init; }

    public ReadOnlyMemory<byte> Runs { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), Session);
        output.Advance(8);
        output.Write(Runs.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ReadsAsked? message)
    {
        message = body.Length < 8
            ? null : new ReadsAsked { Session = BinaryPrimitives.ReadInt64LittleEndian(body.Span), Runs = body[8..] };
        return message is not null;
    }
}

/// <summary>What became of runs: each <c>[i64 ticket][u8 outcome][i64 epoch][i64 index][u16 replies]([u32 length][RESP
/// bytes])*</c>.</summary>
internal sealed class ReadsAnswered : Message
{
    public const ushort WireKind = 21;

    public override ushort Kind => WireKind;

    public long Session { get; init; }

    /// <summary>The leader of the group as far as the sender knows.</summary>
    public NodeId Leader { get; init; }

    public ReadOnlyMemory<byte> Runs { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(12);
        BinaryPrimitives.WriteInt64LittleEndian(span, Session);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], Leader.Value);
        output.Advance(12);
        output.Write(Runs.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ReadsAnswered? message)
    {
        message = body.Length < 12 ? null : new ReadsAnswered
        {
            Session = BinaryPrimitives.ReadInt64LittleEndian(body.Span),
            Leader = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(body.Span[8..])),
            Runs = body[12..],
        };
        return message is { Leader.Value: >= 0 };
    }
}

/// <summary>Asks whether a peer is there, and how fast it answers; it comes back as it is but for its kind.</summary>
internal sealed class PeerProbe(long sentAt, bool isAnswer) : Message
{
    public const ushort WireKind = 22;
    public const ushort AnswerKind = 23;

    public override ushort Kind => isAnswer ? AnswerKind : WireKind;

    /// <summary>The asker's monotonic clock, in nanoseconds; it means nothing to anybody else.</summary>
    public long SentAt => sentAt;

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), sentAt);
        output.Advance(8);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out long sentAt)
    {
        sentAt = body.Length == 8 ? BinaryPrimitives.ReadInt64LittleEndian(body.Span) : 0;
        return body.Length == 8;
    }
}

/// <summary>How a run ended at the replica that was asked.</summary>
internal enum RunOutcome : byte
{
    Answered,

    /// <summary>Not by this replica, or not now.</summary>
    Unable,

    /// <summary>What the session has seen is not in the history any more.</summary>
    Lost,
}
