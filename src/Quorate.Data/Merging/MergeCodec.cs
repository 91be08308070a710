using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Data.Merging;

internal enum MergeFormat : byte
{
    /// <summary>[run of dots][number of keys]([key][object])*: what one command changed.</summary>
    Delta = 1,

    /// <summary>[what was seen of all keys][1 if a range: first, last hash][number of keys]([key][object])*: all that is held
    /// under these keys, or under all keys of the range.</summary>
    State = 2,

    /// <summary>[context][what was seen of all keys]: what a replica has seen.</summary>
    Summary = 3,

    /// <summary>[number]: this replica began without memory of what it had made up to there. For its journal alone.</summary>
    Birth = 4,
}

/// <summary>Reads what replicas tell each other, whole, before anything of it is taken in. Reused.</summary>
internal sealed class MergeCodec
{
    private readonly List<KeyObject> _objects = [];

    public MergeFormat Format { get; private set; }

    /// <summary>Of a delta: the updates it is made of, among all of its origin.</summary>
    public DotRun Run { get; private set; }

    /// <summary>Of a state or summary: what its sender has seen of all keys.</summary>
    public VersionVector Floor { get; } = new();

    /// <summary>Of a state: it says something about all keys with hashes from <see cref="First"/> to <see
    /// cref="Last"/>.</summary>
    public bool IsRange { get; private set; }

    public ulong First { get; private set; }

    public ulong Last { get; private set; }

    /// <summary>Of a summary.</summary>
    public DotContext Seen { get; } = new();

    /// <summary>Of a birth.</summary>
    public long Born { get; private set; }

    public int Count { get; private set; }

    public HybridTime Newest { get; private set; }

    /// <summary>An object that is used again for what is read next: nothing of it may be kept.</summary>
    public KeyObject this[int i] => _objects[i];

    public static void WriteDeltaHead(IBufferWriter<byte> output, in DotRun run, int keys)
    {
        Packing.WriteByte(output, (byte)MergeFormat.Delta);
        Packing.WriteNumber(output, (ulong)run.Node.Value);
        Packing.WriteNatural(output, run.After);
        Packing.WriteNatural(output, run.UpTo - run.After);
        Packing.WriteNumber(output, (ulong)keys);
    }

    public static void WriteStateHead(IBufferWriter<byte> output, VersionVector floor, (ulong First, ulong Last)? range, int keys)
    {
        Packing.WriteByte(output, (byte)MergeFormat.State);
        floor.Encode(output);
        Packing.WriteByte(output, range is null ? (byte)0 : (byte)1);
        if (range is { } hashes)
        {
            Packing.WriteNumber(output, hashes.First);
            Packing.WriteNumber(output, hashes.Last);
        }

        Packing.WriteNumber(output, (ulong)keys);
    }

    public static void WriteSummary(IBufferWriter<byte> output, DotContext seen, VersionVector floor)
    {
        Packing.WriteByte(output, (byte)MergeFormat.Summary);
        seen.Encode(output);
        floor.Encode(output);
    }

    public static void WriteBirth(IBufferWriter<byte> output, long born)
    {
        Packing.WriteByte(output, (byte)MergeFormat.Birth);
        Packing.WriteNatural(output, born);
    }

    /// <summary>The first key that a delta is about, without looking at the rest.</summary>
    public static bool TryPeekKey(ReadOnlySpan<byte> delta, out ReadOnlySpan<byte> key)
    {
        key = default;
        var reader = new PackedReader(delta);
        return reader.TryByte(out var format) && format == (byte)MergeFormat.Delta
            && DotContext.TryDecodeRun(ref reader, out _) && reader.TryNumber(out var keys) && keys > 0
                && reader.TryBytes(out key);
    }

    /// <summary>False: the bytes are none of these.</summary>
    public bool TryDecode(ReadOnlySpan<byte> bytes)
    {
        var reader = new PackedReader(bytes);
        Count = 0;
        Newest = default;
        if (!reader.TryByte(out var format)) return false;
        Format = (MergeFormat)format;
        switch (Format)
        {
            case MergeFormat.Delta:
                if (!DotContext.TryDecodeRun(ref reader, out var run)) return false;
                Run = run;
                return TryObjects(ref reader);
            case MergeFormat.State:
                return VersionVector.TryDecode(ref reader, Floor) && TryRange(ref reader) && TryObjects(ref reader);
            case MergeFormat.Summary:
                return DotContext.TryDecode(ref reader, Seen) && VersionVector.TryDecode(ref reader, Floor) && reader.IsAtEnd;
            case MergeFormat.Birth:
                var isBirth = reader.TryNatural(out var born) && reader.IsAtEnd;
                Born = born;
                return isBirth;
            default:
                return false;
        }
    }

    /// <summary>Forgets the objects: what was merged of them lives on in the store, the rest should not.</summary>
    public void Clear()
    {
        for (var i = 0; i < Count; i++) _objects[i].Clear();
        if (_objects.Count > 256) _objects.Clear();
        Count = 0;
    }

    private bool TryRange(ref PackedReader reader)
    {
        if (!reader.TryByte(out var isRange) || isRange > 1) return false;
        IsRange = isRange == 1;
        if (!IsRange) return true;
        if (!reader.TryNumber(out var first) || !reader.TryNumber(out var last) || first > last) return false;
        (First, Last) = (first, last);
        return true;
    }

    private bool TryObjects(ref PackedReader reader)
    {
        if (!reader.TryCount(3, out var count)) return false;
        var newest = default(HybridTime);
        for (var i = 0; i < count; i++)
        {
            if (i == _objects.Count) _objects.Add(new KeyObject());
            Count = i + 1;
            if (!reader.TryBytes(out var key) || !_objects[i].TryDecode(ref reader, ref newest)) return false;
            if (_objects[i].Key.Length == key.Length) key.CopyTo(_objects[i].Key);
            else _objects[i].Key = key.ToArray();
        }

        Newest = newest;
        return reader.IsAtEnd;
    }
}
