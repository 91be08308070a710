using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>What a holder says of itself at the beginning of a comparison.</summary>
internal sealed class Overview
{
    public bool IsComplete { get; set; }

    /// <summary>Of all keys.</summary>
    public ulong Digest { get; set; }

    /// <summary>Counts what it took in.</summary>
    public long Changes { get; set; }

    /// <summary>What it has seen without gaps, durably.</summary>
    public VersionVector Seen { get; init; } = new();

    public ReadOnlyMemory<byte> Summary { get; set; }

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, IsComplete ? (byte)1 : (byte)0);
        Packing.WriteNumber(output, Digest);
        Packing.WriteNatural(output, Changes);
        Seen.Encode(output);
        Packing.WriteBytes(output, Summary.Span);
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Overview overview)
    {
        overview = new Overview();
        var reader = new PackedReader(bytes);
        if (!reader.TryByte(out var complete)
            || complete > 1 || !reader.TryNumber(out var digest) || !reader.TryNatural(out var changes)
            || !VersionVector.TryDecode(ref reader, overview.Seen)
                || !reader.TryBytes(out var summary) || !reader.IsAtEnd) return false;
        (
            overview.IsComplete, overview.Digest, overview.Changes,
            overview.Summary) = (complete == 1, digest, changes, summary.ToArray());
        return true;
    }
}

/// <summary>Answers the steps of other holders' comparisons. Keeps nothing between them.</summary>
internal sealed class Feeder(LeaderlessReplica replica)
{
    public const int LevelBits = 4;
    public const int Children = 1 << LevelBits;
    public const int LowestLevel = 12;

    private readonly ArrayBufferWriter<byte> _body = new();

    public void OnCompare(NodeId from, Compare message)
    {
        if (message.Partition >= replica.Options.Partitions
            || replica.Partitions[message.Partition] is not { IsHeld: true } partition)
            return;
        if (message.Step == RepairStep.Taken)
        {
            var taken = new PackedReader(message.Body.Span);
            if (message.Epoch == replica.Placement.Epoch && taken.TryNatural(out var changes))
                partition.Of(from).HasTaken = changes;
            return;
        }

        _body.ResetWrittenCount();
        var reader = new PackedReader(message.Body.Span);
        var isAnswered = message.Step switch
        {
            RepairStep.Overview => WriteOverview(partition),
            RepairStep.Digests => WriteDigests(partition, ref reader),
            RepairStep.Keys => WriteKeys(partition, ref reader),
            RepairStep.States => WriteStates(partition, ref reader),
            _ => WriteRange(partition, ref reader),
        };
        if (!isAnswered) return;
        replica.Post(from, partition, new Compared
        {
            Epoch = replica.Placement.Epoch,
            Incarnation = replica.Incarnation,
            Partition = partition.Index,
            Round = message.Round,
            Step = message.Step,
            Body = _body.WrittenSpan.ToArray(),
        });
    }

    private bool WriteOverview(Partition partition)
    {
        new Overview
        {
            IsComplete = replica.IsComplete(partition),
            Digest = partition.Machine.DigestOf(0, 0),
            Changes = partition.Changes,
            Seen = partition.Machine.Seen.ToVersionVector(),
            Summary = partition.Summary().ToArray(),
        }.Encode(_body);
        return true;
    }

    /// <summary>[level]([part])* → [level](16 digests for each part).</summary>
    private bool WriteDigests(Partition partition, ref PackedReader reader)
    {
        if (!reader.TryByte(out var level)
            || level > LowestLevel - LevelBits || level % LevelBits != 0 || !reader.TryCount(1, out var count))
            return false;
        Packing.WriteByte(_body, level);
        Packing.WriteNumber(_body, (ulong)count);
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNumber(out var part) || part >= 1UL << level) return false;
            Packing.WriteNumber(_body, part);
            for (var child = 0; child < Children; child++)
                Packing.WriteNumber(_body, partition.Machine.DigestOf(level + LevelBits, ((int)part * Children) + child));
        }

        return true;
    }

    /// <summary>([part])* → ([part][keys]([key][digest])*)*, as many parts as fit.</summary>
    private bool WriteKeys(Partition partition, ref PackedReader reader)
    {
        if (!reader.TryCount(1, out var count)) return false;
        for (var i = 0; i < count && _body.WrittenCount < replica.Options.RepairPieceBytes; i++)
        {
            if (!reader.TryNumber(out var part) || part >= 1UL << LowestLevel) return false;
            var keys = partition.Machine.KeysOf((int)part).ToList();
            Packing.WriteNumber(_body, part);
            Packing.WriteNumber(_body, (ulong)keys.Count);
            foreach (var (key, digest) in keys)
            {
                Packing.WriteBytes(_body, key);
                Packing.WriteNumber(_body, digest);
            }
        }

        return true;
    }

    /// <summary>([key])* → ([state])*, as many as fit.</summary>
    private bool WriteStates(Partition partition, ref PackedReader reader)
    {
        if (!reader.TryCount(1, out var count)) return false;
        for (var i = 0; i < count && _body.WrittenCount < replica.Options.RepairPieceBytes; i++)
        {
            if (!reader.TryBytes(out var key)) return false;
            Packing.WriteBytes(_body, partition.StateOf(key));
        }

        return true;
    }

    /// <summary>[from] → [where to go on, 0: nowhere][states].</summary>
    private bool WriteRange(Partition partition, ref PackedReader reader)
    {
        if (!reader.TryNumber(out var from)) return false;
        var states = new ArrayBufferWriter<byte>();
        var hasMore = partition.Machine.WriteStates(ref from, replica.Options.RepairPieceBytes, states);
        Packing.WriteNumber(_body, hasMore ? from : 0);
        Packing.WriteBytes(_body, states.WrittenSpan);
        return true;
    }
}
