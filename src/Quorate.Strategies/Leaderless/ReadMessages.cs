using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>[Dynamo §4.5] What do you hold of these keys, if it is not this?</summary>
internal sealed class Query : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 6;

    public override ushort Kind => WireKind;

    public Epoch Epoch { get; set; }

    /// <summary>Chosen by the asker, comes back; no two starts of a node choose the same.</summary>
    public long Operation { get; set; }

    public int Partition { get; set; }

    /// <summary>Versions are of everything that is known of a key; else of what a reader sees.</summary>
    public bool IsExact { get; set; }

    public byte[][] Keys { get; set; } = [];

    /// <summary>Of what the asker holds under each key.</summary>
    public ulong[] Versions { get; set; } = [];

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Epoch.Value);
        Packing.WriteNatural(output, Operation);
        Packing.WriteNumber(output, (ulong)Partition);
        Packing.WriteByte(output, IsExact ? (byte)1 : (byte)0);
        Packing.WriteNumber(output, (ulong)Keys.Length);
        for (var i = 0; i < Keys.Length; i++)
        {
            Packing.WriteBytes(output, Keys[i]);
            Packing.WriteNumber(output, Versions[i]);
        }
    }

    public static Query? Decode(ref MessageReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var operation) || !reader.TryPartition(out var partition)
            || !reader.TryByte(1, out var isExact) || !reader.TryCount(2, out var count)) return null;
        var (keys, versions) = (new byte[count][], new ulong[count]);
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryBytes(out var key) || !reader.TryNumber(out versions[i])) return null;
            keys[i] = key.ToArray();
        }

        return new Query
        {
            Epoch = new(epoch),
            Operation = operation,
            Partition = partition,
            IsExact = isExact == 1,
            Keys = keys,
            Versions = versions,
        };
    }

    public override string ToString() =>
        $"Query {Epoch} #{Operation & 0xFFFFFF} p{Partition} {Keys.Length} {(Keys.Length == 1 ? "key" : "keys")}";
}

/// <summary>What is held: for each key its version, and its state where that is another than the asker's.</summary>
internal sealed class State : Message
{
    public const ushort WireKind = LeaderlessCodec.Block + 7;

    public override ushort Kind => WireKind;

    public long Operation { get; set; }

    /// <summary>False: the sender lacks something, and does not count.</summary>
    public bool IsComplete { get; set; }

    /// <summary>It lacks nothing but what was there before it became a holder: it counts beside the older ones.</summary>
    public bool IsNew { get; set; }

    public ulong[] Versions { get; set; } = [];

    /// <summary>Empty: the same as the asker's.</summary>
    public ReadOnlyMemory<byte>[] States { get; set; } = [];

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Operation);
        Packing.WriteByte(output, (byte)((IsComplete ? 1 : 0) | (IsNew ? 2 : 0)));
        Packing.WriteNumber(output, (ulong)Versions.Length);
        for (var i = 0; i < Versions.Length; i++)
        {
            Packing.WriteNumber(output, Versions[i]);
            Packing.WriteBytes(output, States[i].Span);
        }
    }

    public static State? Decode(ref MessageReader reader)
    {
        if (!reader.TryNatural(out var operation) || !reader.TryByte(3, out var flags) || !reader.TryCount(2, out var count))
            return null;
        var (versions, states) = (new ulong[count], new ReadOnlyMemory<byte>[count]);
        for (var i = 0; i < count; i++) if (!reader.TryNumber(out versions[i]) || !reader.TryBytes(out states[i])) return null;
        return new State
        {
            Operation = operation,
            IsComplete = (flags & 1) != 0,
            IsNew = (flags & 2) != 0,
            Versions = versions,
            States = states,
        };
    }

    public override string ToString()
    {
        var others = States.Count(s => !s.IsEmpty);
        return $"State #{Operation & 0xFFFFFF} "
            + $"{(others == 0 ? "the same" : others == 1 ? "another" : $"{others} others")}{(IsComplete ? "" : IsNew ? " new" : " incomplete")}";
    }
}
