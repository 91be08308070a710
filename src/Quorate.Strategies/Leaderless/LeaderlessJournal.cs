using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>First byte of a record.</summary>
internal enum RecordKind : byte
{
    /// <summary>Members, and what of every partition is here: <see cref="LeaderlessJournal.WritePlace"/>.</summary>
    Place = 1,

    /// <summary>([partition][length][delta, states, summary or birth])*.</summary>
    Merged = 2,

    /// <summary>([id][holder][partition][length][delta])*: hints taken.</summary>
    Hints = 3,

    /// <summary>([id])*: hints that a holder has confirmed.</summary>
    HintsGone = 4,
}

/// <summary>What of the replica is in the journal. What one turn takes in becomes one record.</summary>
internal sealed class LeaderlessJournal(LeaderlessReplica replica)
{
    private readonly ArrayBufferWriter<byte> _merged = new();
    private readonly List<Partition> _touched = [];
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>What is durable.</summary>
    public PersistPoint Durable { get; private set; }

    /// <summary>The last record.</summary>
    public PersistPoint Last { get; private set; }

    /// <summary>The members last accepted are durable after this.</summary>
    public PersistPoint PlacePoint { get; private set; }

    /// <summary>Records up to here are not needed once the snapshot that is being made is durable.</summary>
    public long BytesSinceSnapshot { get; set; }

    /// <summary>A partition has taken these bytes in.</summary>
    public void Merge(Partition partition, ReadOnlySpan<byte> bytes)
    {
        partition.Changes++;
        if (!partition.IsTouched)
        {
            partition.IsTouched = true;
            _touched.Add(partition);
        }

        if (!replica.Options.Durable) return;
        if (_merged.WrittenCount == 0) Packing.WriteByte(_merged, (byte)RecordKind.Merged);
        Packing.WriteNumber(_merged, (ulong)partition.Index);
        Packing.WriteBytes(_merged, bytes);
    }

    /// <summary>The end of the turn: what it took in is on its way to the disk.</summary>
    public void Flush(Effects effects)
    {
        if (_touched.Count == 0) return;
        if (_merged.WrittenCount > 0)
        {
            Last = effects.Append(_merged.WrittenSpan);
            BytesSinceSnapshot += _merged.WrittenCount;
        }

        foreach (var partition in _touched)
        {
            if (_merged.WrittenCount > 0) partition.Point = Last;
            partition.IsTouched = false;
        }

        _touched.Clear();
        _merged.ResetWrittenCount();
    }

    public PersistPoint SaveHint(in Hint hint, Effects effects)
    {
        _scratch.ResetWrittenCount();
        Packing.WriteByte(_scratch, (byte)RecordKind.Hints);
        hint.Encode(_scratch);
        BytesSinceSnapshot += _scratch.WrittenCount;
        return Last = effects.Append(_scratch.WrittenSpan);
    }

    public void SaveHintsGone(IReadOnlyList<long> ids, Effects effects)
    {
        _scratch.ResetWrittenCount();
        Packing.WriteByte(_scratch, (byte)RecordKind.HintsGone);
        foreach (var id in ids) Packing.WriteNatural(_scratch, id);
        BytesSinceSnapshot += _scratch.WrittenCount;
        Last = effects.Append(_scratch.WrittenSpan);
    }

    /// <summary>Behind what the partitions have taken in: a partition that counts as complete has its data.</summary>
    public void SavePlace(Effects effects)
    {
        Flush(effects);
        _scratch.ResetWrittenCount();
        Packing.WriteByte(_scratch, (byte)RecordKind.Place);
        WritePlace(_scratch);
        PlacePoint = Last = effects.Append(_scratch.WrittenSpan);
    }

    /// <summary>[1 if the data is journaled][members][number of partitions][flags of each: 1 held, 2 complete, 4 has gaps and a
    /// birth, 8 new].</summary>
    public void WritePlace(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, replica.Options.Durable ? (byte)1 : (byte)0);
        replica.Placement.Encode(output);
        Packing.WriteNumber(output, (ulong)replica.Partitions.Length);
        foreach (var partition in replica.Partitions)
        {
            var flags = partition is not { IsHeld: true }
                ? 0 : 1 | (partition.IsComplete ? 2 : 0) | (partition.HasGaps ? 4 : 0) | (partition.IsNew ? 8 : 0);
            Packing.WriteByte(output, (byte)flags);
            if ((flags & 4) != 0) Packing.WriteBytes(output, partition!.Birth);
        }
    }

    public void OnPersisted(PersistPoint durable)
    {
        if (durable > Durable) Durable = durable;
    }

    /// <summary>Whatever is said of a partition is said after what it says is durable.</summary>
    public PersistPoint AfterPoint(Partition? partition)
    {
        var point = partition is null || partition.Point < PlacePoint ? PlacePoint : partition.Point;
        return point > Durable ? point : default;
    }

    /// <summary>The point of everything there is.</summary>
    public PersistPoint AfterAll => Last > Durable ? Last : default;

    public void NoteRecovered(PersistPoint point, int bytes)
    {
        Durable = Last = point;
        BytesSinceSnapshot += bytes;
    }
}
