using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>What one item of a <see cref="Proposal"/> or a <see cref="Confirmation"/> is about.</summary>
internal enum ItemKind : byte
{
    /// <summary>Proposer: what have you accepted? Promises nothing.</summary>
    Read = 1,

    /// <summary>Proposer: promise this ballot. [CASPaxos §2.2]</summary>
    Prepare = 2,

    /// <summary>Proposer: accept this value; with the flag, promise the next ballot too. [CASPaxos §2.2.1]</summary>
    Accept = 3,

    /// <summary>Proposer: every acceptor has this tombstone; remove the register. [CASPaxos §3.1]</summary>
    Collect = 4,

    /// <summary>Acceptor, to Read: the ballot accepted and its value.</summary>
    Reported = 16,

    /// <summary>Acceptor: promised; the ballot accepted and its value.</summary>
    Promised = 17,

    /// <summary>Acceptor: accepted; the flag: and promised the next.</summary>
    Accepted = 18,

    /// <summary>Acceptor: it has promised more, or to Collect: it has something else.</summary>
    Conflict = 19,

    /// <summary>Acceptor: the register is not there (any more).</summary>
    Collected = 20,
}

/// <summary>One item, views into the message. Which fields mean something depends on the kind.</summary>
internal ref struct Item
{
    public ItemKind Kind;

    /// <summary>Names the proposer's round; comes back in the answer.</summary>
    public long Round;

    /// <summary>Of Read, Prepare, Accept, Collect.</summary>
    public ReadOnlySpan<byte> Key;

    /// <summary>The round's; of Reported the accepted one.</summary>
    public Ballot Ballot;

    /// <summary>Of Promised the accepted one, and none when nothing was; of Conflict the promised one.</summary>
    public Ballot Other;

    /// <summary>Of Promised and Reported, when nothing was accepted: what registers that are not there have promised.
    /// Of Conflict: the same, when the register is not there.</summary>
    public Ballot Floor;

    /// <summary>Of Accept, Promised, Reported; see <see cref="Versioned"/>. Empty: nothing was accepted.</summary>
    public ReadOnlySpan<byte> Value;

    public bool Flag;

    public readonly void Write(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, (byte)((byte)Kind | (Flag ? 0x80 : 0)));
        Packing.WriteNatural(output, Round);
        if (Kind <= ItemKind.Collect) Packing.WriteBytes(output, Key);
        if (Kind is not ItemKind.Read) Ballot.Write(output);
        if (Kind is ItemKind.Promised or ItemKind.Conflict) Other.Write(output);
        if (Kind is ItemKind.Promised or ItemKind.Reported or ItemKind.Conflict) Floor.Write(output);
        if (Kind is ItemKind.Accept or ItemKind.Promised or ItemKind.Reported) Packing.WriteBytes(output, Value);
    }

    /// <summary>False: no item, or one that says what cannot be.</summary>
    public static bool TryRead(ref PackedReader reader, out Item item)
    {
        item = default;
        if (!reader.TryByte(out var kind) || !reader.TryNatural(out item.Round)) return false;
        item.Flag = (kind & 0x80) != 0;
        item.Kind = (ItemKind)(kind & 0x7F);
        if (item.Kind is < ItemKind.Read or (> ItemKind.Collect and < ItemKind.Reported) or > ItemKind.Collected) return false;
        if (item.Flag && item.Kind is not (ItemKind.Accept or ItemKind.Accepted)) return false;
        if (item.Kind <= ItemKind.Collect && !reader.TryBytes(out item.Key)) return false;
        if (item.Kind is not ItemKind.Read && !Ballot.TryRead(ref reader, out item.Ballot)) return false;
        if (item.Kind is ItemKind.Promised or ItemKind.Conflict && !Ballot.TryRead(ref reader, out item.Other)) return false;
        if (item.Kind is ItemKind.Promised or ItemKind.Reported or ItemKind.Conflict
            && !Ballot.TryRead(ref reader, out item.Floor))
            return false;
        if (item.Kind is ItemKind.Accept or ItemKind.Promised or ItemKind.Reported && !reader.TryBytes(out item.Value))
            return false;
        return item.Kind switch
        {
            ItemKind.Read => true,
            ItemKind.Reported => item.Ballot.IsNone == item.Value.IsEmpty && IsValue(item.Value),
            ItemKind.Promised => !item.Ballot.IsNone && item.Other.IsNone == item.Value.IsEmpty && IsValue(item.Value),
            ItemKind.Accept => !item.Ballot.IsNone && !item.Value.IsEmpty && IsValue(item.Value),
            _ => !item.Ballot.IsNone,
        };
    }

    private static bool IsValue(ReadOnlySpan<byte> value) => value.IsEmpty || Versioned.IsWellFormed(value);
}
