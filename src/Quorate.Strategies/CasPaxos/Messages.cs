using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>A message of the strategy. It belongs to one epoch, and a replica in another does not act upon it.</summary>
internal abstract class CasPaxosMessage : Message
{
    public Epoch Epoch { get; set; }

    /// <summary>Which life of the proposer this is about.</summary>
    public long Incarnation { get; set; }
}

/// <summary>Items of many keys, one after the other; all were checked when it was decoded.</summary>
internal abstract class ItemsMessage : CasPaxosMessage
{
    public ReadOnlyMemory<byte> Items { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        output.Write(Items.Span);
    }

    protected static bool TryDecode(ReadOnlyMemory<byte> body, bool isProposal, ItemsMessage into)
    {
        var reader = new PackedReader(body.Span);
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var incarnation)) return false;
        into.Epoch = new Epoch(epoch);
        into.Incarnation = incarnation;
        into.Items = body[^reader.Remaining..];
        while (!reader.IsAtEnd)
        {
            if (!Item.TryRead(ref reader, out var item) || item.Kind <= ItemKind.Collect != isProposal) return false;
            // A tombstone may have been accepted in an older epoch.
            if (item.Kind is ItemKind.Prepare or ItemKind.Accept && item.Ballot.Epoch != into.Epoch) return false;
        }

        return true;
    }

    protected string Describe(string name)
    {
        var text = new StringBuilder(name).Append(' ').Append(Epoch);
        var reader = new PackedReader(Items.Span);
        while (Item.TryRead(ref reader, out var item)) text.Append(' ').Append(TextOf(item));
        return text.ToString();
    }

    private static string TextOf(in Item item)
    {
        var key = Encoding.UTF8.GetString(item.Key);
        return item.Kind switch
        {
            ItemKind.Read => $"[read {key}]",
            ItemKind.Prepare => $"[prepare {key} {item.Ballot}]",
            ItemKind.Accept => $"[accept {key} {item.Ballot} {Show(item.Value)}{(item.Flag ? " and promise the next" : "")}]",
            ItemKind.Collect => $"[collect {key} {item.Ballot}]",
            ItemKind.Reported =>
                item.Value.IsEmpty ? $"[has nothing{Below(item.Floor)}]" : $"[has {item.Ballot} {Show(item.Value)}]",
            ItemKind.Promised =>
                $"[promised {item.Ballot}, has "
                    + $"{(item.Value.IsEmpty ? "nothing" + Below(item.Floor) : $"{item.Other} {Show(item.Value)}")}]",
            ItemKind.Accepted => $"[accepted {item.Ballot}{(item.Flag ? ", promised the next" : "")}]",
            ItemKind.Conflict => $"[conflict {item.Ballot}, promised {item.Other}]",
            _ => $"[collected {item.Ballot}]",
        };
    }

    private static string Below(Ballot floor) => floor.IsNone ? "" : $" above {floor}";

    private static string Show(ReadOnlySpan<byte> value)
    {
        if (Versioned.IsTombstone(value)) return "tombstone";
        var state = Versioned.StateOf(value);
        if (state.Length > 64) return $"({state.Length} bytes)";
        var text = new StringBuilder("'");
        foreach (var b in state) if (b is >= 0x20 and < 0x7F) text.Append((char)b);
        return text.Append('\'').ToString();
    }
}

/// <summary>What a proposer asks an acceptor.</summary>
internal sealed class Proposal : ItemsMessage
{
    public const ushort WireKind = CasPaxosCodec.Block + 1;

    public override ushort Kind => WireKind;

    public static Proposal? Decode(ReadOnlyMemory<byte> body)
    {
        var message = new Proposal();
        return TryDecode(body, isProposal: true, message) ? message : null;
    }

    public override string ToString() => Describe("Proposal");
}

/// <summary>What an acceptor answers. It leaves the node when all that it says is durable.</summary>
internal sealed class Confirmation : ItemsMessage
{
    public const ushort WireKind = CasPaxosCodec.Block + 2;

    public override ushort Kind => WireKind;

    public static Confirmation? Decode(ReadOnlyMemory<byte> body)
    {
        var message = new Confirmation();
        return TryDecode(body, isProposal: false, message) ? message : null;
    }

    public override string ToString() => Describe("Confirmation");
}

/// <summary>A replica that holds nothing asks a member for its registers, from a place on.</summary>
internal sealed class SeedRequest : CasPaxosMessage
{
    public const ushort WireKind = CasPaxosCodec.Block + 3;

    public override ushort Kind => WireKind;

    /// <summary>The asker's place among the sender's registers, 0 at first.</summary>
    public long From { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, From);
    }

    public static SeedRequest? Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new PackedReader(body.Span);
        return reader.TryNatural(out var epoch)
            && reader.TryNatural(out var incarnation) && reader.TryNatural(out var from) && reader.IsAtEnd
            ? new SeedRequest { Epoch = new(epoch), Incarnation = incarnation, From = from }
            : null;
    }

    public override string ToString() => $"SeedRequest {Epoch} from {From}";
}

/// <summary>Some of a member's registers.</summary>
internal sealed class SeedPiece : CasPaxosMessage
{
    public const ushort WireKind = CasPaxosCodec.Block + 4;

    public override ushort Kind => WireKind;

    /// <summary>What was asked for, and where the next piece begins.</summary>
    public long From { get; set; }

    public long Next { get; set; }

    public bool IsLast { get; set; }

    /// <summary>What the sender's forgotten registers had promised.</summary>
    public Ballot Floor { get; set; }

    /// <summary>As in a record of the journal.</summary>
    public ReadOnlyMemory<byte> Registers { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, (byte)(IsLast ? 1 : 0));
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, From);
        Packing.WriteNatural(output, Next);
        Floor.Write(output);
        output.Write(Registers.Span);
    }

    public static SeedPiece? Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new PackedReader(body.Span);
        if (!reader.TryByte(out var isLast)
            || isLast > 1 || !reader.TryNatural(out var epoch) || !reader.TryNatural(out var incarnation)
            || !reader.TryNatural(out var from)
                || !reader.TryNatural(out var next) || !Ballot.TryRead(ref reader, out var floor)) return null;
        var registers = body[^reader.Remaining..];
        if (next < from || !RegisterRecord.AreWellFormed(registers.Span)) return null;
        return new SeedPiece
        {
            Epoch = new(epoch),
            Incarnation = incarnation,
            From = from,
            Next = next,
            IsLast = isLast == 1,
            Floor = floor,
            Registers = registers,
        };
    }

    public override string ToString() => $"SeedPiece {Epoch} from {From} to {Next}{(IsLast ? ", the last" : "")}";
}
