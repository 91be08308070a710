using System.Buffers;
using System.Text;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>What a node asks of the control leader for one of its clients.</summary>
internal enum Asking : byte
{
    /// <summary>Order the encoded <see cref="ControlCommand"/>.</summary>
    Command = 1,

    /// <summary>Let another replica lead: [i32 group][i32 node, 0 for whoever is fit, −1 for nobody any more][i32 patience in
    /// milliseconds][i32 1: the leader is deposed when that is over].</summary>
    Failover = 2,
}

/// <summary>A node → the control leader. Not repeated: when the answer is lost the client is told that the outcome is
/// unknown.</summary>
internal sealed class ControlQuestion : Message
{
    public const ushort WireKind = 10;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the asking node, greater with every question of its life.</summary>
    public long Ticket { get; init; }

    public long Incarnation { get; init; }

    public Asking What { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        var writer = new FieldWriter(output);
        writer.Int64(Ticket);
        writer.Int64(Incarnation);
        writer.Byte((byte)What);
        output.Write(Payload.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ControlQuestion? message)
    {
        const int Head = 17;
        message = null;
        if (body.Length < Head) return false;
        var reader = new FieldReader(body.Span[..Head]);
        message = new ControlQuestion
        {
            Ticket = reader.Int64(),
            Incarnation = reader.Int64(),
            What = (Asking)reader.Byte(),
            Payload = body[Head..],
        };
        return message.What is Asking.Command or Asking.Failover;
    }
}

/// <summary>How a node's question ended.</summary>
/// <param name="Refusal">Null: done. Else the error to show, its code in front.</param>
public sealed record ControlAnswer(string? Refusal, long MapVersion);

/// <summary>The control leader → the node that asked.</summary>
internal sealed class ControlReply : Message
{
    public const ushort WireKind = 11;
    private const int LongestRefusal = 4096;

    public override ushort Kind => WireKind;

    public long Ticket { get; init; }

    public long Incarnation { get; init; }

    public required ControlAnswer Answer { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        var writer = new FieldWriter(output);
        writer.Int64(Ticket);
        writer.Int64(Incarnation);
        writer.Int64(Answer.MapVersion);
        writer.Flag(Answer.Refusal is not null);
        if (Answer.Refusal is { } why)
            output.Write(Encoding.UTF8.GetBytes(why.Length > LongestRefusal ? why[..LongestRefusal] : why));
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out ControlReply? message)
    {
        const int Head = 25;
        message = null;
        if (body.Length < Head) return false;
        var reader = new FieldReader(body.Span[..Head]);
        var (ticket, incarnation, version, isRefused) = (reader.Int64(), reader.Int64(), reader.Int64(), reader.Flag());
        if (reader.HasFailed) return false;
        message = new ControlReply
        {
            Ticket = ticket,
            Incarnation = incarnation,
            Answer = new ControlAnswer(isRefused ? Encoding.UTF8.GetString(body.Span[Head..]) : null, version),
        };
        return true;
    }
}
