using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>A replica → the node that asked: what came out of digests and voted reads here. Each is
/// <c>[i64 number][i64 index][u64 value][i32 length or -1][reply]</c>; -1: the reply is long and was not asked for
/// whole.</summary>
internal sealed class Ballots : Message
{
    public const ushort WireKind = 24;

    public const int HeaderLength = 28;

    public override ushort Kind => WireKind;

    /// <summary>The life of the node that asked; another life knows nothing of it.</summary>
    public long Asker { get; init; }

    public ReadOnlyMemory<byte> Items { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), Asker);
        output.Advance(8);
        output.Write(Items.Span);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out Ballots? message)
    {
        message = null;
        if (body.Length < 8) return false;
        message = new Ballots { Asker = BinaryPrimitives.ReadInt64LittleEndian(body.Span), Items = body[8..] };
        return true;
    }

    /// <summary>Takes the first item off. False: there is none that is whole.</summary>
    public static bool TryTake(
        ref ReadOnlySpan<byte> items, out long number, out LogIndex index, out ulong value, out bool isWhole,
        out ReadOnlySpan<byte> reply)
    {
        (number, index, value, isWhole) = (0, default, 0, false);
        reply = default;
        if (items.Length < HeaderLength) return false;
        number = BinaryPrimitives.ReadInt64LittleEndian(items);
        index = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(items[8..]));
        value = BinaryPrimitives.ReadUInt64LittleEndian(items[16..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(items[24..]);
        items = items[HeaderLength..];
        isWhole = length >= 0;
        if (length < -1 || length > items.Length) return false;
        if (!isWhole) return true;
        reply = items[..length];
        items = items[length..];
        return true;
    }
}

/// <summary>A group's leader → a replica whose state differs from the majority's at an index: do not use it.</summary>
internal sealed class QuarantineOrder : Message
{
    public const ushort WireKind = 25;

    public override ushort Kind => WireKind;

    public LogIndex Index { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), Index.Value);
        output.Advance(8);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out QuarantineOrder? message)
    {
        message = body.Length == 8
            ? new QuarantineOrder { Index = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body.Span)) } : null;
        return message is { Index.Value: > 0 };
    }
}
